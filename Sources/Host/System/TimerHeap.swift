/// Deadlines in order, with removal: a binary heap of (deadline, sequence).
///
/// Pure: knows no clock. A removed entry stays as a dead one until it surfaces, or until dead ones
/// are the majority; then the heap is rebuilt, so that many short-lived deadlines cost no memory.
package struct TimerHeap<Value> {
  private struct Entry {
    let deadline: UInt64
    let id: UInt64
  }

  private var entries: [Entry] = []
  private var values: [UInt64: Value] = [:]
  private var nextId: UInt64 = 0

  /// Makes an empty heap.
  package init() {}

  /// How many timers wait.
  package var count: Int { values.count }

  /// Adds a value that is due at the deadline; the id removes it.
  package mutating func insert(_ value: Value, deadline: UInt64) -> UInt64 {
    nextId += 1
    values[nextId] = value
    entries.append(Entry(deadline: deadline, id: nextId))
    rise(entries.count - 1)
    return nextId
  }

  /// Removes a timer; false where it was taken or removed already.
  package mutating func remove(_ id: UInt64) -> Bool {
    guard values.removeValue(forKey: id) != nil else { return false }
    if entries.count > 64, entries.count > 2 * values.count { rebuild() }
    return true
  }

  /// The earliest deadline, or nil where nothing waits.
  package mutating func next() -> UInt64? {
    while let first = entries.first {
      if values[first.id] != nil { return first.deadline }
      removeFirst()
    }
    return nil
  }

  /// Takes the earliest value that is due at `now`; equal deadlines in the order of insertion.
  package mutating func popDue(at now: UInt64) -> Value? {
    guard let deadline = next(), deadline <= now, let first = entries.first else { return nil }
    removeFirst()
    return values.removeValue(forKey: first.id)
  }

  private mutating func rebuild() {
    entries.removeAll { values[$0.id] == nil }
    for index in stride(from: entries.count / 2 - 1, through: 0, by: -1) { sink(index) }
  }

  private mutating func removeFirst() {
    guard let last = entries.popLast(), !entries.isEmpty else { return }
    entries[0] = last
    sink(0)
  }

  private func before(_ left: Int, _ right: Int) -> Bool {
    let (one, two) = (entries[left], entries[right])
    return one.deadline != two.deadline ? one.deadline < two.deadline : one.id < two.id
  }

  private mutating func rise(_ start: Int) {
    var index = start
    while index > 0, before(index, (index - 1) / 2) {
      entries.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func sink(_ start: Int) {
    var index = start
    while true {
      var least = index
      for child in [2 * index + 1, 2 * index + 2] where child < entries.count && before(child, least) { least = child }
      if least == index { return }
      entries.swapAt(index, least)
      index = least
    }
  }
}
