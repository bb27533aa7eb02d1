import Core
import Crypto
import Daemon
import Model
import PluginKit
import PluginMessages
package import Simulation
import Synchronization

/// The second level: the same world and the same rules, with real plugins over simulators of the real APIs.
///
/// Each seed has two accounts, each on one of the known clouds. Between the engine and the clouds are the daemon's own
/// performer and its translation of messages; a verb runs whole at one instant, and its answer comes later.
package enum PluginWorld {
  /// A run of such worlds.
  package static func campaign(_ order: Campaign.Order) -> Campaign {
    Campaign(order) { seed, without in await run(seed, without: without).result }
  }

  /// Runs a seed without those faults.
  package static func run(
    _ seed: UInt64, without: Set<Fault> = []
  ) async -> (result: Result<Tally, Simulation.Violation>, story: [String]) {
    var world: World
    do {
      let clouds = try await PluginClouds(seed: seed)
      world = World(seed: seed, without: without, clouds: clouds)
      do throws(Simulation.Violation) {
        let tally = try await world.run(over: clouds)
        return (.success(tally), world.story)
      } catch {
        return (.failure(error), world.story)
      }
    } catch {
      let violation = Simulation.Violation(
        rule: "the world cannot be made: \(error)", seed: seed, faults: [], story: [])
      return (.failure(violation), [])
    }
  }
}

/// Two accounts with real plugins.
final class PluginClouds: OutsideClouds {
  private struct State {
    var clouds: [String: PluginCloud]
    var performer: Performer
    var hostNow: Model.Instant
    var weather: Weather?
    var end = ErrandEnd()
    /// How a request that only reads goes wrong.
    var readingFails = Fault.prepareFails
    var isDead = false
    var mutations: [MutationEvidence] = []
    var requests = 0
    var numbers: UInt64 = 0
  }

  let accounts: [OutsideAccount]
  private let state: Mutex<State>
  private let registry: Registry
  private let vault: Vault
  private let installation: ULID

  /// The start of every world.
  private static let start = Model.Instant(ms: 1_700_000_000_000)

  init(seed: UInt64) async throws {
    var random = Randomness(seed: seed ^ 0xc10d)
    var clouds: [String: PluginCloud] = [:]
    var accounts: [OutsideAccount] = []
    registry = try Registry(ledger: TableLedger())
    for name in ["a", "b"] {
      let known = KnownCloud.all[Int(random.next() % UInt64(KnownCloud.all.count))]
      clouds[name] = PluginCloud(known, account: name, seed: random.next(), start: Self.start)
      accounts.append(
        OutsideAccount(
          name: name, plugin: known.name, limits: known.limits, placements: known.placements(on: name)))
      try await registry.put(
        AccountRecord(
          name: name, plugin: known.name, endpoints: [:], settings: .object([:]), limits: known.limits,
          addedAt: Self.start))
    }
    self.accounts = accounts
    let seal = Seal(current: try SealingKey.generate())
    let record = try Vault.newInstallation(id: random.id(at: Self.start), seal: seal)
    vault = Vault(seal: seal, key: try Vault.sshKey(of: record, seal: seal)) { _ in "#cloud-config\n{}" }
    installation = record.id
    let idle = Performer(
      registry: registry, verbs: VerbCaller(plugins: NoPlugins(), installation: record.id), vault: vault,
      shell: NoShell(), recipes: NoShell(), clock: HostClock { Self.start })
    state = Mutex(State(clouds: clouds, performer: idle, hostNow: Self.start))
    restart()
  }

  func restart() {
    let performer = Performer(
      registry: registry, verbs: VerbCaller(plugins: Called(clouds: self), installation: installation), vault: vault,
      shell: NoShell(), recipes: NoShell(), clock: HostClock { [unowned self] in state.withLock { $0.hostNow } })
    state.withLock { state in
      state.performer = performer
      for name in state.clouds.keys { state.clouds[name]?.restart() }
    }
  }

  func objects(at now: Model.Instant) -> [OutsideObject] {
    state.withLock { state in accounts.flatMap { state.clouds[$0.name]?.objects(at: now) ?? [] } }
  }

  func plant(in account: String, at now: Model.Instant) { state.withLock { $0.clouds[account]?.plant(at: now) } }

  func vanish(_ id: String, in account: String, at now: Model.Instant) {
    state.withLock { $0.clouds[account]?.vanish(id, at: now) }
  }

  func stock(_ type: String, in account: String, isThere: Bool) {
    state.withLock { $0.clouds[account]?.stock(type, isThere: isThere) }
  }

  func release(_ number: UInt64, at now: Model.Instant) {
    state.withLock { state in
      for account in accounts { state.clouds[account.name]?.release(number, at: now) }
    }
  }

  func perform(_ errand: Errand, _ weather: inout Weather) async -> ErrandEnd {
    let begun = weather
    let performer = state.withLock { state in
      state.hostNow = begun.hostNow
      state.weather = begun
      state.end = ErrandEnd()
      state.readingFails =
        switch errand {
        case .effect: .prepareFails
        case .look: .lookFails
        case .list: .listFails
        }
      return state.performer
    }
    var (result, look, listing): (EffectResult?, LookResult?, Listing?) = (nil, nil, nil)
    switch errand {
    case .effect(let effect, let resource, let attempt, _):
      result = await performer.perform(effect, of: resource, attempt: attempt)
    case .look(let entries, let account): look = await performer.look(account: account, entries)
    case .list(let name):
      let verbs = VerbCaller(plugins: Called(clouds: self), installation: installation)
      if let account = await registry.account(name) {
        listing = try? await verbs.listing(of: account, begunAt: begun.hostNow)
      }
    }
    let (end, after) = state.withLock { ($0.end, $0.weather) }
    if let after { weather = after }
    var done = end
    done.result = result
    done.look = look
    done.listing = listing
    return done
  }

  // MARK: The plugin's side

  fileprivate func call(_ verb: HostVerb, on account: AccountRecord, _ payload: [UInt8]) -> VerbOutcome {
    let provisioner = state.withLock { state in
      (state.isDead, state.mutations, state.requests) = (false, [], 0)
      return state.clouds[account.name]?.provisioner
    }
    guard let provisioner else {
      return VerbOutcome(ending: .notBegun(Failure(.internal, "there is no plugin \(account.plugin)")))
    }
    let ending = VerbDispatch(provisioner).call(verb, payload, Requests(clouds: self, account: account.name))
    return state.withLock { state in
      if state.isDead { state.clouds[account.name]?.workerDied() }
      return VerbOutcome(
        ending: state.isDead ? .crashed(Failure(.internal, "worker ended by signal 11")) : ending,
        mutations: state.mutations, requests: state.requests)
    }
  }

  fileprivate func answer(_ request: CloudRequest, account: String) -> CloudOutcome {
    state.withLock { state in
      // The plugin is dead; what it goes on to ask nobody hears.
      guard !state.isDead, var weather = state.weather else { return .closed }
      defer { state.weather = weather }
      if weather.chance(.workerDies) {
        state.isDead = true
        return .closed
      }
      state.numbers += 1
      let reading = state.readingFails
      guard
        let passage = state.clouds[account]?.answer(request, &weather, reading: reading, number: state.numbers)
      else { return .closed }
      note(request, passage, &state)
      if passage.hasLeft, weather.chance(.workerDies) {
        state.isDead = true
        return .closed
      }
      return passage.outcome
    }
  }

  /// What the broker keeps of a request.
  private func note(_ request: CloudRequest, _ passage: PluginCloud.Passage, _ state: inout State) {
    if let after = passage.heldFor { state.end.held.append((state.numbers, after)) }
    guard passage.hasLeft else { return }
    state.requests += 1
    if case .sentNoAnswer = passage.outcome { state.end.isLost = true }
    guard request.changes else { return }
    state.end.hasLeft = true
    if passage.wasDone { state.end.wasCarriedOut = true }
    let reach: MutationEvidence.Reach =
      if case .answered(let response) = passage.outcome { .answered(response.status) } else { .sentNoAnswer }
    state.mutations.append(MutationEvidence(reach: reach, leftAt: state.hostNow))
  }
}

/// The daemon's view of the plugins.
private struct Called: PluginCalling {
  /// The world holds them for as long as anything is called.
  unowned let clouds: PluginClouds

  func call(_ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject) async -> VerbOutcome {
    clouds.call(verb, on: account, payload)
  }
}

/// One call's way to its cloud.
private struct Requests: CallServices {
  let clouds: PluginClouds
  let account: String

  var nowMs: Int64 { clouds.now.ms }

  func perform(_ request: CloudRequest) -> CloudOutcome { clouds.answer(request, account: account) }
}

extension PluginClouds {
  /// The host's time.
  fileprivate var now: Model.Instant { state.withLock { $0.hostNow } }
}

private struct NoPlugins: PluginCalling {
  func call(_ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject) async -> VerbOutcome {
    VerbOutcome(ending: .notBegun(Failure(.unavailable, "the host has not started")))
  }
}

/// A ledger of the daemon's own records, durable at once.
private final class TableLedger: Ledger {
  private let table = Mutex(MemoryTable())

  func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
    done(table.withLock { table in Result { () throws(LedgerError) in try table.commit(writes) } })
  }

  func records(prefix: String) throws(LedgerError) -> [LedgerRecord] { table.withLock { $0.records(prefix: prefix) } }
}

/// What needs a shell the world does by itself.
private struct NoShell: RemoteShell, RecipeRunning {
  func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult { none }
  func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult { none }
  func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult { none }
  func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult { none }
  private var none: EffectResult { .notSent(Failure(.unavailable, "this host has no shell")) }
}
