import Core
import Model

/// A resource machine with everything that a transition needs, driven by hand.
struct Scene {
  var now = Instant(ms: 1_700_000_000_000)
  var machine: ResourceMachine
  var accounts: [String: AccountState]
  var random = Randomness(seed: 1)
  var running: Set<ULID> = []
  let policy = Policy()
  var boot = ULID(high: 1, low: 1)
  var notes: [TimelineEntry] = []
  /// What people were told of accounts.
  var alarms: [String] = []

  /// Placement i is of account i, round and round.
  init(readiness: Readiness = .cloud, placements: Int = 1, uniqueNames: Bool = true, on names: [String] = ["a"]) {
    accounts = [:]
    for name in names {
      let facts = AccountFacts(
        name: name, plugin: "p", limits: CloudLimits(settleMs: 10_000, uniqueNames: uniqueNames), identityHolds: true)
      accounts[name] = AccountState(facts: facts, policy: policy, at: now)
    }
    let offering = Offering(
      name: "o",
      placements: (0..<placements).map {
        Placement(account: names[$0 % names.count], type: "t\($0)", location: "l", image: "i")
      },
      readiness: readiness, provisionDeadlineMs: 900_000)
    var turn = Turn(now: now, boot: boot, policy: policy, random: random, accounts: accounts, running: [])
    machine = ResourceMachine.accept(
      Order(
        caller: "c", idempotencyKey: "k", bodyDigest: "d", tenant: "t", offering: offering, sshKeys: [], expiresAt: nil),
      resource: ULID(high: 2, low: 2), operation: ULID(high: 3, low: 3), turn: &turn)
    random = turn.random
  }

  mutating func handle(_ event: MachineEvent) {
    var turn = Turn(now: now, boot: boot, policy: policy, random: random, accounts: accounts, running: running)
    machine.handle(event, turn: &turn)
    random = turn.random
    accounts = turn.accounts
    notes += turn.notes
    alarms += turn.alarms.map { "\($0.account): \($0.text)" }
  }

  /// Ends the pending effect of that name with a result.
  mutating func finish(_ name: String, _ result: EffectResult) {
    guard let effect = machine.resource.pending.first(where: { $0.kind.name == name }) else { return }
    handle(.finished(effect, result))
  }

  mutating func wait(_ ms: Int64) { now = now + ms }

  /// Walks to the point where the create is dispatched.
  mutating func dispatch() {
    finish("validate", .validated(resolved()))
    finish(
      "prepare",
      .prepared(
        cookie: "key", bootstrap: BootstrapKey(publicKey: "boot", privateKey: SealedSecret(name: "k", box: "b"))))
  }

  /// Another order of the same offering, by somebody who comes now.
  func another(_ number: UInt64) -> Scene {
    var scene = self
    var turn = Turn(now: now, boot: boot, policy: policy, random: random, accounts: accounts, running: [])
    scene.machine = ResourceMachine.accept(
      Order(
        caller: "c", idempotencyKey: "k\(number)", bodyDigest: "d", tenant: "t",
        offering: machine.resource.offering, sshKeys: [], expiresAt: nil),
      resource: ULID(high: 4, low: number), operation: ULID(high: 5, low: number), turn: &turn)
    scene.accounts = turn.accounts
    scene.random = turn.random
    scene.notes = turn.notes
    return scene
  }

  /// The placement being tried, counted from 1; nil: none is being chosen or made.
  var current: Int? {
    if case .requested(let selection) = machine.resource.state { return selection.index + 1 }
    guard let placement = attempt?.placement else { return nil }
    return machine.resource.offering.placements.firstIndex(of: placement).map { $0 + 1 }
  }

  /// What became of the others: `1 NO_CAPACITY`, with a tilde where it was passed over.
  var left: [String] {
    machine.resource.rejected.map { "\($0.wasTried ? "" : "~")\(($0.placement ?? -1) + 1) \($0.failure.code.rawValue)" }
  }

  func resolved() -> ResolvedPlacement {
    ResolvedPlacement(
      type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1024, diskGB: 20, price: nil)
  }

  var attempt: Attempt? { machine.resource.attempts.last.flatMap { machine.attempts[$0] } }
  var state: String { machine.resource.state.name }
  var effects: [String] { machine.resource.pending.map(\.kind.name) }

  /// A look at the last attempt.
  mutating func look(
    _ objects: [(String, ObservedState)], scope: LookScope = .byID, complete: Bool = true, stale: Bool = false,
    identity: Bool = true
  ) {
    guard let attempt else { return }
    handle(
      .observed(
        Observation(
          attempt: attempt.id,
          objects: objects.map { ObservedObject(externalID: $0.0, state: $0.1, ipv4: "192.0.2.7") }, scope: scope,
          complete: complete, begunAt: now, mutations: machine.resource.mutations &- (stale ? 1 : 0),
          identityHolds: identity)))
  }
}
