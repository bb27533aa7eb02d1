/// Work that becomes due at instants, in the order of these, then of their arrival.
package struct EventQueue<Event: Sendable>: Sendable {
  private var items: [(at: Int64, number: UInt64, event: Event)] = []
  private var counter: UInt64 = 0

  /// Makes an empty queue.
  package init() {}

  /// Instant of the next event; nil where nothing is planned.
  package var next: Int64? { items.last?.at }

  /// Plans an event.
  package mutating func add(_ event: Event, at instant: Int64) {
    counter += 1
    // Kept latest first, so that the next one is cheap to take; equal instants stay in the order of arrival.
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if items[middle].at > instant { low = middle + 1 } else { high = middle }
    }
    items.insert((instant, counter, event), at: low)
  }

  /// Takes the next event that is due, with its instant; nil where none is.
  package mutating func take(until now: Int64) -> (at: Int64, event: Event)? {
    guard let last = items.last, last.at <= now else { return nil }
    items.removeLast()
    return (last.at, last.event)
  }
}
