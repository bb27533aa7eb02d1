package import Model

/// Why nothing new is made on an account.
package struct Circuit: Sendable, Hashable {
  /// What the cloud said.
  package var failure: Failure
  /// Since when.
  package var since: Instant
}

/// What the engine keeps in memory of a cloud account; learned again after a restart.
package struct AccountState: Sendable, Hashable {
  /// What the host told us.
  package var facts: AccountFacts
  /// Open while the cloud refuses our credential.
  package var circuit: Circuit?
  /// Budget of creates.
  package var creates: TokenBucket
  /// Budget of looks.
  package var looks: TokenBucket
  /// Types in locations that were out of stock, and until when they are avoided.
  package var avoided: [String: Instant] = [:]

  /// Makes the state of an account that nothing is known of.
  package init(facts: AccountFacts, policy: Policy, at now: Instant) {
    self.facts = facts
    func share(_ percent: Int) -> Int? { facts.limits.requestsPerHour.map { max(1, $0 / 100 * percent) } }
    creates = TokenBucket(
      capacity: max(1, (share(policy.createShare) ?? 0) / 10), perHour: share(policy.createShare), at: now)
    looks = TokenBucket(capacity: policy.pollBurst, perHour: share(policy.pollShare), at: now)
  }

  /// Whether this placement was out of stock a short while ago.
  package func avoids(_ placement: Placement, at now: Instant) -> Bool {
    guard let until = avoided[Self.pair(placement)] else { return false }
    return until > now
  }

  /// Name of a type in a location.
  static func pair(_ placement: Placement) -> String { "\(placement.type)@\(placement.location)" }
}
