package import System

/// The front of all plugins: finds them, routes calls to them, shows them.
///
/// Lives on the reactor's thread; nothing that one plugin does makes a call to another wait.
package actor PluginRouter {
  private let configuration: PluginsConfiguration
  private let reactor: Reactor
  private let files: Reactor
  private let sinks: PluginSinks
  private var supervisors: [PluginSupervisor] = []
  private var owners: [String: PluginSupervisor] = [:]
  /// Calls to ids that a plugin may yet turn out to have.
  private var parked: [UInt64: CallTicket] = [:]
  /// Calls without an outcome.
  private var tickets: [UInt64: CallTicket] = [:]
  private var nextTicket: UInt64 = 1
  private var nextOrder = 0
  private var isStopping = false

  /// Runs on the reactor's thread.
  package nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  /// Makes a router that knows no plugin yet.
  /// - Throws: `SystemError` where the thread for the disk cannot be started.
  package init(_ configuration: PluginsConfiguration, on reactor: Reactor, sinks: PluginSinks) throws(SystemError) {
    self.configuration = configuration
    self.reactor = reactor
    self.sinks = sinks
    files = try Reactor(name: "plugin-files")
  }

  // MARK: Finding

  /// Looks through the folders and begins to start what is new there; returns without waiting for any plugin.
  ///
  /// Files that are known already are left as they are: `reload` is for those.
  package func scan() async {
    let (folders, files) = (configuration.folders, files)
    let found = await withCheckedContinuation { continuation in
      files.submit { continuation.resume(returning: PluginDiscovery.scan(folders)) }
    }
    if isStopping { return }
    for warning in found.warnings {
      sinks.log(PluginLogLine(plugin: "", pid: nil, level: 2, message: warning, fields: "", tag: ""))
    }
    let known = Set(supervisors.map(\.file))
    let new = found.files.filter { !known.contains($0) }.map { file in
      nextOrder += 1
      return PluginSupervisor(file, order: nextOrder, environment)
    }
    supervisors += new
    for supervisor in new { supervisor.fetch() }
    decideParked()
  }

  private var environment: SupervisorEnvironment {
    SupervisorEnvironment(
      configuration: configuration, reactor: reactor, files: files, store: PluginStore(directory: configuration.store),
      sinks: sinks,
      // Supervisors call on the loop thread, which is this actor's.
      claim: { supervisor, id in self.assumeIsolated { $0.claim(supervisor, id) } },
      decided: { supervisor in self.assumeIsolated { $0.decided(supervisor) } })
  }

  private func claim(_ supervisor: PluginSupervisor, _ id: String) -> String? {
    guard let owner = owners[id], owner !== supervisor else {
      owners[id] = supervisor
      return nil
    }
    // The running one wins, except while the first scan is still starting: then folder order and name decide.
    if owner.order < supervisor.order || supervisor.id != nil || !isSettling { return owner.file.path }
    owners[id] = supervisor
    owner.yield(to: supervisor.file.path)
    return nil
  }

  private var isSettling: Bool { supervisors.contains(where: \.isUndecided) }

  private func decided(_ supervisor: PluginSupervisor) {
    if case .refused = supervisor.state {
      for (id, owner) in owners where owner === supervisor { owners[id] = nil }
    }
    decideParked()
  }

  // MARK: Calling

  /// Calls a plugin and waits for the outcome; every call gets one by its deadline.
  ///
  /// A cancelled task gets `cancelled` at once; the plugin is told, and what it still answers is a late reply.
  /// - Parameters:
  ///   - http: performs the HTTP requests that the plugin makes in this call.
  ///   - progress: called on the loop thread.
  package func call(
    _ call: PluginCall, http: @escaping PluginHTTPDelegate,
    progress: @escaping @Sendable (CallProgress) -> Void = { _ in }
  ) async -> CallOutcome {
    let id = nextTicket
    nextTicket += 1
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let ticket = CallTicket(id: id, call, http: http, progress: progress) { outcome in
          self.tickets[id] = nil
          continuation.resume(returning: outcome)
        }
        begin(ticket)
      }
    } onCancel: {
      reactor.submit { self.assumeIsolated { $0.cancel(id) } }
    }
  }

  private func begin(_ ticket: CallTicket) {
    let call = ticket.call
    if Task.isCancelled { return _ = ticket.decide(.cancelled(sent: false)) }
    if call.payload.count > WireLimits.message - 64 {
      let size = call.payload.count
      return _ = ticket.decide(.notServing("a request of \(size) bytes; at most \(WireLimits.message - 64) are sent"))
    }
    if call.deadline <= Clock.monotonic() {
      return _ = ticket.decide(.notServing("the call's time had run out before it began"))
    }
    tickets[ticket.id] = ticket
    let id = ticket.id
    ticket.timer = reactor.schedule(at: call.deadline) { [weak ticket] in
      guard let ticket else { return }
      self.assumeIsolated { $0.expire(ticket) }
    }
    if let owner = owners[call.plugin] {
      owner.submit(ticket)
    } else if isSettling {
      parked[id] = ticket
    } else {
      ticket.decide(.notServing(unknown(call.plugin)))
    }
  }

  private func expire(_ ticket: CallTicket) {
    ticket.timer = nil
    if let (worker, _) = ticket.running, let owner = supervisors.first(where: { $0.file == worker.image.file }) {
      return owner.expire(ticket)
    }
    if parked.removeValue(forKey: ticket.id) != nil {
      ticket.decide(.notServing(unknown(ticket.call.plugin)))
      return
    }
    for supervisor in supervisors { _ = supervisor.queue.remove(ticket.id) }
    let state = owners[ticket.call.plugin].map { "\($0.state.name)" } ?? "gone"
    ticket.decide(.notServing("\(ticket.call.plugin): the call's time ran out while it waited (plugin \(state))"))
  }

  private func cancel(_ id: UInt64) {
    guard let ticket = tickets[id] else { return }
    if let (worker, _) = ticket.running {
      supervisors.first { $0.file == worker.image.file }?.cancel(ticket)
      return
    }
    parked[id] = nil
    for supervisor in supervisors { _ = supervisor.queue.remove(id) }
    ticket.decide(.cancelled(sent: false))
  }

  private func decideParked() {
    for (id, ticket) in parked.sorted(by: { $0.key < $1.key }) {
      if let owner = owners[ticket.call.plugin] {
        parked[id] = nil
        owner.submit(ticket)
      } else if !isSettling {
        parked[id] = nil
        ticket.decide(.notServing(unknown(ticket.call.plugin)))
      }
    }
  }

  private func unknown(_ id: String) -> String {
    let refused = supervisors.first { $0.name == id }?.state.reason
    if let refused { return refused }
    let known = owners.keys.sorted().joined(separator: ", ")
    return "no plugin has the id \"\(PlainText.line(id, limit: 64))\"; loaded: \(known.isEmpty ? "none" : known); "
      + "looked in \(configuration.folders.joined(separator: ", "))"
  }

  // MARK: Looking and steering

  /// All plugins, in order of precedence.
  package func statuses() -> [PluginStatus] { supervisors.map(\.status) }

  /// The plugin of that id, or of that file's stem where none has the id; nil where there is none.
  package func status(_ id: String) -> PluginStatus? { supervisor(id)?.status }

  /// The manifest and schemas of a plugin that serves or has served; nil before.
  package func manifest(_ id: String) -> CheckedManifest? { owners[id]?.checked }

  /// Reads the plugin's file again and serves it with a new worker; the old one goes on until that one is ready,
  /// and for good when it is refused. Returns once that is decided; nil where there is no such plugin.
  package func reload(_ id: String) async -> PluginStatus? {
    guard let supervisor = supervisor(id) else { return nil }
    return await withCheckedContinuation { continuation in
      supervisor.reload { continuation.resume(returning: $0) }
    }
  }

  /// Ends all workers and returns when the last one is reaped. Waiting calls are told that nobody serves;
  /// running ones, that their worker is gone.
  package func stop() async {
    if isStopping { return }
    isStopping = true
    for (_, ticket) in parked { ticket.decide(.notServing("the host is stopping")) }
    parked = [:]
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      var left = supervisors.count
      if left == 0 { return continuation.resume() }
      for supervisor in supervisors {
        supervisor.stop {
          left -= 1
          if left == 0 { continuation.resume() }
        }
      }
    }
    files.stop()
  }

  private func supervisor(_ id: String) -> PluginSupervisor? {
    owners[id] ?? supervisors.first { $0.name == id || $0.file.name == id }
  }
}
