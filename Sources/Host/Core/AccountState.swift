package import Model

/// Why nothing new is made on an account.
package struct Circuit: Sendable, Hashable {
  /// What it would take to close it.
  package enum Evidence: Sendable, Hashable {
    /// The credential was refused altogether: any call that it is accepted for shows that it is good again.
    case reading
    /// The credential was refused a change: only a change that succeeds, or another credential, shows the contrary.
    case writing
  }
  /// What the cloud said.
  package var failure: Failure
  /// Since when.
  package var since: Instant
  /// What was refused.
  package var evidence: Evidence

  /// Makes an open circuit.
  package init(failure: Failure, since: Instant, evidence: Evidence = .reading) {
    self.failure = failure
    self.since = since
    self.evidence = evidence
  }
}

/// What the engine keeps in memory of a cloud account; learned again after a restart.
///
/// What was out of stock is not stored on its own: it is a preference, and what it is learned from (`Rejection`) is in
/// the resources, from which a start of the host restores it. A restart in between costs nothing but, for the circuit
/// and the quota, one more refused request.
package struct AccountState: Sendable, Hashable {
  /// What the host told us.
  package private(set) var facts: AccountFacts
  /// Since when the account's identity is known to hold; nil: it is not.
  private var identitySince: Instant?
  /// Open while the cloud refuses our credential.
  package private(set) var circuit: Circuit?
  /// Whether the credential may change things, by what calls met since it was last replaced; nil: none was made.
  package private(set) var canWrite: Bool?
  /// Budget of creates.
  package var creates: TokenBucket
  /// Budget of looks.
  package var looks: TokenBucket
  /// Types in locations that were out of stock, and until when they are avoided.
  package private(set) var avoided: [String: Instant] = [:]
  /// Why the account as a whole is avoided (a limit of it, or money), and until when.
  package private(set) var hold: Hold?
  /// Effects that began with a credential that was replaced since: what they meet says nothing of the new one.
  private var outdated: Set<ULID> = []
  /// When the credential was replaced; nil: not since this start.
  private var credentialSince: Instant?
  /// What looks say is gone, and is too much to be believed.
  package private(set) var vanished = VanishDoubt()

  /// Why an account is avoided, and until when.
  package struct Hold: Sendable, Hashable {
    /// What the cloud said.
    package var failure: Failure
    /// Until when.
    package var until: Instant
  }

  /// Makes the state of an account that nothing is known of.
  package init(facts: AccountFacts, policy: Policy, at now: Instant) {
    self.facts = facts
    identitySince = facts.identityHolds ? now : nil
    let perHour = facts.limits.requestsPerHour
    creates = TokenBucket(
      capacity: Self.burst(of: perHour, policy), perHour: Self.share(policy.createShare, of: perHour), at: now)
    looks = TokenBucket(
      capacity: policy.pollBurst, perHour: Self.share(policy.pollShare, of: perHour), at: now)
  }

  private static func share(_ percent: Int, of perHour: Int?) -> Int? { perHour.map { max(1, $0 / 100 * percent) } }

  private static func burst(of perHour: Int?, _ policy: Policy) -> Int {
    max(1, (share(policy.createShare, of: perHour) ?? 0) / 10)
  }

  /// The cloud said how large its budget is. What was saved up stays.
  mutating func allow(perHour: Int, _ policy: Policy, at now: Instant) {
    facts.limits.requestsPerHour = perHour
    creates.resize(
      capacity: Self.burst(of: perHour, policy), perHour: Self.share(policy.createShare, of: perHour), at: now)
    looks.resize(capacity: policy.pollBurst, perHour: Self.share(policy.pollShare, of: perHour), at: now)
  }

  /// What the host tells us now.
  mutating func tell(_ facts: AccountFacts, _ policy: Policy, at now: Instant) {
    if let perHour = facts.limits.requestsPerHour, perHour != self.facts.limits.requestsPerHour {
      allow(perHour: perHour, policy, at: now)
    }
    self.facts = facts
    identitySince = facts.identityHolds ? identitySince ?? now : nil
  }

  /// Whether a look that began then was made on the account that we mean: one begun under another credential was not, even
  /// where its answer comes after the right one was put back.
  func vouches(since begun: Instant) -> Bool { identitySince.map { $0 <= begun } ?? false }

  /// Takes in what one look said of `watched` objects on the account: by attempt, with its resource. Returns what of it is
  /// not believed.
  mutating func vanish(
    _ gone: [ULID: ULID], standing: [ULID], of watched: Int, _ policy: Policy, at now: Instant
  ) -> Set<ULID> {
    vanished.take(
      gone, standing: standing, limit: max(policy.vanishLimit, watched / 10), patience: policy.vanishPatience, at: now)
  }

  // MARK: Stock

  /// Why this placement is to be tried last now; nil: nothing speaks against it.
  package func avoidance(_ placement: Placement, at now: Instant) -> Failure? {
    if let hold, hold.until > now { return hold.failure }
    guard let until = avoided[Self.pair(placement)], until > now else { return nil }
    let left = (until - now + 999) / 1_000
    return Failure(
      .noCapacity,
      "\(placement.type) in \(placement.location) was out of stock a short while ago; it is avoided for another \(left) s",
      retryAfterMs: until - now)
  }

  /// Whether this placement was out of stock a short while ago.
  package func avoids(_ placement: Placement, at now: Instant) -> Bool { avoidance(placement, at: now) != nil }

  /// This placement is out of stock.
  mutating func avoid(_ placement: Placement, until: Instant, at now: Instant) {
    avoided = avoided.filter { $0.value > now }
    let pair = Self.pair(placement)
    avoided[pair] = max(until, avoided[pair] ?? until)
  }

  /// The account itself has reached a limit. True where that is news.
  mutating func hold(_ failure: Failure, until: Instant, at now: Instant) -> Bool {
    let isNews = hold.map { $0.until <= now } ?? true
    hold = Hold(failure: failure, until: until)
    return isNews
  }

  /// Name of a type in a location.
  static func pair(_ placement: Placement) -> String { "\(placement.type)@\(placement.location)" }

  // MARK: Credential

  /// The cloud refused the credential. True where that is news. What an effect meets that began before the credential
  /// was replaced does not count.
  mutating func refused(
    _ failure: Failure, _ evidence: Circuit.Evidence, by effect: ULID? = nil, begun: Instant? = nil, at now: Instant
  ) -> Bool {
    if let effect, outdated.contains(effect) { return false }
    if let begun, let credentialSince, begun < credentialSince { return false }
    if evidence == .writing { canWrite = false }
    guard let circuit else {
      circuit = Circuit(failure: failure, since: now, evidence: evidence)
      return true
    }
    guard circuit.evidence == .reading, evidence == .writing else { return false }
    self.circuit = Circuit(failure: failure, since: circuit.since, evidence: .writing)
    return true
  }

  /// The credential was accepted for reading. True where that closed the circuit.
  mutating func accepted() -> Bool {
    guard circuit?.evidence == .reading else { return false }
    circuit = nil
    return true
  }

  /// The credential changed something. True where that closed the circuit.
  mutating func changedSomething(by effect: ULID? = nil) -> Bool {
    if let effect, outdated.contains(effect) { return false }
    canWrite = true
    defer { circuit = nil }
    return circuit != nil
  }

  /// Something was made, so no limit stands in the way, and the pair is in stock.
  mutating func made(_ placement: Placement) {
    hold = nil
    avoided[Self.pair(placement)] = nil
  }

  /// Another credential took its place, while these effects were under way.
  mutating func replaced(running: Set<ULID>, at now: Instant) {
    circuit = nil
    canWrite = nil
    hold = nil
    outdated = running
    credentialSince = now
  }
}
