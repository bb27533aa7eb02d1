import Control
import Core
import Crypto
import Foundation
import Model
import PluginMessages
import Synchronization

@testable import Daemon

/// The daemon's keepers over a ledger in memory, plugins that answer as told, and a clock that the test moves.
final class Desk: PluginCalling, PluginDirectory {
  /// What the plugins are.
  struct Script {
    var now = Instant(ms: 1_700_000_000_000)
    var answers: [HostVerb: @Sendable (AccountRecord, [UInt8]) -> VerbEnding] = [:]
    /// What the broker saw of each verb's requests.
    var evidence: [HostVerb: [MutationEvidence]] = [:]
    var calls: [String] = []
    var violations: [PluginMessages.Violation] = []
    var told: [String] = []
    var events: [EngineEvent] = []
  }

  let script = Mutex(Script())
  let ledger = TableLedger()
  let registry: Registry

  init() throws { registry = try Registry(ledger: ledger) }

  var clock: HostClock { HostClock { [self] in script.withLock { $0.now } } }
  var verbs: VerbCaller { VerbCaller(plugins: self, installation: ULID(high: 1, low: 1)) }
  var checker: OfferingChecker { OfferingChecker(registry: registry, verbs: verbs, directory: self) }

  /// A watch with its memory of retries; what is durable is the registry's.
  func watch() -> OfferingWatch {
    OfferingWatch(registry: registry, checker: checker, plan: NightPlan(salt: "desk"), clock: clock) { [self] line in
      script.withLock { $0.told.append(line) }
    }
  }

  private func vault() throws -> Vault {
    let seal = Seal(current: try SealingKey.generate())
    let installation = try Vault.newInstallation(id: ULID(high: 1, low: 1), seal: seal)
    return Vault(seal: seal, key: try Vault.sshKey(of: installation, seal: seal)) { _ in "" }
  }

  /// Performs effects; no machine can be reached.
  func performer() throws -> Performer {
    Performer(
      registry: registry, verbs: verbs, vault: try vault(), shell: Nowhere(), recipes: Nowhere(), clock: clock)
  }

  func keeper() throws -> AccountKeeper {
    AccountKeeper(registry: registry, verbs: verbs, vault: try vault(), clock: clock) { [self] event in
      script.withLock { $0.events.append(event) }
    }
  }

  func account(_ name: String, identity: String? = "me") async throws -> AccountRecord {
    let record = AccountRecord(
      name: name, plugin: "p", endpoints: [:], settings: .object([:]), identity: identity, limits: CloudLimits(),
      addedAt: clock.now())
    try await registry.put(record)
    return record
  }

  func offering(_ name: String, on accounts: String...) async throws -> Offering {
    let offering = Offering(
      name: name, placements: accounts.map { Placement(account: $0, type: "t", location: "l", image: "i") },
      readiness: .cloud, provisionDeadlineMs: 60_000, addedAt: clock.now())
    try await registry.put(offering)
    return offering
  }

  func on(_ verb: HostVerb, _ answer: @escaping @Sendable (AccountRecord, [UInt8]) -> VerbEnding) {
    script.withLock { $0.answers[verb] = answer }
  }

  func move(to now: Instant) { script.withLock { $0.now = now } }
  var now: Instant { script.withLock { $0.now } }
  var told: [String] { script.withLock { $0.told } }
  var calls: [String] { script.withLock { $0.calls } }

  /// A validate reply of one placement that holds.
  static func holds(_ hourly: String, _ warnings: [String] = []) -> VerbEnding {
    reply(
      ValidateReply(placements: [
        ValidatedPlacement(
          index: 0, type: "t", location: "l", imageId: "1", architecture: "x86_64", vcpu: 1, memoryMb: 1, diskGb: 1,
          price: Price(hourly: hourly, currency: "EUR"), warnings: warnings)
      ]))
  }

  static func reply(_ value: some Encodable) -> VerbEnding {
    .replied((try? JSONEncoder().encode(value)).map { Array($0) } ?? [])
  }

  static func failure(_ code: PluginMessages.FailureCode, _ message: String) -> VerbEnding {
    .failed(code.rawValue, (try? JSONEncoder().encode(FailureReport(message: message))).map { Array($0) } ?? [])
  }

  // MARK: Plugins

  func call(
    _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
  ) async -> VerbOutcome {
    let (answer, evidence) = script.withLock { script in
      script.calls.append("\(verb.rawValue) \(account.name)")
      return (script.answers[verb], script.evidence[verb] ?? [])
    }
    return VerbOutcome(
      ending: answer?(account, payload) ?? .notBegun(Failure(.unavailable, "the plugin does not serve")),
      mutations: evidence)
  }

  func views() async -> [PluginView] { [] }
  func settled() async {}
  func manifest(_ id: String) async -> PluginManifest? { nil }
  func violations(_ subject: SchemaSubject, in value: JSONValue, plugin id: String) async -> [PluginMessages.Violation]
  {
    script.withLock { $0.violations }
  }
  func steer(_ id: String, _ command: PluginCommand) async -> String? { nil }
  func install(_ path: String) async -> Result<PluginView, PluginProblem> { .failure(PluginProblem(text: "none here")) }
}

/// A ledger in memory, durable at once.
final class TableLedger: Ledger {
  private let table = Mutex(MemoryTable())

  func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
    let result = table.withLock { table in Result { () throws(LedgerError) in try table.commit(writes) } }
    done(result)
  }

  func records(prefix: String) throws(LedgerError) -> [LedgerRecord] { table.withLock { $0.records(prefix: prefix) } }
}

/// Machines that cannot be reached.
private struct Nowhere: RemoteShell, RecipeRunning {
  private var failure: EffectResult { .notSent(Failure(.internal, "no shell here")) }
  func secure(_ step: SecureStep, _ target: RemoteTarget) async -> EffectResult { failure }
  func run(_ id: ULID, of resource: Resource, _ attempt: Attempt, on object: CloudObject) async -> EffectResult {
    failure
  }
  func cancel(_ id: ULID, of resource: Resource, on object: CloudObject) async -> EffectResult { failure }
  func tidy(_ resource: Resource, on object: CloudObject) async -> EffectResult { failure }
}
