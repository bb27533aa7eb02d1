import Model

/// What will happen in the simulated world, soonest first, ties in the order of planning.
struct Agenda<Item>: Sendable where Item: Sendable {
  private var heap: [(at: Instant, order: UInt64, item: Item)] = []
  private var planned: UInt64 = 0

  var isEmpty: Bool { heap.isEmpty }
  var next: Instant? { heap.first?.at }

  mutating func plan(_ item: Item, at: Instant) {
    planned += 1
    heap.append((at, planned, item))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard isSooner(child, parent) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  mutating func take() -> (at: Instant, item: Item)? {
    guard let first = heap.first, let last = heap.popLast() else { return nil }
    guard !heap.isEmpty else { return (first.at, first.item) }
    heap[0] = last
    var parent = 0
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && isSooner(child, least) { least = child }
      guard least != parent else { break }
      heap.swapAt(least, parent)
      parent = least
    }
    return (first.at, first.item)
  }

  private func isSooner(_ a: Int, _ b: Int) -> Bool { (heap[a].at, heap[a].order) < (heap[b].at, heap[b].order) }
}
