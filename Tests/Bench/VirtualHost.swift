import Core
import Crypto
import Daemon
import FoundationEssentials
import Model
import PluginKit
import PluginMessages
import Synchronization

/// The product's engine and performer over the simulated cloud, moved from event to event in virtual time.
///
/// Commits are durable one millisecond after they are asked for; every request to the cloud takes
/// `VirtualCloud.latency`, after it waited for its place in the pace; nothing else takes time.
struct VirtualHost {
  private enum Happening {
    case event(EngineEvent)
    case perform(Effect, Resource, Attempt?)
    case look(UInt64, account: String, [LookEntry])
    case wake
  }

  let cloud: VirtualCloud
  private let plugin: PluginInPlace
  private let performer: Performer
  private var engine: Engine
  private var agenda: [(at: Model.Instant, order: Int, item: Happening)] = []
  private var planned = 0
  private var wakeAt: Model.Instant?
  /// Called with each durable change.
  var changed: (ResourceMachine, Model.Instant) -> [(Model.Instant, Command)] = { _, _ in [] }
  private(set) var alarms: [String] = []

  init(_ benched: BenchedCloud, policy: Policy, seed: UInt64, start: Model.Instant) async throws {
    cloud = VirtualCloud(benched, seed: seed, start: start)
    let cloud = cloud
    let plugin = PluginInPlace(benched.plugin(), cloud)
    self.plugin = plugin
    var random = Randomness(seed: seed)
    let seal = Seal(current: try SealingKey.generate())
    let installation = try Vault.newInstallation(id: random.id(at: start), seal: seal)
    let vault = Vault(seal: seal, key: try Vault.sshKey(of: installation, seal: seal)) { _ in "#cloud-config\n{}" }
    let registry = try Registry(ledger: TableLedger())
    let manifest = type(of: benched.plugin()).manifest
    let limits = CloudLimits(
      settleMs: Int64(manifest.settleWindowS) * 1_000, lateWindowMs: Int64(manifest.lateWindowS) * 1_000,
      uniqueNames: manifest.uniqueNames, pollBatch: manifest.maxPollBatch,
      requestsPerHour: manifest.rate?.perHour)
    let account = AccountRecord(
      name: "main", plugin: benched.name, endpoints: [:], settings: .object([:]), limits: limits, addedAt: start)
    try await registry.put(account)
    let verbs = VerbCaller(plugins: plugin, installation: installation.id)
    let clock = HostClock { cloud.now }
    performer = Performer(
      registry: registry, verbs: verbs, vault: vault, shell: NoShell(), recipes: NoShell(), clock: clock)
    engine = Engine(
      boot: random.id(at: start), policy: policy, seed: seed, records: [],
      accounts: [AccountFacts(name: "main", plugin: benched.name, limits: limits, identityHolds: true)], at: start)
    // What adding the account costs is part of the bill.
    let test = SelfTestRequest(
      account: AccountContext(id: "main", installationId: installation.id.description, settings: .object([:])),
      installationKey: vault.publicKey)
    let payload = Array(try JSONEncoder().encode(test))
    _ = await plugin.call(.selfTest, on: account, payload: payload, subject: CallSubject())
    _ = plugin.takeSpan()
    plan(.event(.started), at: start)
  }

  /// What stands in the engine now.
  var machines: [ResourceMachine] { engine.machines }

  mutating func command(_ command: Command, at instant: Model.Instant) {
    plan(.event(.command(UInt64(planned), command)), at: instant)
  }

  private mutating func plan(_ item: Happening, at instant: Model.Instant) {
    planned += 1
    agenda.append((instant, planned, item))
  }

  /// Runs everything that happens until then.
  mutating func run(until end: Model.Instant) async {
    while let index = agenda.indices.min(by: { (agenda[$0].at, agenda[$0].order) < (agenda[$1].at, agenda[$1].order) }),
      agenda[index].at <= end
    {
      let (at, _, item) = agenda.remove(at: index)
      cloud.move(to: at)
      await happen(item)
    }
    cloud.move(to: end)
  }

  private mutating func happen(_ item: Happening) async {
    let now = cloud.now
    switch item {
    case .event(let event): pump(event)
    case .wake:
      if wakeAt.map({ $0 <= now }) ?? false { wakeAt = nil }
      pump(.tick)
    case .perform(let effect, let resource, let attempt):
      let result = await performer.perform(effect, of: resource, attempt: attempt)
      plan(.event(.finished(resource: resource.id, effect: effect, result)), at: now + waited())
    case .look(let number, let account, let entries):
      let result = await performer.look(account: account, entries)
      plan(.event(.looked(number, result)), at: now + waited())
    }
  }

  /// A step that was answered from memory called no verb, and so costs no time.
  private func waited() -> Int64 { plugin.takeSpan() }

  private mutating func pump(_ event: EngineEvent) {
    let now = cloud.now
    for action in engine.handle(event, at: now) {
      switch action {
      case .commit(let number, _): plan(.event(.committed(number)), at: now + 1)
      case .perform(let effect, let resource, let attempt): plan(.perform(effect, resource, attempt), at: now)
      case .look(let number, let account, let entries): plan(.look(number, account: account, entries), at: now)
      case .changed(let machine, _):
        for (at, command) in changed(machine, now) { self.command(command, at: at) }
      case .alarm(_, let text), .halt(let text): alarms.append(text)
      case .answer, .notes, .abandon, .notice: break
      }
    }
    if let wake = engine.nextWake() {
      let at = max(wake, now + 1)
      if wakeAt.map({ at < $0 }) ?? true {
        wakeAt = at
        plan(.wake, at: at)
      }
    }
  }
}

/// A ledger in memory, durable at once.
private final class TableLedger: Ledger {
  private let table = Mutex(MemoryTable())

  func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
    let result = table.withLock { table in Result { () throws(LedgerError) in try table.commit(writes) } }
    done(result)
  }

  func records(prefix: String) throws(LedgerError) -> [LedgerRecord] { table.withLock { $0.records(prefix: prefix) } }
}

/// Readiness `cloud` never logs in.
private struct NoShell: RemoteShell, RecipeRunning {
  func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult {
    .notSent(Failure(.unavailable, "this host has no shell"))
  }
  func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult {
    .notSent(Failure(.unavailable, "this host has no shell"))
  }
  func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult {
    .notSent(Failure(.unavailable, "this host has no shell"))
  }
  func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult {
    .notSent(Failure(.unavailable, "this host has no shell"))
  }
}
