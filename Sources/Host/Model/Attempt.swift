/// What we know of an attempt's create request.
package enum AttemptStatus: String, Codable, Hashable, Sendable, CaseIterable {
  /// Committed as dispatched; its request may be under way. Leaves to created, unknown or absent.
  case dispatched
  /// Sent without a definite answer. Leaves to created or absent.
  case unknown
  /// The cloud named at least one object. Final.
  case created
  /// Definitely not made, or proven absent. Leaves to created when a late twin shows up.
  case absent
}

/// One try to make one cloud object; never purged while its account exists.
package struct Attempt: Codable, Hashable, Sendable {
  /// Its id, which is in the object's name and labels.
  package var id: ULID
  /// The resource that it is for.
  package var resource: ULID
  /// The operation that it is part of.
  package var operation: ULID
  /// The plugin to which every later call about it goes.
  package var plugin: String
  /// What was asked for, the account included.
  @Boxed package var placement: Placement
  /// The placement as validated.
  @Boxed package var resolved: ResolvedPlacement
  /// Name given to the object.
  package var name: String
  /// What we know of its create.
  package var status: AttemptStatus
  /// How often it was dispatched.
  package var sends: Int
  /// When its request could last have left us; the settle clock starts here.
  package var leftAt: Instant?
  /// Complete lookups begun after the settle window that found nothing, in a row.
  package var clearLookups: Int
  /// Until when a late twin is watched for, set by each send without a definite answer; nil: none is possible.
  package var watchUntil: Instant?
  /// What the plugin wants to remember.
  package var cookie: String?
  /// Every object that carries this attempt's name or label.
  package var objects: [CloudObject]
  /// The cloud's settle window, milliseconds.
  package var settleMs: Int64
  /// The cloud's late window, milliseconds.
  package var lateWindowMs: Int64
  /// Whether the cloud refuses a second object of the same name.
  package var uniqueNames: Bool

  /// Makes an attempt that is dispatched for the first time.
  package init(
    id: ULID, resource: ULID, operation: ULID, plugin: String, placement: Placement, resolved: ResolvedPlacement,
    name: String, cookie: String?, limits: CloudLimits
  ) {
    self.id = id
    self.resource = resource
    self.operation = operation
    self.plugin = plugin
    self.placement = placement
    self.resolved = resolved
    self.name = name
    self.cookie = cookie
    status = .dispatched
    sends = 1
    clearLookups = 0
    objects = []
    settleMs = limits.settleMs
    lateWindowMs = limits.lateWindowMs
    uniqueNames = limits.uniqueNames
  }

  /// What many attempts hold alike, by the account.
  package struct Common: Sendable {
    fileprivate var placement: Boxed<Placement>?
    fileprivate var resolved: Boxed<ResolvedPlacement>?

    /// Nothing is known.
    package init() {}
  }

  /// Holds the very bytes that another attempt on the account holds, where they are equal.
  package mutating func share(with known: inout Common) {
    _placement = _placement.shared(with: &known.placement)
    _resolved = _resolved.shared(with: &known.resolved)
    for index in objects.indices {
      if objects[index].firstIPv4 == objects[index].ipv4 { objects[index].firstIPv4 = objects[index].ipv4 }
      if objects[index].firstIPv6 == objects[index].ipv6 { objects[index].firstIPv6 = objects[index].ipv6 }
    }
  }
}

/// What a plugin's manifest says of its cloud, clamped.
package struct CloudLimits: Codable, Hashable, Sendable {
  /// Milliseconds after which a request that left us was executed or never will be, 0 to a day.
  package var settleMs: Int64
  /// Milliseconds for which a late twin is watched for, 0 to 30 days.
  package var lateWindowMs: Int64
  /// Whether the cloud refuses a second object of the same name.
  package var uniqueNames: Bool
  /// Attempts in one poll, 1 to 1,000.
  package var pollBatch: Int
  /// Requests an hour that the cloud allows an account; nil: no limit known.
  package var requestsPerHour: Int?

  /// Makes limits.
  package init(
    settleMs: Int64 = 60_000, lateWindowMs: Int64 = 86_400_000, uniqueNames: Bool = false, pollBatch: Int = 50,
    requestsPerHour: Int? = nil
  ) {
    self.settleMs = settleMs
    self.lateWindowMs = lateWindowMs
    self.uniqueNames = uniqueNames
    self.pollBatch = pollBatch
    self.requestsPerHour = requestsPerHour
  }
}

/// What we want of a cloud object, and how far we are.
package enum ObjectFate: Codable, Hashable, Sendable {
  /// It is the one that is handed over.
  case kept
  /// It has to go; terminate is still to be accepted.
  case doomed(since: Instant)
  /// The cloud accepted the terminate; it is not proven gone yet.
  case ending(since: Instant)
  /// The cloud, asked for its id, says that it does not exist.
  case gone(at: Instant)
  /// It carries our name but another label: not ours to touch.
  case foreign
}

/// One object in the cloud.
package struct CloudObject: Codable, Hashable, Sendable {
  /// The cloud's id.
  package var id: String
  /// What we want of it.
  package var fate: ObjectFate
  /// When we first knew of it.
  package var seenAt: Instant
  /// The cloud's own time of making, RFC 3339.
  package var createdAt: String?
  /// Public IPv4 address.
  package var ipv4: String?
  /// Public IPv6 address.
  package var ipv6: String?
  /// The IPv4 address that it had first; nil where none was known or the record is older.
  package var firstIPv4: String?
  /// The IPv6 address that it had first; the same.
  package var firstIPv6: String?
  /// Where its SSH server listens, if not at its address.
  package var sshHost: String?
  /// Port of its SSH server, if not 22.
  package var sshPort: Int?
  /// Looks by id in a row that said gone.
  package var goneLooks: Int
  /// Whether the cloud took its end while it showed the object; nil counts as no.
  package var endConfirmed: Bool?

  /// Makes an object just learned of.
  package init(id: String, fate: ObjectFate, seenAt: Instant) {
    self.id = id
    self.fate = fate
    self.seenAt = seenAt
    goneLooks = 0
  }

  /// Whether it still has to be brought to an end by us.
  package var isOwed: Bool {
    switch fate {
    case .doomed, .ending: true
    case .kept, .gone, .foreign: false
    }
  }

  /// The address to reach it at: its SSH host, else IPv4, else IPv6.
  package var address: String? { sshHost ?? ipv4 ?? ipv6 }
}
