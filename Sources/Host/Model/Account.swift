/// What the core has to know of a cloud account; endpoints and credentials are not its business.
package struct AccountFacts: Codable, Hashable, Sendable {
  /// Name, unique in the installation.
  package var name: String
  /// The plugin that speaks to it.
  package var plugin: String
  /// What the plugin's manifest says.
  package var limits: CloudLimits
  /// Whether the identity pinned on the account was seen to hold since the credential last changed and since this
  /// start of the host.
  package var identityHolds: Bool
  /// What may be made on it at most.
  package var guards: ResourceLimits

  /// Makes facts.
  package init(
    name: String, plugin: String, limits: CloudLimits, identityHolds: Bool, guards: ResourceLimits = ResourceLimits()
  ) {
    self.name = name
    self.plugin = plugin
    self.limits = limits
    self.identityHolds = identityHolds
    self.guards = guards
  }
}

/// Remembers that a caller's key was used, and for what.
package struct IdempotencyRecord: Codable, Hashable, Sendable {
  /// The resource that it made.
  package var resource: ULID
  /// Digest of the body that came with it.
  package var bodyDigest: String
  /// When.
  package var at: Instant

  /// Makes a record.
  package init(resource: ULID, bodyDigest: String, at: Instant) {
    self.resource = resource
    self.bodyDigest = bodyDigest
    self.at = at
  }
}

/// A record of the core in the ledger.
package enum Record: Hashable, Sendable {
  case resource(Resource)
  case attempt(Attempt)
  case idempotency(IdempotencyRecord)
  case notice(Notice)
}

/// One line of a resource's timeline.
package struct TimelineEntry: Codable, Hashable, Sendable {
  /// What kind of fact it is.
  package enum Kind: String, Codable, Hashable, Sendable {
    case intent, call, request, answer, observation, state, id, finding, outcome
  }
  /// The resource.
  package var resource: ULID
  /// When.
  package var at: Instant
  /// What kind of fact.
  package var kind: Kind
  /// One line for a person.
  package var text: String
  /// Ids and figures for programs.
  package var fields: [String: String]

  /// Makes an entry.
  package init(resource: ULID, at: Instant, kind: Kind, text: String, fields: [String: String] = [:]) {
    self.resource = resource
    self.at = at
    self.kind = kind
    self.text = text
    self.fields = fields
  }
}
