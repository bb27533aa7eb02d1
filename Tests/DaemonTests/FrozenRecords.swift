import Core
import Foundation
import Model
import PluginMessages
import Plugins

@testable import Daemon

/// What a frozen ledger holds: one record of every kind with every field set, and a resource in every state and with every
/// effect pending. The same in every run.
struct FrozenRecords {
  static let at = Instant(ms: 1_700_000_000_000)
  private var serial: UInt64 = 0
  /// Every record's key and bytes.
  private(set) var written: [(key: LedgerKey, value: [UInt8])] = []
  /// The core's records among them.
  private(set) var core: [LedgerKey: Record] = [:]

  private mutating func id() -> ULID {
    serial += 1
    return ULID(high: UInt64(Self.at.ms) << 16, low: serial)
  }

  private mutating func write(_ key: LedgerKey, _ body: some Codable) throws {
    written.append((key, try RecordCodec.encode(body, kind: key.kind)))
  }

  private mutating func write(_ key: LedgerKey, _ record: Record) throws {
    written.append((key, try RecordCodec.encode(record)))
    core[key] = record
  }

  static let placements = ["first", "second"].map {
    Placement(account: $0, type: "small", location: "north", image: "debian-12", config: #"{"zone":1}"#)
  }
  static let price = Model.Price(
    hourly: Money(micros: 6_000), monthly: Money(micros: 3_790_000), currency: "EUR", net: true,
    granularitySeconds: 3_600, minimumSeconds: 60, monthlyCap: Money(micros: 3_790_000))
  static let resolved = ResolvedPlacement(
    type: "small", location: "north", imageID: "114690387", architecture: "x86_64", vcpu: 2, memoryMB: 4_096,
    diskGB: 40, price: price, warnings: ["ends in May"])
  private static let sealed = Model.SealedSecret(name: "root_password", box: "c2VhbGVk")
  private var failure: Failure {
    var failure = Failure(
      .noCapacity, "small is out of stock in north", remedy: "wait", httpStatus: 412, cloudCode: "resource_unavailable",
      correlationID: "c-1", retryAfterMs: 1_000,
      violations: [Model.Violation(path: "/type", message: "no", allowed: ["big"])]
    )
    failure.expected = "stock"
    failure.found = "none"
    return failure
  }

  /// Makes them all.
  init() throws {
    try administration()
    for effect in try effects() { try resource(pending: effect) }
    for state in Self.resting { try resource(resting: state) }
  }

  // MARK: Resources

  /// Stages of a create, named as states, with no effect pending.
  static let resting = [
    "resolving", "booting", "active", "stopped", "compensating", "terminating", "terminated", "failed", "lost",
    "released",
  ]

  /// Every kind of effect, each with an attempt and object of its own.
  private mutating func effects() throws -> [EffectKind] {
    let secure = SecureStep.allCases.map { EffectKind.secure(attempt: id(), object: "o\(serial)", step: $0) }
    let power = PowerAction.allCases.map { EffectKind.power(attempt: id(), object: "o\(serial)", action: $0) }
    return [
      .validate(placement: 0), .prepare(placement: 0), .provision(attempt: id()),
      .terminate(attempt: id(), object: "o\(serial)"), .run(attempt: id(), object: "o\(serial)", run: id()),
      .cancel(attempt: id(), object: "o\(serial)", run: id()), .tidy(attempt: id(), object: "o\(serial)"),
    ] + secure + power
  }

  private mutating func use() -> RecipeUse {
    RecipeUse(
      id: id(), recipe: "web", version: 3, sha256: String(repeating: "a", count: 64), values: ["DOMAIN": "example.com"],
      sealed: [Self.sealed], idempotent: true, timeoutMs: 900_000)
  }

  /// A resource that was just accepted, with everything set that does not depend on its state.
  private mutating func accepted(_ kind: OperationKind = .provision) -> Resource {
    var offering = Offering(
      name: "web", placements: Self.placements, readiness: .recipe, provisionDeadlineMs: 900_000, addedAt: Self.at,
      recipe: use())
    offering.onFailure = .keep(forMs: 60_000)
    offering.notify = NoticeTargets(webhook: "https://example.com/hook", secret: Self.sealed, email: "a@example.com")
    var resource = Resource(
      id: id(), tenant: "shop", offering: offering, sshKeys: ["ssh-ed25519 AAAA tenant"],
      expiresAt: Self.at + 400_000_000_000,
      operation: Operation(id: id(), kind: .provision, acceptedAt: Self.at, deadline: Self.at + 900_000))
    resource.maxHourly = Money(micros: 20_000)
    resource.price = Self.price
    resource.bootstrap = BootstrapKey(publicKey: "ssh-ed25519 AAAA first", privateKey: Self.sealed)
    resource.secrets = [Self.sealed]
    resource.findings = Finding.Kind.allCases.map { Finding(kind: $0, at: Self.at, text: "\($0.rawValue) seen") }
    resource.rejected = [Rejection(placement: 1, failure: failure, at: Self.at, wasTried: false)]
    resource.wakeAt = Self.at + 1_000
    resource.mutations = 7
    guard kind != .provision else { return resource }
    resource.operations[0].outcome = .succeeded
    resource.operations[0].decidedAt = Self.at
    resource.operations.append(Operation(id: id(), kind: kind, acceptedAt: Self.at, deadline: Self.at + 900_000))
    return resource
  }

  private func attempt(_ id: ULID, of resource: Resource, object: String?, _ fate: ObjectFate = .kept) -> Attempt {
    var attempt = Attempt(
      id: id, resource: resource.id, operation: resource.operations[0].id, plugin: "p", placement: Self.placements[0],
      resolved: Self.resolved, name: "web-\(id)", cookie: "remembered",
      limits: CloudLimits(settleMs: 10_000, lateWindowMs: 60_000, uniqueNames: true))
    attempt.leftAt = Self.at
    guard let object else { return attempt }
    attempt.status = .created
    var made = CloudObject(id: object, fate: fate, seenAt: Self.at)
    made.createdAt = "2023-11-14T22:13:20Z"
    (made.ipv4, made.ipv6) = ("192.0.2.7", "2001:db8::7")
    (made.firstIPv4, made.firstIPv6) = ("192.0.2.6", "2001:db8::6")
    (made.sshHost, made.sshPort) = ("192.0.2.8", 2_222)
    made.endConfirmed = true
    attempt.objects = [made]
    return attempt
  }

  private mutating func store(_ resource: Resource, _ attempts: [Attempt]) throws {
    var resource = resource
    resource.attempts = attempts.map(\.id)
    try write(Keys.resource(resource.id), .resource(resource))
    for attempt in attempts { try write(Keys.attempt(attempt.id), .attempt(attempt)) }
    try write(
      Keys.idempotency("uid:0", "key-\(resource.id)"),
      .idempotency(IdempotencyRecord(resource: resource.id, bodyDigest: "digest", at: Self.at)))
  }

  private mutating func run(_ id: ULID, of attempt: ULID, _ object: String) -> RecipeRun {
    RecipeRun(id: id, use: use(), attempt: attempt, object: object, askedAt: Self.at)
  }

  /// A resource in the state in which that effect is asked for.
  private mutating func resource(pending kind: EffectKind) throws {
    var resource: Resource
    var attempts: [Attempt] = []
    switch kind {
    case .validate(let index):
      resource = accepted()
      resource.state = .requested(Selection(index: index))
    case .prepare(let index):
      resource = accepted()
      var selection = Selection(index: index)
      selection.resolved = Self.resolved
      resource.state = .requested(selection)
    case .provision(let attempt):
      resource = accepted()
      resource.state = .provisioning(attempt: attempt)
      attempts = [self.attempt(attempt, of: resource, object: nil)]
    case .terminate(let attempt, let object):
      resource = accepted(.terminate)
      resource.goal = .absent
      resource.state = .terminating
      resource.stall = Stall(failure: failure, since: Self.at)
      attempts = [self.attempt(attempt, of: resource, object: object, .doomed(since: Self.at))]
    case .secure(let attempt, let object, let step):
      resource = accepted()
      resource.state = .securing(attempt: attempt, object: object, step: step)
      resource.hostKey = step == .gather ? nil : "ssh-ed25519 AAAA own"
      resource.contacted = step != .gather
      attempts = [self.attempt(attempt, of: resource, object: object)]
    case .run(let attempt, let object, let run):
      resource = accepted()
      resource.state = .configuring(attempt: attempt, object: object, run: run)
      resource.runs = [self.run(run, of: attempt, object)]
      attempts = [self.attempt(attempt, of: resource, object: object)]
    case .cancel(let attempt, let object, let run):
      resource = accepted()
      resource.state = .configuring(attempt: attempt, object: object, run: run)
      resource.runs = [self.run(run, of: attempt, object)]
      resource.pending = [effect(.run(attempt: attempt, object: object, run: run))]
      attempts = [self.attempt(attempt, of: resource, object: object)]
    case .tidy(let attempt, let object):
      resource = accepted()
      resource.operations[0].outcome = .succeeded
      resource.state = .active(attempt: attempt, object: object)
      resource.runs = try endings().map { ending in
        var run = self.run(id(), of: attempt, object)
        (run.use, run.ending, run.endedAt, run.durationMs) = (nil, ending, Self.at, 1_200)
        (run.cloudInit, run.remark) = ("done", "late")
        return run
      }
      attempts = [self.attempt(attempt, of: resource, object: object)]
    case .power(let attempt, let object, let action):
      resource = accepted(.power)
      resource.goal = action == .stop ? .stopped : .present
      resource.state =
        action == .start ? .stopped(attempt: attempt, object: object) : .active(attempt: attempt, object: object)
      attempts = [self.attempt(attempt, of: resource, object: object)]
    }
    resource.pending.append(effect(kind))
    try store(resource, attempts)
  }

  private func endings() throws -> [RecipeEnding] {
    [
      .exited(0), .signaled("TERM"), .timedOut, .outOfMemory, .cancelled, .interrupted("rebooted"), .notStarted("why"),
    ]
  }

  private mutating func effect(_ kind: EffectKind) -> Effect {
    var effect = Effect(
      id: id(), kind: kind, boot: ULID(high: 9, low: 9), notBefore: Self.at, notAfter: Self.at + 900_000)
    effect.failures = 1
    return effect
  }

  /// A resource in a state in which nothing has to be performed, but looked, or nothing at all.
  private mutating func resource(resting state: String) throws {
    let (attempt, object) = (id(), "o\(serial)")
    var resource = accepted(["terminating", "terminated"].contains(state) ? .terminate : .provision)
    var made = self.attempt(attempt, of: resource, object: object)
    var isDecided = true
    switch state {
    case "resolving":
      resource.state = .resolving(attempt: attempt)
      made.objects = []
      made.status = .unknown
      made.clearLookups = 1
      made.watchUntil = Self.at + 60_000
      isDecided = false
    case "booting":
      resource.state = .booting(attempt: attempt, object: object)
      isDecided = false
    case "active": resource.state = .active(attempt: attempt, object: object)
    case "stopped":
      resource.state = .stopped(attempt: attempt, object: object)
      resource.goal = .stopped
    case "compensating":
      resource.state = .compensating(failure, next: 1)
      made.objects[0].fate = .ending(since: Self.at)
      isDecided = false
    case "terminating":
      resource.state = .terminating
      resource.goal = .absent
      made.objects[0].fate = .ending(since: Self.at)
      made.objects[0].goneLooks = 1
      isDecided = false
    case "terminated":
      resource.state = .terminated
      resource.goal = .absent
    case "failed":
      resource.state = .failed(failure)
      resource.goal = .absent
      resource.operations[0].outcome = .failed(failure)
      resource.heldUntil = Self.at
    case "lost":
      resource.state = .lost
    default: resource.state = .released
    }
    if resource.state.isFinal && resource.state != .released { made.objects[0].fate = .gone(at: Self.at) }
    if let last = resource.operations.indices.last, isDecided {
      resource.operations[last].outcome = resource.operations[last].outcome ?? .succeeded
      resource.operations[last].decidedAt = Self.at
    }
    resource.rungs += Rung.allCases.dropFirst().map { RungMark(rung: $0, at: Self.at) }
    try store(resource, [made])
  }

  // MARK: What operators write

  private mutating func administration() throws {
    try write(
      LedgerKey("installation", "self"),
      InstallationRecord(id: id(), sshSeed: Self.sealed, sshPublicKey: "ssh-ed25519 AAAA slipway"))
    try write(
      LedgerKey("epoch", "self"),
      LedgerEpoch(id: id(), begunAt: Self.at, cause: "the ledger is new", machine: nil, confirmedAt: Self.at))
    for placement in Self.placements {
      var account = AccountRecord(
        name: placement.account, plugin: "p",
        endpoints: [
          "api": EndpointRecord(
            url: "https://api.example.com/v1", unixSocket: "/run/example.sock", auth: .init(.header, name: "X-Token"),
            operatorSet: true)
        ], settings: .object(["zone": .integer(1)]), credential: Self.sealed, identity: "me",
        limits: CloudLimits(
          settleMs: 10_000, lateWindowMs: 60_000, uniqueNames: true, pollBatch: 10, requestsPerHour: 36_000),
        addedAt: Self.at)
      account.consent = try JSONDecoder().decode(
        PluginAsk.self,
        from: Data(
          """
          {"endpoints":{"api":{"url":"https://api.example.com/v1","auth":{"kind":"bearer"},"unixSocket":false}},
           "network":"brokered","routes":{"provision":["POST /servers on api"]},"postReads":["/search"]}
          """.utf8))
      account.guards = ResourceLimits(maxResources: 100, maxHourly: Money(micros: 9_000_000), maxCreatesPerHour: 100)
      try write(LedgerKey("account", account.name), account)
    }
    var offering = Offering(
      name: "web", placements: Self.placements, readiness: .recipe, provisionDeadlineMs: 900_000, addedAt: Self.at,
      recipe: use())
    offering.onFailure = .next
    offering.removesAccess = true
    offering.notify = NoticeTargets(webhook: "https://example.com/hook", secret: Self.sealed)
    try write(LedgerKey("offering", "web"), offering)
    try write(
      LedgerKey("standing", "web"),
      OfferingStanding(
        offering: "web", checkedAt: Self.at, prices: [.init(placement: Self.placements[0], price: Self.price)],
        warnings: [OfferingWarning(kind: .price, placement: Self.placements[0], since: Self.at, text: "dearer")]))
    let reference = RecipeReference(recipe: "base", version: 1)
    try write(
      LedgerKey("recipe", "web"),
      Recipe(
        name: "web", description: "a server", author: "me", createdAt: Self.at, forkedFrom: reference, latest: 3))
    try write(
      LedgerKey("recipe-version", "web/3"),
      RecipeVersion(
        recipe: "web", number: 3, interpreter: "/bin/sh", body: RecipeBody(Array("true\n".utf8)),
        sha256: String(repeating: "a", count: 64),
        inputs: [
          RecipeInput(
            name: "DOMAIN", kind: .choice, choices: ["example.com"], defaultValue: "example.com", required: true,
            secret: true, description: "where")
        ], idempotent: true, timeoutMs: 900_000, notes: "better", addedAt: Self.at))
    try write(
      LedgerKey("recipe-rating", "web/3/shop"),
      RecipeRating(recipe: "web", version: 3, tenant: "shop", stars: 5, comment: "fine", at: Self.at))
    for kind in CloudFinding.Kind.allCases {
      var finding = CloudFinding(
        id: id(), account: "first", kind: kind,
        object: ListedThing(externalID: "x\(serial)", name: "web", attemptLabel: "a", resourceLabel: "r"),
        resource: id(), attempt: id(), differences: [.init(property: "size", expected: "small", found: "big")],
        seen: Self.at)
      (finding.status, finding.closedAt) = (.dismissed, Self.at)
      try write(LedgerKey("finding", finding.id.description), finding)
    }
    let notice = Notice(
      id: id(), kind: .lost, at: Self.at, resource: id(), tenant: "shop", offering: "web", failure: failure, run: id(),
      targets: NoticeTargets(email: "a@example.com"))
    try write(Keys.notice(notice.id), .notice(notice))
  }
}
