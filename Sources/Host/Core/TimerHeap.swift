import Model

/// Times with what they are for, soonest first: a binary heap. Of two at one time the lesser key comes first.
struct TimerHeap<Key: Comparable & Sendable>: Sendable {
  private var heap: [(at: Instant, key: Key)] = []

  /// The soonest.
  var first: (at: Instant, key: Key)? { heap.first }

  /// Adds one.
  mutating func push(_ key: Key, _ at: Instant) {
    heap.append((at, key))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard less(heap[child], heap[parent]) else { break }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes the soonest away.
  mutating func pop() {
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

  private func less(_ a: (at: Instant, key: Key), _ b: (at: Instant, key: Key)) -> Bool {
    a.at == b.at ? a.key < b.key : a.at < b.at
  }
}
