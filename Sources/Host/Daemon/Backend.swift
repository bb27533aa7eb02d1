package import Control
import Core
import Crypto
package import Model
import PluginMessages
import Synchronization

/// What the control API asks for, carried out. One file for each kind of thing.
package final class Backend: ControlBackend {
  let pump: Pump
  let registry: Registry
  let vault: Vault
  let verbs: VerbCaller
  let directory: any PluginDirectory
  let consents: any PluginConsents
  let watchers: Watchers
  let pluginWatchers: PluginWatchers
  let logs: RunLogs
  let recipes: RecipeLibrary
  let recipeChecker: RecipeChecker
  let archive: any TimelineArchive
  let clock: HostClock
  let accounts: AccountKeeper
  let budgets: BudgetBook
  let checker: OfferingChecker
  let reconciliation: Reconciliation
  var sweeper: Sweeper { reconciliation.sweeper }
  var findingBook: FindingBook { reconciliation.findings }
  let settings: Settings
  let startedAt: Timestamp

  /// What the configuration decides.
  package struct Settings: Sendable {
    /// Version of the daemon.
    package var version: String
    /// Seconds within which a provision is decided, where an offering does not say.
    package var provisionDeadlineS: Int
    /// Path of the ledger's file, for copies of it.
    package var ledger: String
    /// Whether there is a mail server for notices.
    package var sendsMail: Bool
    /// Why the ledger takes nothing new; nil: it does. Called from any thread.
    package var ledgerProblem: @Sendable () -> String?

    /// Makes settings.
    package init(
      version: String, provisionDeadlineS: Int, ledger: String = "", sendsMail: Bool = false,
      ledgerProblem: @escaping @Sendable () -> String? = { nil }
    ) {
      self.version = version
      self.provisionDeadlineS = provisionDeadlineS
      self.ledger = ledger
      self.sendsMail = sendsMail
      self.ledgerProblem = ledgerProblem
    }
  }

  /// Puts a backend together.
  package init(
    pump: Pump, registry: Registry, vault: Vault, verbs: VerbCaller, directory: any PluginDirectory,
    consents: any PluginConsents, watchers: Watchers, pluginWatchers: PluginWatchers, logs: RunLogs,
    recipes: RecipeLibrary,
    recipeChecker: RecipeChecker, archive: any TimelineArchive, clock: HostClock, accounts: AccountKeeper,
    budgets: BudgetBook, reconciliation: Reconciliation, settings: Settings
  ) {
    self.pump = pump
    self.registry = registry
    self.vault = vault
    self.verbs = verbs
    self.directory = directory
    self.consents = consents
    self.watchers = watchers
    self.pluginWatchers = pluginWatchers
    self.logs = logs
    self.recipes = recipes
    self.recipeChecker = recipeChecker
    self.archive = archive
    self.clock = clock
    self.accounts = accounts
    self.budgets = budgets
    self.reconciliation = reconciliation
    checker = OfferingChecker(registry: registry, verbs: verbs, directory: directory)
    self.settings = settings
    startedAt = Timestamp(clock.now())
  }

  /// How the daemon is.
  package func health() async throws(ControlFailure) -> HealthView {
    let plugins = await directory.views()
    let serving = plugins.filter { $0.state == "serving" }.count
    var problems = settings.ledgerProblem().map { [$0] } ?? []
    problems += plugins.filter { $0.state != "serving" && $0.state != "disabled" }.map {
      "plugin \($0.id) is \($0.state): \($0.problem?.message ?? "no reason known")"
    }
    let circuits = await pump.read { engine in
      engine.accounts.values.compactMap { state in state.circuit.map { (state.facts.name, $0.failure.message) } }
    }
    problems += circuits.map { "account \($0.0): \($0.1)" }.sorted()
    problems += await vanishedProblems()
    let told = circuits.map(\.0)
    for account in await registry.allAccounts where !told.contains(account.name) {
      let health = await view(account).health
      guard health.state == "failing" else { continue }
      problems.append(health.failure?.message ?? "account \(account.name) is failing")
    }
    let open = await pump.read { engine in engine.machines.filter { !$0.resource.state.isFinal }.count }
    return HealthView(
      status: problems.isEmpty ? "ok" : "degraded", version: settings.version,
      installationId: verbs.installation.description, startedAt: startedAt, problems: problems,
      warnings: plugins.flatMap(Self.warnings) + (await waitingWarnings()) + (await offeringWarnings())
        + (await findingWarnings()), plugins: serving,
      accounts: await registry.allAccounts.count, resources: open)
  }

  func notFound(_ kind: String, _ name: String, among known: [String]) -> ControlFailure {
    ControlFailure(
      .notFound, "there is no \(kind) \(name)", expected: known.isEmpty ? nil : known.joined(separator: ", "),
      found: name, remedy: "list them: `slipway \(kind) list`")
  }

  /// Refuses what breaks the schema that the plugin declared.
  func require(
    _ value: JSONValue, fits subject: SchemaSubject, of plugin: String, for name: String
  ) async throws(ControlFailure) {
    let found = await directory.violations(subject, in: value, plugin: plugin)
    guard let first = found.first else { return }
    let path = { (violation: PluginMessages.Violation) in
      violation.path.isEmpty ? subject.rawValue : "\(subject.rawValue).\(violation.path)"
    }
    throw ControlFailure(
      .invalidSpec, "\(name): \(path(first)) \(first.message)",
      remedy: "correct it; the plugin \(plugin) declares what its \(subject.rawValue) may hold",
      violations: found.map { ViolationView(path: path($0), message: $0.message, allowed: $0.allowed) })
  }

  /// The failure that a ledger's refusal is.
  func stored<Value: Sendable>(_ body: () async throws -> Value) async throws(ControlFailure) -> Value {
    do {
      return try await body()
    } catch let error as LedgerError {
      if case .full(let reason) = error {
        throw ControlFailure(.storageFull, "the ledger is full: \(reason)", remedy: "make room on the disk; try again")
      }
      throw ControlFailure(.internal, "the ledger refused the change: \(error)")
    } catch let failure as ControlFailure {
      throw failure
    } catch {
      throw ControlFailure(.internal, "\(error)")
    }
  }
}

/// Where timelines are kept.
package protocol TimelineArchive: Sendable {
  /// Appends lines; never blocks, and never fails the caller.
  func append(_ entries: [TimelineEntry])
  /// A resource's lines, oldest first.
  func timeline(of resource: ULID) async -> [TimelineEntry]
}
