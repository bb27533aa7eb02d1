import PluginMessages
import System

/// One plugin file and what runs of it: reads the file, starts workers, replaces dead ones, gives them calls.
///
/// At most one worker takes calls (`current`) and one is starting; retiring ones finish what they have.
/// `@unchecked Sendable`: confined to the loop thread; every method is called there.
final class PluginSupervisor: @unchecked Sendable {
  let file: PluginFile
  /// Place of the file among all, for who wins where two have one id.
  let order: Int
  let environment: SupervisorEnvironment

  /// The id that the plugin told, once it did.
  var id: String?
  var checked: CheckedManifest?
  var current: Worker?
  var starting: Worker?
  var retiring: [Worker] = []
  var queue = CallQueue<CallTicket>()
  var state = PluginState.starting
  var since = Clock.wall()
  var generation = 0
  /// The image that served last: what a restart falls back to when the file has become no plugin.
  var good: PluginImage?
  /// SHA-256 of an image that was refused while `good` could serve.
  var rejected: String?
  var record = RestartRecord()
  var reloadFault: String?
  /// Waits for the end of a reload.
  var reloading: [(PluginStatus) -> Void] = []
  var fetching = false
  var fetchAgain = false
  var backoff: ReactorTimer?
  var budget = LineBudget()
  var stopping: (() -> Void)?

  init(_ file: PluginFile, order: Int, _ environment: SupervisorEnvironment) {
    self.file = file
    self.order = order
    self.environment = environment
  }

  /// What people call it.
  var name: String { id ?? file.stem }

  /// Whether its first start is not decided yet, so that its id may turn out to be any.
  var isUndecided: Bool { id == nil && state == .starting }

  var status: PluginStatus {
    let worker = current ?? starting
    return PluginStatus(
      id: name, name: checked?.manifest.name ?? file.name, version: checked?.manifest.version ?? "",
      file: file.path, sha256: worker?.image.sha256 ?? good?.sha256 ?? "", state: state, pid: worker?.child.pid,
      generation: generation, restarts: record.total, since: since,
      abi: worker?.ready.map { "\($0.chosen)" } ?? "", enforced: WorkerHello.names(enforced: worker?.enforced ?? 0),
      manifest: checked?.manifest,
      inFlight: (retiring + [current].compactMap { $0 }).reduce(0) { $0 + $1.tickets.count },
      waiting: queue.count, reloadFault: reloadFault)
  }

  func enter(_ next: PluginState) {
    if next == state { return }
    state = next
    since = Clock.wall()
    environment.sinks.status(status)
  }

  func log(_ level: UInt8, _ message: String, pid: Int32? = nil) {
    environment.sinks.log(
      PluginLogLine(
        plugin: name, pid: pid, level: level, message: PlainText.line(message, limit: 4096), fields: "", tag: ""))
  }

  // MARK: Reading the file

  /// Reads the file and starts a worker from it; also for a reload, while another worker serves.
  func fetch() {
    if stopping != nil { return }
    backoff?.cancel()
    backoff = nil
    if fetching {
      fetchAgain = true
      return
    }
    fetching = true
    if current == nil { enter(.starting) }
    let (store, file, reactor) = (environment.store, file, environment.reactor)
    environment.files.submit { [self] in
      let result = Result { () throws(PluginStoreFault) in try store.admit(file) }
      reactor.submit { [self] in fetched(result) }
    }
  }

  private func fetched(_ result: Result<PluginImage, PluginStoreFault>) {
    fetching = false
    if stopping != nil { return }
    if fetchAgain {
      fetchAgain = false
      return fetch()
    }
    switch result {
    case .success(let image) where image.sha256 != rejected || good == nil || !reloading.isEmpty: launch(image)
    case .success: if let good { launch(good) }
    case .failure(let fault): unusable(fault.description, sha256: nil)
    }
  }

  /// The file cannot serve: goes back to the image that could, or gives up until a reload.
  func unusable(_ reason: String, sha256: String?) {
    log(3, reason)
    rejected = sha256
    if let current {
      reloadFault = reason
      log(2, "the running image \(current.image.sha256.prefix(12)) goes on serving", pid: current.child.pid)
    } else if let good, good.sha256 != sha256 {
      reloadFault = reason
      log(2, "going back to image \(good.sha256.prefix(12)), which served before")
      return launch(good)
    } else {
      refuse(reason)
    }
    endReload()
  }

  func refuse(_ reason: String) {
    enter(.refused(reason: reason))
    while let ticket = queue.next() { ticket.decide(.notServing(reason)) }
    endReload()
    environment.decided(self)
  }

  func endReload() {
    let waiting = reloading
    reloading = []
    for answer in waiting { answer(status) }
  }

  // MARK: Workers

  private func launch(_ image: PluginImage) {
    // A start under way is of an older image, or of this one; the newest word wins.
    if let old = starting {
      starting = nil
      old.kill(because: "was replaced while it started")
    }
    do throws(SystemError) {
      starting = try Worker(
        image, environment.configuration, environment.reactor,
        onEvent: { [self] in take($0, $1) }, onLine: { [self] in captured($0, $1) },
        onEnd: { [self] in ended($0, $1) })
    } catch {
      log(3, "slipway-worker cannot be started: \(error)")
      died(reason: "slipway-worker cannot be started: \(error)", servedSince: nil)
    }
  }

  /// The starting worker's plugin is loaded.
  func loaded(_ worker: Worker, _ ready: WorkerReady) {
    worker.loaded()
    worker.ready = ready
    switch LoadCheck.accept(ready, file: file.path, expected: id) {
    case .failure(let refusal): turnAway(worker, refusal.text)
    case .success(let manifest):
      if let other = environment.claim(self, ready.id) {
        return turnAway(
          worker,
          "\(file.path) (plugin \(ready.id) \(ready.version)): \(other) has the same id and serves; remove one of the two"
        )
      }
      serve(worker, manifest)
    }
  }

  func turnAway(_ worker: Worker, _ reason: String) {
    starting = nil
    retire(worker)
    unusable(reason, sha256: worker.image.sha256)
  }

  private func serve(_ worker: Worker, _ manifest: CheckedManifest) {
    id = manifest.manifest.id
    checked = manifest
    if good?.sha256 != worker.image.sha256 { generation += 1 }
    if worker.image != good || rejected == nil {
      rejected = nil
      reloadFault = nil
    }
    good = worker.image
    starting = nil
    let old = current
    current = worker
    worker.servingSince = Clock.monotonic()
    if let old { retire(old) }
    log(1, "\(manifest.manifest.version) serves, image \(worker.image.sha256.prefix(12))", pid: worker.child.pid)
    enter(.serving)
    if old != nil { environment.sinks.status(status) }
    endReload()
    environment.decided(self)
    pump()
  }

  /// Gives a worker no more calls; it ends when those that it has are over.
  func retire(_ worker: Worker) {
    retiring.append(worker)
    settle(worker)
  }

  func settle(_ worker: Worker) {
    guard retiring.contains(where: { $0 === worker }) else { return }
    if worker.tickets.isEmpty { return worker.leave() }
    if worker.condemned, worker.tickets.values.allSatisfy(\.isDecided) {
      worker.terminate(after: environment.configuration.lateGrace)
    }
  }

  private func ended(_ worker: Worker, _ end: WorkerEnd) {
    let reason = "\(file.path): \(end.reason)"
    for (_, ticket) in worker.tickets.sorted(by: { $0.key < $1.key }) {
      ticket.running = nil
      ticket.cancelTimer()
      ticket.stopRequests()
      ticket.decide(.crashed("\(reason) during \(ticket.call.verb.name)"))
    }
    worker.tickets = [:]
    if worker === starting {
      starting = nil
      log(3, "\(reason) while it started", pid: worker.child.pid)
      died(reason: "\(reason) while it started", servedSince: nil)
    } else if worker === current {
      current = nil
      log(3, reason, pid: worker.child.pid)
      died(reason: reason, servedSince: worker.servingSince)
    } else {
      retiring.removeAll { $0 === worker }
      if end.fault != nil { log(2, reason, pid: worker.child.pid) }
    }
    if current == nil, starting == nil, retiring.isEmpty, let stopping {
      self.stopping = {}
      stopping()
    }
  }

  /// Plans the next start after a death or a condemnation.
  func died(reason: String, servedSince: UInt64?) {
    let now = Clock.monotonic()
    let policy = environment.configuration.restart
    record.died(at: now, servedSince: servedSince, policy: policy)
    if !reloading.isEmpty || current != nil {
      reloadFault = reason
      endReload()
    }
    if stopping != nil || current != nil { return }
    if starting != nil || fetching { return enter(.starting) }
    let until = now &+ policy.delay(deaths: record.deaths, now: now, jitter: Double.random(in: 0...1))
    enter(.backoff(until: until, reason: reason))
    backoff = environment.reactor.schedule(at: until) { [self] in fetch() }
    if until &- now > environment.configuration.patience.nanoseconds {
      while let ticket = queue.next() { ticket.decide(.notServing(reason)) }
      environment.decided(self)
    }
  }

  // MARK: Commands

  /// Reads the file again and serves it; `answer` gets the status once that is decided.
  func reload(_ answer: @escaping (PluginStatus) -> Void) {
    if stopping != nil { return answer(status) }
    reloading.append(answer)
    rejected = nil
    reloadFault = nil
    record.forgive()
    fetch()
  }

  /// Ends everything; `done` is called when the last worker is reaped.
  func stop(_ done: @escaping () -> Void) {
    backoff?.cancel()
    enter(.stopped)
    while let ticket = queue.next() { ticket.decide(.notServing("the host is stopping")) }
    endReload()
    let workers = retiring + [current, starting].compactMap { $0 }
    if workers.isEmpty {
      stopping = {}
      return done()
    }
    stopping = done
    for worker in workers { worker.leave() }
  }

  /// Steps back for another file with the same id.
  func yield(to other: String) {
    backoff?.cancel()
    for worker in [current, starting].compactMap({ $0 }) { retire(worker) }
    (current, starting) = (nil, nil)
    let reason = "\(file.path): \(other) comes first and has the same id \(name); remove one of the two"
    log(2, reason)
    id = nil
    good = nil
    refuse(reason)
  }
}

/// What all supervisors of a host share.
struct SupervisorEnvironment: Sendable {
  let configuration: PluginsConfiguration
  let reactor: Reactor
  /// A thread of its own for the disk.
  let files: Reactor
  let store: PluginStore
  let sinks: PluginSinks
  /// Asks for an id; nil where it is granted, else the path of the file that has it.
  let claim: @Sendable (PluginSupervisor, String) -> String?
  /// A supervisor has come to serve, to be refused, or to wait long.
  let decided: @Sendable (PluginSupervisor) -> Void
}
