/// One difference between the ledger and a cloud account, seen by complete listings.
///
/// It stands on its own: it has an id, and stays until what it tells of is gone or a person dismisses it.
package struct CloudFinding: Codable, Hashable, Sendable {
  /// What kind of difference.
  package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    /// An object with our installation's mark of whose attempt the ledger knows nothing.
    case orphan
    /// An object of an attempt that was settled without it.
    case late
    /// An object that the ledger keeps, and that a complete listing does not show.
    case lost
    /// A second object of an attempt whose first one is in use.
    case duplicate
    /// An object that is not as it was handed over.
    case drifted
    /// An object that carries the name of one of ours and somebody else's mark.
    case foreign
  }

  /// Where it stands.
  package enum Status: String, Codable, Hashable, Sendable, CaseIterable {
    /// A person should know.
    case open
    /// A person said that it is known; it is not told again, and nothing is done about it.
    case dismissed
    /// A later complete listing did not show it any more, or somebody dealt with it.
    case resolved
  }

  /// One property that is not as it was.
  package struct Difference: Codable, Hashable, Sendable {
    /// `name`, `size`, `labels`, `address` or `protection`.
    package var property: String
    /// What the ledger holds.
    package var expected: String
    /// What the cloud shows.
    package var found: String

    /// Makes a difference.
    package init(property: String, expected: String, found: String) {
      self.property = property
      self.expected = expected
      self.found = found
    }
  }

  /// Its id.
  package var id: ULID
  /// The account.
  package var account: String
  /// What kind of difference.
  package var kind: Kind
  /// The object as the cloud last showed it; for a lost one, as the ledger keeps it.
  package var object: ListedThing
  /// The resource that it concerns, where the ledger has one.
  package var resource: ULID?
  /// The attempt that it concerns, where the ledger has one.
  package var attempt: ULID?
  /// What is not as it was.
  package var differences: [Difference]
  /// When we saw it first.
  package var firstSeen: Instant
  /// When the listing began that saw it last.
  package var lastSeen: Instant
  /// Complete listings that saw it.
  package var listings: Int
  /// Where it stands.
  package var status: Status
  /// When it was dismissed or resolved.
  package var closedAt: Instant?

  /// Makes a finding that one listing saw.
  package init(
    id: ULID, account: String, kind: Kind, object: ListedThing, resource: ULID?, attempt: ULID?,
    differences: [Difference] = [], seen: Instant
  ) {
    self.id = id
    self.account = account
    self.kind = kind
    self.object = object
    self.resource = resource
    self.attempt = attempt
    self.differences = differences
    firstSeen = seen
    lastSeen = seen
    listings = 1
    status = .open
  }
}

/// One object as a listing of the whole account shows it; texts from outside, already cut to size.
package struct ListedThing: Codable, Hashable, Sendable {
  /// The cloud's id.
  package var externalID: String
  /// What it is, in the plugin's words: `server`, `container`, `ssh_key`, `address` or `volume`.
  package var kind: String
  /// Its name.
  package var name: String
  /// The attempt that its label names, as text: it may be no id.
  package var attemptLabel: String?
  /// The resource that its label names, as text.
  package var resourceLabel: String?
  /// What the cloud says of it.
  package var state: ObservedState
  /// The cloud's own time of making, RFC 3339.
  package var createdAt: String?
  /// Public IPv4 address.
  package var ipv4: String?
  /// Public IPv6 address.
  package var ipv6: String?
  /// Machine type.
  package var type: String?
  /// Place.
  package var location: String?
  /// Whether the cloud protects it from deletion.
  package var isProtected: Bool

  /// Makes a thing.
  package init(
    externalID: String, kind: String = "server", name: String, attemptLabel: String? = nil,
    resourceLabel: String? = nil, state: ObservedState = .running, isProtected: Bool = false
  ) {
    self.externalID = externalID
    self.kind = kind
    self.name = name
    self.attemptLabel = attemptLabel
    self.resourceLabel = resourceLabel
    self.state = state
    self.isProtected = isProtected
  }

  /// Whether it is a machine: what attempts make, and what terminate ends.
  package var isMachine: Bool { kind == "server" || kind == "container" }
}

/// One listing of everything of ours in an account.
package struct Listing: Codable, Hashable, Sendable {
  /// What it showed.
  package var things: [ListedThing]
  /// Whether all pages were read, and agree with their own totals.
  package var isComplete: Bool
  /// When its first request left.
  package var begunAt: Instant

  /// Makes a listing.
  package init(things: [ListedThing], isComplete: Bool, begunAt: Instant) {
    self.things = things
    self.isComplete = isComplete
    self.begunAt = begunAt
  }
}
