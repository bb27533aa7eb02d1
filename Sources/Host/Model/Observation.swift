/// What a cloud says of an object.
package enum ObservedState: String, Codable, Hashable, Sendable, CaseIterable {
  case pending, incomplete, running, stopped, failed, gone, unknown
}

/// One object as one look saw it.
package struct ObservedObject: Codable, Hashable, Sendable {
  /// The cloud's id.
  package var externalID: String
  /// What the cloud says of it.
  package var state: ObservedState
  /// RFC 3339, by the cloud's clock.
  package var createdAt: String?
  /// Public IPv4 address.
  package var ipv4: String?
  /// Public IPv6 address.
  package var ipv6: String?
  /// Where its SSH server listens, if not at its address.
  package var sshHost: String?
  /// Port of its SSH server, if not 22.
  package var sshPort: Int?
  /// Why it failed, in the cloud's words.
  package var error: String?

  /// Makes an observed object.
  package init(externalID: String, state: ObservedState, ipv4: String? = nil, createdAt: String? = nil) {
    self.externalID = externalID
    self.state = state
    self.ipv4 = ipv4
    self.createdAt = createdAt
  }
}

/// How a look was made.
package enum LookScope: String, Codable, Hashable, Sendable, CaseIterable {
  case byID, byName, listing
}

/// What one look saw of one attempt.
package struct Observation: Codable, Hashable, Sendable {
  /// The attempt.
  package var attempt: ULID
  /// EVERY object that matches.
  package var objects: [ObservedObject]
  /// How it was looked for.
  package var scope: LookScope
  /// Whether the look was complete, so that finding nothing means something.
  package var complete: Bool
  /// When the look began.
  package var begunAt: Instant
  /// The resource's `mutations` when the look began.
  package var mutations: UInt64
  /// Whether the account's pinned identity held when it was made.
  package var identityHolds: Bool
  /// Replaces the attempt's cookie.
  package var cookie: String?
  /// When the next look is worth it, milliseconds, 0 to 10 minutes.
  package var pollAfterMs: Int64?

  /// Makes an observation.
  package init(
    attempt: ULID, objects: [ObservedObject], scope: LookScope, complete: Bool, begunAt: Instant, mutations: UInt64,
    identityHolds: Bool
  ) {
    self.attempt = attempt
    self.objects = objects
    self.scope = scope
    self.complete = complete
    self.begunAt = begunAt
    self.mutations = mutations
    self.identityHolds = identityHolds
  }
}
