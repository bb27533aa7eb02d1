import Glibc
package import System

/// The front of all plugins: finds them, routes calls to them, shows them.
///
/// Lives on the reactor's thread; nothing that one plugin does makes a call to another wait. `PluginRouter+….swift` hold
/// what is called and what is steered.
package actor PluginRouter {
  let configuration: PluginsConfiguration
  let reactor: Reactor
  let files: Reactor
  let store: PluginStore
  let sinks: PluginSinks
  let quarantine: QuarantineBook
  var hooks = PluginHooks()
  var supervisors: [PluginSupervisor] = []
  /// Those that are gone but for calls that they finish.
  private var leavers: [PluginSupervisor] = []
  var owners: [String: PluginSupervisor] = [:]
  /// Calls to ids that a plugin may yet turn out to have.
  var parked: [UInt64: CallTicket] = [:]
  /// Calls without an outcome.
  var tickets: [UInt64: CallTicket] = [:]
  var nextTicket: UInt64 = 1
  private var nextOrder = 0
  var isStopping = false
  private var stored: StoredPlugins?
  private var watch: FolderWatch?
  private var looker: Task<Void, Never>?
  private var settling: [CheckedContinuation<Void, Never>] = []
  private var door: AsyncStream<Set<String>?>.Continuation?
  private var warned: Set<String> = []
  /// Installations under way, which may have put images into the store that nobody refers to yet.
  var installing = 0

  /// Runs on the reactor's thread.
  package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  /// Makes a router that knows no plugin yet.
  /// - Throws: `SystemError` where the thread for the disk cannot be started.
  package init(_ configuration: PluginsConfiguration, on reactor: Reactor, sinks: PluginSinks) throws(SystemError) {
    self.configuration = configuration
    self.reactor = reactor
    self.sinks = sinks
    files = try Reactor(name: "plugin-files")
    store = PluginStore(
      directory: configuration.store, trust: configuration.trust, onStep: configuration.onStoreStep)
    let log = sinks.log
    quarantine = QuarantineBook(store, files: files) {
      log(PluginLogLine(plugin: "", pid: nil, level: 2, message: $0, fields: "", tag: ""))
    }
  }

  /// Sets what the plugins' side asks of others; before `scan`.
  package func use(_ hooks: PluginHooks) { self.hooks = hooks }

  // MARK: Finding

  /// Looks through the folders and begins to start what is new there; returns without waiting for any plugin. The first
  /// time also what was stored is read, and from then on the folders are watched.
  package func scan() async {
    if stored == nil {
      let store = store
      let found = await onDisk { store.load() }
      if stored == nil {
        stored = found
        quarantine.adopt(found.quarantine)
        found.warnings.forEach(warn)
        begin()
      }
    }
    await look(at: nil, again: false)
  }

  /// Looks at everything again, as SIGHUP asks: new files, changed ones, those that are gone.
  package func rescan() async { await look(at: nil, again: true) }

  private func begin() {
    let (news, door) = AsyncStream<Set<String>?>.makeStream()
    // One look after the other; ends with the stream, which `stop` ends.
    looker = Task { for await paths in news { await look(at: paths, again: true) } }
    self.door = door
    let watch = FolderWatch(configuration.folders, quiet: configuration.quiet, on: reactor) { door.yield($0) }
    do throws(SystemError) {
      try watch.begin()
      self.watch = watch
    } catch {
      warn("the plugin folders cannot be watched: \(error); after a change send SIGHUP or use `slipway plugin reload`")
    }
  }

  /// - Parameters:
  ///   - paths: files that have changed; nil: any may have.
  ///   - again: whether files that are known are read again.
  private func look(at paths: Set<String>?, again: Bool) async {
    let (folders, optional) = (configuration.folders, configuration.optionalFolders)
    let found = await onDisk { PluginDiscovery.scan(folders, optional: optional) }
    if isStopping { return }
    for warning in found.warnings where warned.insert(warning).inserted { warn(warning) }
    let known = Dictionary(supervisors.map { ($0.file, $0) }) { first, _ in first }
    for file in found.files {
      if let supervisor = known[file] {
        if again, paths?.contains(file.path) ?? true { supervisor.refresh() }
      } else {
        add(file)
      }
    }
    let present = Set(found.files)
    for supervisor in supervisors where !present.contains(supervisor.file) { await withdraw(supervisor) }
    await recallMissing(present)
    decideParked()
    collect()
  }

  @discardableResult
  private func add(_ file: PluginFile) -> PluginSupervisor {
    nextOrder += 1
    // From now on the supervisor's own record is the one.
    let record = stored?.records.removeValue(forKey: file.path)
    let supervisor = PluginSupervisor(file, order: nextOrder, record: record, environment)
    supervisors.append(supervisor)
    sinks.changed()
    if supervisor.record.isDisabled { supervisor.settle(.disabled) } else { supervisor.refresh() }
    return supervisor
  }

  /// Files that are gone since the last start, whose plugin is needed: their stored images serve.
  private func recallMissing(_ present: Set<PluginFile>) async {
    guard let records = stored?.records else { return }
    for record in records.values.sorted(by: { $0.file.path < $1.file.path }) where !present.contains(record.file) {
      stored?.records[record.file.path] = nil
      guard let id = record.id, record.current != nil, !supervisors.contains(where: { $0.file == record.file }),
        await hooks.isNeeded(id), !isStopping
      else { continue }
      nextOrder += 1
      let supervisor = PluginSupervisor(record.file, order: nextOrder, record: record, environment)
      supervisors.append(supervisor)
      supervisor.withdraw(isNeeded: true) {}
    }
  }

  private func withdraw(_ supervisor: PluginSupervisor) async {
    var isNeeded = false
    if let id = supervisor.id { isNeeded = await hooks.isNeeded(id) }
    guard !isStopping, supervisors.contains(where: { $0 === supervisor }) else { return }
    supervisor.withdraw(isNeeded: isNeeded) {}
    if !isNeeded { drop(supervisor) }
  }

  private func drop(_ supervisor: PluginSupervisor) {
    supervisors.removeAll { $0 === supervisor }
    for (id, owner) in owners where owner === supervisor { owners[id] = nil }
    leavers.removeAll { $0.everyone.isEmpty }
    if !supervisor.everyone.isEmpty { leavers.append(supervisor) }
    sinks.changed()
  }

  private var environment: SupervisorEnvironment {
    SupervisorEnvironment(
      configuration: configuration, reactor: reactor, files: files, store: store, quarantine: quarantine, sinks: sinks,
      hooks: hooks,
      // Supervisors call on the loop thread, which is this actor's.
      claim: { supervisor, id in self.assumeIsolated { $0.claim(supervisor, id) } },
      take: { supervisor, id in self.assumeIsolated { $0.take(supervisor, id) } },
      decided: { supervisor in self.assumeIsolated { $0.decided(supervisor) } },
      collect: { self.assumeIsolated { $0.collect() } },
      trial: { worker, call, http in await self.trial(worker, call, http) })
  }

  private func claim(_ supervisor: PluginSupervisor, _ id: String) -> String? {
    guard let owner = owners[id], owner !== supervisor else {
      owners[id] = supervisor
      return nil
    }
    // Without a file there is nothing to change any more: another file of that id is its successor, once it serves.
    if !owner.isFilePresent { return nil }
    // The running one wins, except while the first scan is still starting: then folder order and name decide.
    if owner.order < supervisor.order || supervisor.wasDecided || !isSettling { return owner.file.path }
    owners[id] = supervisor
    owner.yield(to: supervisor)
    return nil
  }

  private func take(_ supervisor: PluginSupervisor, _ id: String) {
    guard let owner = owners[id], owner !== supervisor else { return }
    owners[id] = supervisor
    owner.yield(to: supervisor)
    drop(owner)
    let (store, file) = (store, owner.file)
    files.submit { store.forget(file) }
  }

  var isSettling: Bool { supervisors.contains(where: \.isUndecided) }

  /// Waits until the first start of every file that was found is decided: it serves, or says why not.
  package func settled() async {
    guard isSettling, !isStopping else { return }
    await withCheckedContinuation { settling.append($0) }
  }

  private func tellSettled() {
    guard !isSettling || isStopping else { return }
    for waiting in settling { waiting.resume() }
    settling = []
  }

  private func decided(_ supervisor: PluginSupervisor) {
    supervisor.wasDecided = true
    tellSettled()
    if case .refused = supervisor.state {
      for (id, owner) in owners where owner === supervisor { owners[id] = nil }
    }
    decideParked()
  }

  /// Removes images that nothing refers to.
  private func collect() {
    // A file that is being taken in is in the store before anyone can refer to it.
    let isReading = (supervisors + leavers).contains { $0.turn.phase == .reading || $0.turn.phase == .readingOld }
    if isReading || installing > 0 || isStopping || stored == nil { return }
    var kept = Set(quarantine.entries.keys)
    for supervisor in supervisors + leavers { kept.formUnion(supervisor.images) }
    for record in stored?.records.values.map(\.self) ?? [] {
      kept.formUnion([record.current, record.previous].compactMap(\.self))
    }
    let store = store
    files.submit { [kept] in store.collect(keeping: kept) }
  }

  // MARK: The end

  /// Ends all workers and returns when the last one is reaped. Waiting calls are told that nobody serves;
  /// running ones, that their worker is gone.
  package func stop() async {
    if isStopping { return }
    isStopping = true
    tellSettled()
    watch?.cancel()
    door?.finish()
    for (_, ticket) in parked { ticket.decide(.notServing("the host is stopping")) }
    parked = [:]
    let everyone = supervisors + leavers.filter { $0.stopping == nil }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      var left = everyone.count
      if left == 0 { return continuation.resume() }
      for supervisor in everyone {
        supervisor.stop {
          left -= 1
          if left == 0 { continuation.resume() }
        }
      }
    }
    await looker?.value
    files.stop()
  }

  func warn(_ text: String) {
    sinks.log(PluginLogLine(plugin: "", pid: nil, level: 2, message: text, fields: "", tag: ""))
  }

  /// Does something on the thread for the disk.
  func onDisk<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value {
    let files = files
    return await withCheckedContinuation { continuation in
      files.submit { continuation.resume(returning: work()) }
    }
  }
}
