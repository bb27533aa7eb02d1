/// A piece of work was accepted durably; the daemon goes on by itself.
package struct AcceptedView: Codable, Sendable, Hashable {
  /// The resource, a ULID.
  package var resourceId: String
  /// The operation, a ULID.
  package var operationId: String
  /// Whether an earlier request had made it already.
  package var replayed: Bool

  /// Makes the view from its fields.
  package init(
    resourceId: String,
    operationId: String,
    replayed: Bool = false
  ) {
    self.resourceId = resourceId
    self.operationId = operationId
    self.replayed = replayed
  }
}

/// One resource, as the last commit left it.
package struct ResourceView: Codable, Sendable, Hashable {
  /// A ULID.
  package var id: String
  /// Whom it is for.
  package var tenant: String
  /// Name of the offering that it was accepted with.
  package var offering: String
  /// Where it stands; docs/control-api.md lists the states.
  package var state: String
  /// What is wanted of it: `present`, `stopped` or `absent`.
  package var goal: String
  /// Counts the resource's commits; the `since` of events.
  package var version: UInt64
  /// When it was accepted.
  package var createdAt: Timestamp
  /// When it ends by itself.
  package var expiresAt: Timestamp?
  /// When each rung was reached, by name; a rung that was not reached is absent.
  package var rungs: [String: Timestamp]
  /// `cloud`, `ssh` or `recipe`: which rungs lead to `active`.
  package var readiness: String
  /// The version of a recipe that it was accepted with, or upgraded to, and its values.
  package var recipe: RecipeUseView?
  /// The placement chosen last.
  package var placement: PlacementView?
  /// The cloud's id of the object.
  package var externalId: String?
  /// Where the machine can be reached.
  package var addresses: AddressesView?
  /// How to log in.
  package var ssh: SSHView?
  /// The price promised when it was accepted.
  package var price: PriceView?
  /// The newest operation.
  package var operation: OperationView?
  /// Why it failed, once it has.
  package var failure: ControlFailure?
  /// What the work under way met when it was last tried, while it is tried again and again.
  package var heldUp: String?
  /// What the end waits for, while it is not getting on.
  package var cleanup: CleanupView?
  /// The placements in the order in which they were tried or passed over, and why each was left.
  package var tried: [TriedPlacementView]
  /// What a person should know.
  package var findings: [FindingView]
  /// Runs of recipes, oldest first; the newest 16.
  package var runs: [RunView]
  /// Until when a machine whose recipe failed is kept for a look at it.
  package var heldUntil: Timestamp?

  /// Makes the view from its fields.
  package init(
    id: String,
    tenant: String = "",
    offering: String,
    state: String,
    goal: String,
    version: UInt64,
    createdAt: Timestamp,
    expiresAt: Timestamp? = nil,
    rungs: [String: Timestamp] = [:],
    readiness: String = "ssh",
    recipe: RecipeUseView? = nil,
    placement: PlacementView? = nil,
    externalId: String? = nil,
    addresses: AddressesView? = nil,
    ssh: SSHView? = nil,
    price: PriceView? = nil,
    operation: OperationView? = nil,
    failure: ControlFailure? = nil,
    cleanup: CleanupView? = nil,
    tried: [TriedPlacementView] = [],
    findings: [FindingView] = [],
    runs: [RunView] = [],
    heldUntil: Timestamp? = nil
  ) {
    self.id = id
    self.tenant = tenant
    self.offering = offering
    self.state = state
    self.goal = goal
    self.version = version
    self.createdAt = createdAt
    self.expiresAt = expiresAt
    self.rungs = rungs
    self.readiness = readiness
    self.recipe = recipe
    self.placement = placement
    self.externalId = externalId
    self.addresses = addresses
    self.ssh = ssh
    self.price = price
    self.operation = operation
    self.failure = failure
    self.cleanup = cleanup
    self.tried = tried
    self.findings = findings
    self.runs = runs
    self.heldUntil = heldUntil
  }
}

extension ResourceView {
  /// Whether its life is over: no request changes it any more.
  package var hasEnded: Bool { ["terminated", "failed", "lost", "released"].contains(state) }
}

/// One placement of the offering, and what became of it.
package struct TriedPlacementView: Codable, Sendable, Hashable {
  /// Its position in the offering, from 1.
  package var position: Int
  /// The placement.
  package var placement: PlacementView
  /// `chosen`: it is being tried or was taken; `left`: tried and given up; `passed_over`: not tried then, for `failure`.
  package var outcome: String
  /// When it was left or passed over.
  package var at: Timestamp?
  /// Why it was left or passed over.
  package var failure: ControlFailure?

  /// Makes the view from its fields.
  package init(
    position: Int,
    placement: PlacementView,
    outcome: String,
    at: Timestamp? = nil,
    failure: ControlFailure? = nil
  ) {
    self.position = position
    self.placement = placement
    self.outcome = outcome
    self.at = at
    self.failure = failure
  }
}

/// Where a machine can be reached.
package struct AddressesView: Codable, Sendable, Hashable {
  /// Public IPv4 address.
  package var ipv4: String?
  /// Public IPv6 address.
  package var ipv6: String?

  /// Makes the view from its fields.
  package init(
    ipv4: String? = nil,
    ipv6: String? = nil
  ) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

/// How to log in, and how to know that it is the right machine.
package struct SSHView: Codable, Sendable, Hashable {
  /// Address.
  package var host: String
  /// Port.
  package var port: Int
  /// User whose authorized_keys hold the keys.
  package var user: String
  /// Verified host key, OpenSSH form; nil before it is verified.
  package var hostKey: String?
  /// The host key's fingerprint, `SHA256:` and base64.
  package var fingerprint: String?
  /// A line for a known_hosts file.
  package var knownHosts: String?
  /// A ready command that logs in.
  package var command: String?

  /// Makes the view from its fields.
  package init(
    host: String,
    port: Int = 22,
    user: String,
    hostKey: String? = nil,
    fingerprint: String? = nil,
    knownHosts: String? = nil,
    command: String? = nil
  ) {
    self.host = host
    self.port = port
    self.user = user
    self.hostKey = hostKey
    self.fingerprint = fingerprint
    self.knownHosts = knownHosts
    self.command = command
  }
}

/// One piece of work on a resource.
package struct OperationView: Codable, Sendable, Hashable {
  /// A ULID.
  package var id: String
  /// `provision`, `terminate`, `power` or `configure`.
  package var kind: String
  /// `running`, `succeeded`, `failed` or `cancelled`.
  package var state: String
  /// When it was accepted.
  package var acceptedAt: Timestamp
  /// By when its outcome is decided.
  package var deadline: Timestamp
  /// When it was decided.
  package var decidedAt: Timestamp?
  /// Why it failed.
  package var failure: ControlFailure?

  /// Makes the view from its fields.
  package init(
    id: String,
    kind: String,
    state: String,
    acceptedAt: Timestamp,
    deadline: Timestamp,
    decidedAt: Timestamp? = nil,
    failure: ControlFailure? = nil
  ) {
    self.id = id
    self.kind = kind
    self.state = state
    self.acceptedAt = acceptedAt
    self.deadline = deadline
    self.decidedAt = decidedAt
    self.failure = failure
  }
}

/// Why an end is not getting on, since when, and what that costs.
package struct CleanupView: Codable, Sendable, Hashable {
  /// What the last try met, one line.
  package var cause: String
  /// Since when.
  package var since: Timestamp
  /// What the object costs an hour while it stands, with currency.
  package var pricePerHour: String?
  /// What to do next, one line.
  package var remedy: String?

  /// Makes the view from its fields.
  package init(
    cause: String,
    since: Timestamp,
    pricePerHour: String? = nil,
    remedy: String? = nil
  ) {
    self.cause = cause
    self.since = since
    self.pricePerHour = pricePerHour
    self.remedy = remedy
  }
}

/// Something that a person should know of.
package struct FindingView: Codable, Sendable, Hashable {
  /// The kind, such as `late` or `host_key_mismatch`.
  package var kind: String
  /// When it was found.
  package var at: Timestamp
  /// One sentence.
  package var text: String

  /// Makes the view from its fields.
  package init(
    kind: String,
    at: Timestamp,
    text: String
  ) {
    self.kind = kind
    self.at = at
    self.text = text
  }
}
