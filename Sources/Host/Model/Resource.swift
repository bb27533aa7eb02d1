/// What is wanted of a resource.
package enum Goal: String, Codable, Hashable, Sendable {
  case present, stopped, absent
}

/// How far a choice of placement is.
package struct Selection: Codable, Hashable, Sendable {
  /// Index into the offering's placements.
  package var index: Int
  /// The placement as validated; nil: validate is still to answer.
  package var resolved: ResolvedPlacement?
  /// What prepare left; nil: prepare is still to answer.
  package var prepared: Prepared?

  /// Makes a choice that nothing is known of.
  package init(index: Int) { self.index = index }

  /// What prepare left.
  package struct Prepared: Codable, Hashable, Sendable {
    /// For provision.
    package var cookie: String?

    /// Makes it.
    package init(cookie: String?) { self.cookie = cookie }
  }
}

/// Where a resource stands. Each case names the states that it may leave to; from any state before `active` also
/// `terminating` and `compensating`.
package enum ResourceState: Codable, Hashable, Sendable {
  /// Choosing a placement. Leaves to provisioning, failed.
  indirect case requested(Selection)
  /// The create of this attempt is under way. Leaves to booting, resolving, requested.
  case provisioning(attempt: ULID)
  /// The create of this attempt has no definite answer. Leaves to booting, provisioning.
  case resolving(attempt: ULID)
  /// The object exists; the cloud starts it. Leaves to securing, active.
  case booting(attempt: ULID, object: String)
  /// SSH is being verified, or at the end our way in removed. Leaves to configuring, active.
  case securing(attempt: ULID, object: String, step: SecureStep)
  /// Its recipe runs on it. Leaves to securing, active.
  case configuring(attempt: ULID, object: String, run: ULID)
  /// Handed over. Leaves to stopped, lost, terminating, released.
  case active(attempt: ULID, object: String)
  /// Handed over, powered off. Leaves to active, lost, terminating, released.
  case stopped(attempt: ULID, object: String)
  /// Coming to its end because that is wanted. Leaves to terminated.
  case terminating
  /// Cleaning up after a failure. Leaves to requested (with `next`), failed.
  indirect case compensating(Failure, next: Int?)
  /// Gone, as wanted. Final.
  case terminated
  /// Never handed over, and nothing is left. Final.
  indirect case failed(Failure)
  /// Vanished behind our back. Final.
  case lost
  /// Given out of our hands, and left standing. Final.
  case released

  /// The names of all states, in the order of a life.
  package static let names = [
    "requested", "provisioning", "resolving", "booting", "securing", "configuring", "active", "stopped",
    "terminating", "compensating", "terminated", "failed", "lost", "released",
  ]

  /// The field's name of the state; one of `names`.
  package var name: String {
    switch self {
    case .requested: "requested"
    case .provisioning: "provisioning"
    case .resolving: "resolving"
    case .booting: "booting"
    case .securing: "securing"
    case .configuring: "configuring"
    case .active: "active"
    case .stopped: "stopped"
    case .terminating: "terminating"
    case .compensating: "compensating"
    case .terminated: "terminated"
    case .failed: "failed"
    case .lost: "lost"
    case .released: "released"
    }
  }

  /// Whether it never leaves.
  package var isFinal: Bool {
    switch self {
    case .terminated, .failed, .lost, .released: true
    default: false
    }
  }

  /// Whether the resource has been handed over and still stands.
  package var isHandedOver: Bool {
    switch self {
    case .active, .stopped: true
    default: false
    }
  }

  /// Whether we are at work on it over SSH before it is handed over.
  package var isBeingSetUp: Bool {
    switch self {
    case .securing, .configuring: true
    default: false
    }
  }

  /// The attempt and object in use, where there is one.
  package var object: (attempt: ULID, id: String)? {
    switch self {
    case .booting(let attempt, let id), .securing(let attempt, let id, _), .configuring(let attempt, let id, _),
      .active(let attempt, let id), .stopped(let attempt, let id):
      (attempt, id)
    default: nil
    }
  }
}

/// A step of a resource's life that people wait for.
package enum Rung: String, Codable, Hashable, Sendable, CaseIterable {
  case accepted, validated, dispatched
  case idKnown = "id_known"
  case powered
  case sshReachable = "ssh_reachable"
  case hostKeyVerified = "host_key_verified"
  case cloudInitDone = "cloud_init_done"
  case recipeDone = "recipe_done"
  case active
  case endRequested = "end_requested"
  case ended
}

/// When a rung was reached.
package struct RungMark: Codable, Hashable, Sendable {
  /// The rung.
  package var rung: Rung
  /// When.
  package var at: Instant

  /// Makes a mark.
  package init(rung: Rung, at: Instant) {
    self.rung = rung
    self.at = at
  }
}

/// The kinds of work on a resource.
package enum OperationKind: String, Codable, Hashable, Sendable {
  case provision, terminate, power, adopt, release
  /// Running another version of the recipe.
  case configure
}

/// How an operation was decided.
package enum Outcome: Codable, Hashable, Sendable {
  case succeeded
  indirect case failed(Failure)
  /// Another operation took its place.
  case cancelled
}

/// One piece of work on a resource; at most one is undecided.
package struct Operation: Codable, Hashable, Sendable {
  /// Its id.
  package var id: ULID
  /// What it is.
  package var kind: OperationKind
  /// When it was asked for.
  package var acceptedAt: Instant
  /// By when its outcome is decided.
  package var deadline: Instant
  /// Its outcome; nil: undecided.
  package var outcome: Outcome?
  /// When that was decided.
  package var decidedAt: Instant?

  /// Makes an undecided operation.
  package init(id: ULID, kind: OperationKind, acceptedAt: Instant, deadline: Instant) {
    self.id = id
    self.kind = kind
    self.acceptedAt = acceptedAt
    self.deadline = deadline
  }
}

/// Something that a person should know of.
package struct Finding: Codable, Hashable, Sendable {
  /// The kinds.
  package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
    case duplicate, late, foreign, vanished
    case hostKeyMismatch = "host_key_mismatch"
    case nameTaken = "name_taken"
    case protected
    case pluginCrash = "plugin_crash"
  }
  /// What it is.
  package var kind: Kind
  /// When it was found.
  package var at: Instant
  /// One sentence.
  package var text: String

  /// Makes a finding.
  package init(kind: Kind, at: Instant, text: String) {
    self.kind = kind
    self.at = at
    self.text = text
  }
}

/// Why an end is not getting on; shown until it does.
package struct Stall: Codable, Hashable, Sendable {
  /// What the last try met.
  @Boxed package var failure: Failure
  /// Since when.
  package var since: Instant

  /// Makes a stall.
  package init(failure: Failure, since: Instant) {
    self.failure = failure
    self.since = since
  }
}

/// A VM or container that was asked for, from request to gone.
package struct Resource: Codable, Hashable, Sendable {
  /// Its id.
  package var id: ULID
  /// Whom it is for.
  package var tenant: String
  /// The offering as it was when accepted.
  @Boxed package var offering: Offering
  /// The tenant's SSH keys, OpenSSH form.
  package var sshKeys: [String]
  /// When it ends by itself.
  package var expiresAt: Instant?
  /// What is wanted of it.
  package var goal: Goal
  /// Where it stands.
  package var state: ResourceState
  /// Operations, oldest first; only the last may be undecided.
  package var operations: [Operation]
  /// Rungs reached, in order.
  package var rungs: [RungMark]
  /// Its attempts, oldest first.
  package var attempts: [ULID]
  /// Effects committed and not done.
  package var pending: [Effect]
  /// What a person should know.
  package var findings: [Finding]
  /// The placements that were left or passed over, in that order, and why.
  package var rejected: [Rejection]
  /// What it may cost in an hour at most; nil: anything.
  package var maxHourly: Money?
  /// The price promised.
  package var price: Price?
  /// The key with which the VM first presents itself.
  package var bootstrap: BootstrapKey?
  /// The VM's own host key, OpenSSH form; pinned once `hostKeyVerified` is marked.
  package var hostKey: String?
  /// Whether the bootstrap key was ever presented; from then on a mismatch is a finding.
  package var contacted: Bool
  /// Secrets that the cloud insisted on.
  package var secrets: [SealedSecret]
  /// Why its end is not getting on.
  package var stall: Stall?
  /// Until when a VM that failed is kept for a look at it; nil: it is not.
  package var heldUntil: Instant?
  private var recipeRuns: [RecipeRun]?
  /// When to look at it again although nothing happened, such as when budget is expected.
  package var wakeAt: Instant?
  /// Counts the changes after which an older look proves nothing.
  package var mutations: UInt64

  /// Makes a resource that was just asked for.
  package init(
    id: ULID, tenant: String, offering: Offering, sshKeys: [String], expiresAt: Instant?, operation: Operation
  ) {
    self.id = id
    self.tenant = tenant
    self.offering = offering
    self.sshKeys = sshKeys
    self.expiresAt = expiresAt
    goal = .present
    state = .requested(Selection(index: 0))
    operations = [operation]
    rungs = [RungMark(rung: .accepted, at: operation.acceptedAt)]
    attempts = []
    pending = []
    findings = []
    rejected = []
    contacted = false
    secrets = []
    mutations = 0
  }

  /// Executions of recipes, oldest first. Records from before there were any have none.
  package var runs: [RecipeRun] {
    get { recipeRuns ?? [] }
    set { recipeRuns = newValue.isEmpty ? nil : newValue }
  }

  /// What many resources hold alike: offerings by name, keys by tenant.
  package struct Common: Sendable {
    fileprivate var offerings: [String: Boxed<Offering>] = [:]
    fileprivate var sshKeys: [String: [String]] = [:]

    /// Nothing is known.
    package init() {}
  }

  /// Holds the very bytes that another resource holds, where they are equal; else becomes the one that others may hold.
  package mutating func share(with known: inout Common) {
    _offering = _offering.shared(with: &known.offerings[offering.name])
    if let same = known.sshKeys[tenant], same == sshKeys { sshKeys = same } else { known.sshKeys[tenant] = sshKeys }
  }

  /// The operation that is not decided yet.
  package var openOperation: Operation? {
    guard let last = operations.last, last.outcome == nil else { return nil }
    return last
  }

  /// When a rung was reached.
  package func time(of rung: Rung) -> Instant? { rungs.first { $0.rung == rung }?.at }
}
