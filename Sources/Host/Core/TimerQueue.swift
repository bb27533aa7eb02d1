import Model

/// Times at which something is due, soonest first: a binary heap with at most one live time for a key.
struct TimerQueue<Key: Hashable & Comparable & Sendable>: Sendable {
  private var heap: [(at: Instant, key: Key)] = []
  private var live: [Key: Instant] = [:]

  /// Sets or moves a key's time; nil removes it.
  mutating func set(_ key: Key, _ at: Instant?) {
    guard live[key] != at else { return }
    live[key] = at
    guard let at else { return }
    heap.append((at, key))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard less(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// The soonest time.
  mutating func next() -> Instant? {
    dropStale()
    return heap.first?.at
  }

  /// Takes the soonest key whose time has come.
  mutating func take(at now: Instant) -> Key? {
    dropStale()
    guard let first = heap.first, first.at <= now else { return nil }
    pop()
    live[first.key] = nil
    return first.key
  }

  private mutating func dropStale() {
    while let first = heap.first, live[first.key] != first.at { pop() }
  }

  private func less(_ a: (at: Instant, key: Key), _ b: (at: Instant, key: Key)) -> Bool {
    a.at == b.at ? a.key < b.key : a.at < b.at
  }

  private mutating func pop() {
    guard let last = heap.popLast(), !heap.isEmpty else { return }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && less(heap[child], heap[least]) {
        least = child
      }
      guard least != parent else { return }
      heap.swapAt(least, parent)
      parent = least
    }
  }
}
