import Model

/// Times at which something is due, soonest first, with at most one live time for a key.
struct TimerQueue<Key: Hashable & Comparable & Sendable>: Sendable {
  private var heap = TimerHeap<Key>()
  private var live: [Key: Instant] = [:]

  /// Sets or moves a key's time; nil removes it.
  mutating func set(_ key: Key, _ at: Instant?) {
    guard live[key] != at else { return }
    live[key] = at
    if let at { heap.push(key, at) }
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
    heap.pop()
    live[first.key] = nil
    return first.key
  }

  private mutating func dropStale() {
    while let first = heap.first, live[first.key] != first.at { heap.pop() }
  }
}
