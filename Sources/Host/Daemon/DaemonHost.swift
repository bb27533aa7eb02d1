import Broker
package import Control
import Core
import Crypto
import FoundationEssentials
import Glibc
package import HTTP
import Model
import Plugins
import Remote
import Store
import Synchronization
import System

/// The daemon, put together: everything that `slipway serve` runs, and nothing that decides.
package final class DaemonHost: Sendable {
  private let configuration: Configuration
  private let reactor: Reactor
  private let ledger: SQLiteLedger
  private let registry: Registry
  private let pump: Pump
  /// The engine until `run` takes it: whoever kept a copy would keep all that it held at the start.
  private let engine: Mutex<Engine?>
  private let router: PluginRouter
  private let broker: HTTPBroker
  /// What the control API asks for, carried out.
  package let backend: any ControlBackend
  private let keeper: AccountKeeper
  private let offerings: OfferingWatch
  private let sweeper: Sweeper
  private let log: HostLog
  private let clock: HostClock
  private let archive: TimelineStore
  private let logs: RunLogs
  private let notifier: Notifier
  private let epoch: EpochBook
  private let lock: DirectoryLock
  private let handler: HTTPServer.Handler
  private let stopping = Mutex<(@Sendable () -> Void)?>(nil)
  private let isStopping = Atomic<Bool>(false)

  /// Opens what is stored and puts the parts together. Nothing runs before `run`. `api` makes the control API's handler
  /// for a backend.
  /// - Throws: `HostStartError` with what is wrong and what to do.
  package init(
    configuration: Configuration, environment: [String: String], api: (any ControlBackend) -> HTTPServer.Handler
  ) async throws {
    self.configuration = configuration
    let log = HostLog(configuration.log)
    self.log = log
    _ = try Self.worker(configuration.worker)
    try Self.checkSSH(configuration.ssh)
    try Self.makeDirectory(configuration.state)
    try Self.requireOwn(configuration.state)
    lock = try Self.lock(configuration.state)
    try LedgerRestore.requireNoneUnfinished(in: configuration.state)
    let crash = CrashPoints(environment: environment)
    let reactor = try Reactor()
    self.reactor = reactor
    let ledger = try Self.ledger(configuration, crash)
    self.ledger = ledger
    let registry = try Registry(ledger: ledger)
    self.registry = registry
    let recipes = try RecipeLibrary(ledger: ledger)
    let isFirst = await registry.identity == nil
    let seal = Seal(current: try Self.sealingKey(configuration.sealKey, isFirst: isFirst))
    let clock = HostClock(notBefore: nil)
    self.clock = clock
    let installation: InstallationRecord
    do { installation = try await Self.installation(registry, seal, at: clock.now()) } catch {
      if case .full? = error as? LedgerError { throw Self.full(configuration.state) }
      throw error
    }
    try Self.mark(installation, configuration.state, isFirst: isFirst, log)
    let vault = Vault(seal: seal, key: try Vault.sshKey(of: installation, seal: seal)) { parts in
      try CloudInit.document(hostKey: parts.hostKey, authorizedKeys: parts.authorizedKeys)
    }
    let (archive, logs) = try Self.archives(configuration, log)
    (self.archive, self.logs) = (archive, logs)
    let book = EvidenceBook()
    var hooks = BrokerHooks()
    hooks.record = { record in
      book.heard(record)
      if let entry = TimelineEntry(record) { archive.append([entry]) }
    }
    hooks.onPassage = { crash.pass($0.point == .bytesOut ? .bytesOut : .bytesIn) }
    let door = EventDoor()
    let budgets = BudgetBook(clock: clock) { door.send(.accountBudget($0, perHour: $1)) }
    hooks.gate = { budgets.admit($0) }
    hooks.onHead = { budgets.heard($0) }
    let broker = try HTTPBroker(hooks: hooks)
    self.broker = broker
    let pluginWatchers = PluginWatchers()
    let router = try Self.router(configuration, reactor, crash, log, door, pluginWatchers)
    self.router = router
    let calls = configuration.deadlines.calls
    let caller = PluginCaller(
      router: router, broker: broker, book: book, budgets: budgets, vault: { vault }, deadlines: { calls[$0] },
      note: { archive.append([$0]) })
    let verbs = VerbCaller(plugins: caller, installation: installation.id) {
      budgets.budget(of: $0).flatMap { $0.heardAt == nil ? nil : $0.perHour }
    }
    let session = SSHSession(reactor: reactor, program: configuration.ssh, environment: Self.libraryPath(configuration))
    let performer = Performer(
      registry: registry, verbs: verbs, vault: vault,
      shell: SSHShell(session: session, vault: vault) { log.write(.warning, $0) },
      recipes: RecipePerformer(
        library: recipes, vault: vault, runner: RecipeRunner(session: session, reactor: reactor), logs: logs,
        clock: clock, limits: OutputLimits(head: configuration.archive.outputKilobytes << 9)), clock: clock)
    let watchers = Watchers()
    let mail = try NoticeCourier.mail(configuration.notify)
    let notifier = try Self.notifier(
      NoticeCourier(
        vault: vault, logs: logs, clock: clock, mail: mail, allowPrivate: configuration.notify.allowPrivate,
        caFile: configuration.notify.caFile.isEmpty ? nil : configuration.notify.caFile),
      ledger: ledger, clock: clock, archive: archive, log: log)
    self.notifier = notifier
    pump = Pump(
      ledger: ledger, performer: performer, reactor: reactor, clock: clock,
      listeners: Pump.Listeners(
        notes: { archive.append($0) },
        changed: { machine, version in
          for run in machine.resource.runs where run.ending != nil && logs.isFollowed(run.id) { logs.ring(run.id) }
          guard watchers.isWatched(machine.resource.id) else { return }
          watchers.tell(
            machine.resource.id, Backend.event(machine, version, at: Timestamp(clock.now())),
            isFinal: machine.resource.state.isFinal)
        }, notice: { notifier.take($0) },
        alarm: { log.write(.warning, $0.isEmpty ? $1 : "account \($0): \($1)") },
        broken: { reason in
          log.write(.error, "the ledger cannot be trusted any more: \(reason)")
          _exit(74)
        }))
    door.open(pump)
    let keeper = AccountKeeper(registry: registry, verbs: verbs, vault: vault, clock: clock) { [pump] in pump.send($0) }
    self.keeper = keeper
    let gate = PluginGate(registry: registry, caller: caller, keeper: keeper)
    var pluginHooks = PluginHooks()
    pluginHooks.gate = { await gate.judge($0) }
    pluginHooks.isNeeded = { id in await registry.allAccounts.contains { $0.plugin == id } }
    pluginHooks.serves = { keeper.switched(to: $0) }
    await router.use(pluginHooks)
    let directory = RouterDirectory(router: router)
    offerings = OfferingWatch(
      registry: registry, checker: OfferingChecker(registry: registry, verbs: verbs, directory: directory),
      plan: NightPlan(salt: installation.id.description), clock: clock
    ) { log.write(.warning, $0) }
    let reconciliation = try await Self.reconciliation(
      ledger: ledger, registry: registry, verbs: verbs, pump: pump, clock: clock, log: log, seed: try Self.seed())
    sweeper = reconciliation.sweeper
    epoch = reconciliation.epoch
    let backend = Backend(
      pump: pump, registry: registry, vault: vault, verbs: verbs, directory: directory, consents: gate,
      watchers: watchers, pluginWatchers: pluginWatchers, logs: logs, recipes: recipes,
      recipeChecker: RecipeChecker(on: reactor), archive: archive,
      clock: clock, accounts: keeper, budgets: budgets, reconciliation: reconciliation,
      settings: Backend.Settings(
        version: Version.current, provisionDeadlineS: configuration.deadlines.provision,
        ledger: "\(configuration.state)/ledger.db", sendsMail: mail != nil,
        ledgerProblem: { [state = configuration.state] in
          guard ledger.isRestricted else { return nil }
          return "the disk that holds \(state) is full: nothing new is accepted, what is under way is finished; "
            + "make room on it"
        }))
    self.backend = backend
    handler = api(backend)
    engine = Mutex(
      try await Self.engine(
        ledger, registry, configuration, isConfirmed: await reconciliation.epoch.isConfirmed, at: clock.now()))
    Heap.giveBack()
  }

  /// Runs until SIGTERM or SIGINT. `ready` is called once the control API answers.
  package func run(ready: @escaping @Sendable () -> Void) async throws {
    let wake = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let signals = try Signals.watch(on: reactor) { [self] number in
      switch number {
      case SIGTERM, SIGINT:
        // A second one: whoever sends it does not want to wait, and the daemon may end at any moment.
        if isStopping.exchange(true, ordering: .relaxed) {
          log.write(.warning, "ending at once; what was under way is looked for at the next start")
          _exit(128 + number)
        }
        self.stop()
      case SIGHUP: wake.continuation.yield()
      default: break
      }
    }
    defer { signals.cancel() }
    let stop = AsyncStream<Void>.makeStream()
    stopping.withLock { $0 = { stop.continuation.finish() } }
    try Self.makeDirectory(Self.folder(of: configuration.socket))
    // Every file is known, though not yet loaded, before anyone can ask for a plugin.
    await router.scan()
    let server = try listen()
    await withTaskGroup(of: Void.self) { group in
      group.addTask { [pump, self] in
        guard let engine = engine.withLock({ $0.take() }) else { return }
        await pump.run(consume engine)
      }
      group.addTask { [keeper, reactor] in await keeper.keepVerifying { try await reactor.sleep(for: $0) } }
      group.addTask { [keeper] in await keeper.keepAdopting() }
      group.addTask { [offerings, reactor] in await offerings.keep { try await reactor.sleep(for: $0) } }
      group.addTask { [self] in await forgetThePast() }
      group.addTask { [notifier, epoch, reactor] in
        // A copy of a ledger may hold notices that were delivered long ago.
        await epoch.confirmed()
        guard !Task.isCancelled else { return }
        await notifier.run { try await reactor.sleep(for: $0) }
      }
      group.addTask { [sweeper, reactor] in await sweeper.keep { try await reactor.sleep(for: $0) } }
      group.addTask { [router, log] in
        for await _ in wake.stream {
          log.write(.info, "looking at all plugin files again")
          await router.rescan()
        }
      }
      ready()
      for await _ in stop.stream {}
      log.write(.info, "stopping")
      async let closed: Void = server.stop()
      await endCreates()
      await closed
      pump.stop()
      wake.continuation.finish()
      await router.stop()
      keeper.stop()
      await broker.close()
      group.cancelAll()
    }
    ledger.close()
    archive.close()
    logs.close()
  }

  private func listen() throws -> HTTPServer {
    do throws(SystemError) {
      return try HTTPServer(
        .unix(path: configuration.socket), on: reactor,
        options: HTTPServerOptions(refusal: { ControlAPI.refusal($0) }), handler: handler)
    } catch {
      let path = configuration.socket
      let other = "give this one a socket of its own: `slipway serve --socket PATH`"
      switch error.code {
      case EADDRINUSE:
        throw HostStartError(
          "the control socket \(path) is in use", expected: "a path on which nobody answers",
          found: "another process that does", remedy: "stop it, or \(other)", code: .conflict)
      case ENOTSOCK:
        throw HostStartError(
          "the control socket \(path) cannot be made", expected: "no file of that name, or a socket that nobody serves",
          found: "a file that is no socket; it was left as it is", remedy: "move it away, or \(other)", code: .conflict)
      case ENAMETOOLONG:
        throw HostStartError(
          "the control socket's path is too long: \(path)", expected: "at most 107 bytes",
          found: "\(path.utf8.count) bytes", remedy: "choose a shorter one: `slipway serve --socket PATH`",
          code: .badRequest)
      default:
        throw HostStartError(
          "the control socket \(path) cannot be made", expected: "to listen on a unix socket there",
          found: error.words, remedy: "check its folder's owner and mode, or \(other)", code: .notPermitted)
      }
    }
  }

  /// Ends `run`, as SIGTERM does.
  package func stop() { stopping.withLock { $0 }?() }

  /// Leaves nothing to resolve, as far as that is possible in time.
  private func endCreates() async {
    let most = configuration.deadlines.stop
    let left = await pump.end(patience: .seconds(most)) { [log] names in
      log.write(
        .info, "waiting up to \(most) s for \(names.joined(separator: ", ")); a second SIGTERM or SIGINT ends at once")
    }
    guard !left.isEmpty else { return }
    log.write(
      .warning,
      "after \(most) s still under way: \(left.joined(separator: ", ")); the next start looks for what it made")
  }

  /// Once a day, the first time an hour after the start.
  private func forgetThePast() async {
    var wait = Duration.seconds(3_600)
    while (try? await reactor.sleep(for: wait)) != nil {
      wait = .seconds(86_400)
      let live = await pump.read { engine in
        engine.machines.filter { !$0.resource.state.isFinal }.map(\.resource.id)
      }
      let age = Int64(configuration.archive.keepDays) * 86_400_000
      await archive.forget(before: Instant(ms: clock.now().ms - age), live: live)
      await logs.forget(before: Instant(ms: clock.now().ms - age))
    }
  }

  // MARK: Parts

  private static func installation(_ registry: Registry, _ seal: Seal, at now: Instant) async throws
    -> InstallationRecord
  {
    if let known = await registry.identity { return known }
    var random = Randomness(seed: try seed())
    let made = try Vault.newInstallation(id: random.id(at: now), seal: seal)
    try await registry.put(made)
    return made
  }

  private static func seed() throws -> UInt64 {
    try RandomBytes.make(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  private static func engine(
    _ ledger: SQLiteLedger, _ registry: Registry, _ configuration: Configuration, isConfirmed: Bool, at now: Instant
  ) async throws -> Engine {
    let records = try await CoreRecords.read(ledger)
    let accounts = await registry.allAccounts.map {
      AccountFacts(
        name: $0.name, plugin: $0.plugin, limits: $0.limits, identityHolds: false,
        guards: $0.guards ?? ResourceLimits())
    }
    var random = Randomness(seed: try seed())
    return Engine(
      boot: random.id(at: now), policy: Policy(configuration), seed: try seed(), records: records, accounts: accounts,
      isConfirmed: isConfirmed, at: now)
  }

  private static func router(
    _ configuration: Configuration, _ reactor: Reactor, _ crash: CrashPoints, _ log: HostLog, _ door: EventDoor,
    _ watchers: PluginWatchers
  ) throws -> PluginRouter {
    var plugins = PluginsConfiguration(
      folders: configuration.plugins, store: "\(configuration.state)/plugins",
      worker: .descriptor(try worker(configuration.worker)))
    plugins.optionalFolders = Set(configuration.builtInPlugins)
    plugins.trust = TrustFiles(configuration.trust)
    plugins.apply(configuration.reload)
    plugins.linesPerSecond = configuration.log.pluginLines
    plugins.pingAfter = .milliseconds(configuration.workers.pingAfterMs)
    plugins.pingGrace = .seconds(configuration.workers.pingGrace)
    plugins.mostWorkers = configuration.workers.most
    plugins.idle = .seconds(configuration.workers.idle)
    plugins.onStoreStep = { crash.pass($0) }
    plugins.libraries = configuration.libraries
    plugins.sandbox.isRequired = configuration.sandbox == "required"
    plugins.sandbox.direct = Set(configuration.directPlugins)
    plugins.sandbox.memoryMiB = configuration.workers.memoryMiB
    plugins.sandbox.groups = WorkerGroups.prepare()
    plugins.handshake = .seconds(configuration.workers.handshake)
    plugins.lateGrace = .seconds(configuration.workers.lateGrace)
    plugins.killGrace = .seconds(configuration.workers.killGrace)
    plugins.restart = RestartPolicy(configuration.workers)
    plugins.onFrame = { crash.pass($0 ? .frameOut : .frameIn) }

    return try PluginRouter(
      plugins, on: reactor,
      sinks: PluginSinks(
        log: { line in
          log.write(
            HostLog.Level(line.level), line.message,
            [
              "plugin": line.plugin, "fields": line.fields, "generation": line.generation.map { "\($0)" } ?? "",
              "pid": line.pid.map { "\($0)" } ?? "",
            ])
        }, lateReply: { door.late($0) }, status: { log.write($0) }, changed: { watchers.tell() },
        parked: { door.parked($0) }))
  }

  private static func libraryPath(_ configuration: Configuration) -> [String: String] {
    configuration.libraries.isEmpty ? [:] : ["LD_LIBRARY_PATH": configuration.libraries.joined(separator: ":")]
  }
}
