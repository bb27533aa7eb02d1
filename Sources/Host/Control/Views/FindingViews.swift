/// One difference between the ledger and a cloud account.
package struct CloudFindingView: Codable, Sendable, Hashable {
  /// A ULID.
  package var id: String
  /// The account.
  package var account: String
  /// `orphan`, `late`, `lost`, `duplicate`, `drifted` or `foreign`.
  package var kind: String
  /// `open`, `dismissed` or `resolved`.
  package var status: String
  /// The cloud's id of the object.
  package var object: String
  /// What the object is, such as `server`.
  package var objectKind: String
  /// The object's name.
  package var name: String
  /// The resource that it concerns, where the ledger has one.
  package var resourceId: String?
  /// The attempt that it concerns, where the ledger has one.
  package var attemptId: String?
  /// Machine type, where the cloud tells.
  package var type: String?
  /// Place, where the cloud tells.
  package var location: String?
  /// Public address, where the cloud tells.
  package var address: String?
  /// The cloud's own time of making.
  package var createdAt: String?
  /// Whether the cloud protects it from deletion.
  package var protected: Bool
  /// What is not as it was handed over.
  package var differences: [DifferenceView]
  /// When we saw it first.
  package var firstSeen: Timestamp
  /// When we saw it last.
  package var lastSeen: Timestamp
  /// Complete listings that saw it.
  package var listings: Int
  /// When it was dismissed or resolved.
  package var closedAt: Timestamp?
  /// One sentence for a person.
  package var text: String
  /// What to do.
  package var remedy: String

  /// Makes the view from its fields.
  package init(
    id: String, account: String, kind: String, status: String, object: String, objectKind: String, name: String,
    resourceId: String? = nil, attemptId: String? = nil, type: String? = nil, location: String? = nil,
    address: String? = nil, createdAt: String? = nil, protected: Bool = false, differences: [DifferenceView] = [],
    firstSeen: Timestamp, lastSeen: Timestamp, listings: Int, closedAt: Timestamp? = nil, text: String, remedy: String
  ) {
    self.id = id
    self.account = account
    self.kind = kind
    self.status = status
    self.object = object
    self.objectKind = objectKind
    self.name = name
    self.resourceId = resourceId
    self.attemptId = attemptId
    self.type = type
    self.location = location
    self.address = address
    self.createdAt = createdAt
    self.protected = protected
    self.differences = differences
    self.firstSeen = firstSeen
    self.lastSeen = lastSeen
    self.listings = listings
    self.closedAt = closedAt
    self.text = text
    self.remedy = remedy
  }
}

/// One property that is not as it was.
package struct DifferenceView: Codable, Sendable, Hashable {
  /// `name`, `size`, `labels`, `address` or `protection`.
  package var property: String
  /// What the ledger holds.
  package var expected: String
  /// What the cloud shows.
  package var found: String

  /// Makes the view from its fields.
  package init(property: String, expected: String, found: String) {
    self.property = property
    self.expected = expected
    self.found = found
  }
}

/// What a sweep of one account found, and did.
package struct SweepView: Codable, Sendable, Hashable {
  /// The account.
  package var account: String
  /// Whether ends were asked for.
  package var applied: Bool
  /// Machines of ours that the listing showed.
  package var machines: Int
  /// Why the listing was not believed; then nothing changed.
  package var problem: String?
  /// Open findings, oldest first.
  package var findings: [CloudFindingView]
  /// What may be ended or was, and what may not and why.
  package var ends: [SweepEndView]

  /// Makes the view from its fields.
  package init(
    account: String, applied: Bool, machines: Int, problem: String? = nil, findings: [CloudFindingView] = [],
    ends: [SweepEndView] = []
  ) {
    self.account = account
    self.applied = applied
    self.machines = machines
    self.problem = problem
    self.findings = findings
    self.ends = ends
  }
}

/// One object that nobody asked for, and whether it may be ended.
package struct SweepEndView: Codable, Sendable, Hashable {
  /// The finding.
  package var findingId: String
  /// `allowed`, `accepted` (its end is committed), `withheld` or `refused`.
  package var outcome: String
  /// The rule that withholds it; docs/findings.md lists them.
  package var rule: String?
  /// Why, in words.
  package var reason: String?

  /// Makes the view from its fields.
  package init(findingId: String, outcome: String, rule: String? = nil, reason: String? = nil) {
    self.findingId = findingId
    self.outcome = outcome
    self.rule = rule
    self.reason = reason
  }
}

/// An age of the ledger.
package struct EpochView: Codable, Sendable, Hashable {
  /// A ULID.
  package var id: String
  /// Why it began.
  package var cause: String
  /// When it began.
  package var begunAt: Timestamp
  /// When it came to count; nil: not yet, and sweeps end nothing.
  package var confirmedAt: Timestamp?

  /// Makes the view from its fields.
  package init(id: String, cause: String, begunAt: Timestamp, confirmedAt: Timestamp? = nil) {
    self.id = id
    self.cause = cause
    self.begunAt = begunAt
    self.confirmedAt = confirmedAt
  }
}
