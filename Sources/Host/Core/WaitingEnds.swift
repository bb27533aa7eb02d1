package import Model

/// Ends on one account that are wanted and do not get on, while what they are for is billed.
package struct WaitingEnds: Sendable, Hashable {
  /// How many resources wait.
  package var count = 0
  /// Since when the first of them does.
  package var since: Instant
  /// What they cost in an hour, by currency, as far as that is known.
  package var hourly: [String: Money] = [:]

  /// Nobody waits yet.
  init(since: Instant) { self.since = since }
}

extension Engine {
  /// The ends that do not get on, by account.
  package func waitingEnds() -> [String: WaitingEnds] {
    var waiting: [String: WaitingEnds] = [:]
    for slot in slots.values {
      let resource = slot.machine.resource
      guard let stall = resource.stall,
        let account = slot.machine.attempts.values.last(where: { $0.objects.contains(where: \.isOwed) })?.placement
          .account
      else { continue }
      var ends = waiting[account] ?? WaitingEnds(since: stall.since)
      ends.count += 1
      ends.since = min(ends.since, stall.since)
      if let price = resource.price {
        let sum = (ends.hourly[price.currency]?.micros ?? 0) &+ price.hourly.micros
        ends.hourly[price.currency] = Money(micros: sum)
      }
      waiting[account] = ends
    }
    return waiting
  }
}
