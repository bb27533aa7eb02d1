import System

// Workers: started, added where accounts wait, retired, and what follows when one ends.
extension PluginSupervisor {
  /// Starts a worker for an image.
  func start(_ image: PluginImage, _ generation: Int, _ lane: Worker.Lane) throws(SystemError) -> Worker {
    let worker = try Worker(
      image, direct: image.sha256 == directImage, environment.configuration, environment.reactor,
      generation: generation, lane: lane,
      onEvent: { [self] in take($0, $1) }, onLine: { [self] in captured($0, $1) }, onEnd: { [self] in ended($0, $1) })
    worker.owner = self
    return worker
  }

  /// Adds a worker to the generation that serves.
  func grow(_ lane: Worker.Lane) {
    guard let generation = current, stopping == nil else { return }
    do throws(SystemError) {
      generation.starting.append(try start(generation.image, generation.number, lane))
    } catch {
      log(3, "slipway-worker cannot be started: \(error)")
      rest("slipway-worker cannot be started: \(error)", servedSince: nil)
    }
  }

  /// A worker of the same image is ready.
  func joined(_ worker: Worker, _ ready: WorkerReady, _ generation: Generation) {
    generation.starting.removeAll { $0 === worker }
    guard generation === current, case .success(let manifest) = LoadCheck.accept(ready, file: file.path, expected: id),
      case .fits = LoadCheck.network(
        manifest.manifest, isDirect: worker.direct, policy: environment.configuration.sandbox)
    else {
      generation.leaving.append(worker)
      worker.leave()
      return
    }
    worker.servingSince = Clock.monotonic()
    generation.workers.append(worker)
    loadFailures[generation.image.sha256] = nil
    if worker.lane == .shared {
      enter(.serving)
      environment.decided(self)
    }
    pump()
    settleIdle(worker)
  }

  /// Ends a worker that was added for a busy time, when it has had nothing to do for a while.
  func settleIdle(_ worker: Worker) {
    guard let generation = current, generation.workers.contains(where: { $0 === worker }), worker.tickets.isEmpty else {
      return
    }
    let isSpare = worker.lane == .alone || generation.count(.shared) > 1
    guard isSpare else { return }
    worker.idle(for: environment.configuration.idle) { [self] in
      guard worker.tickets.isEmpty, let generation = current,
        worker.lane == .alone || generation.workers.count(where: { $0.lane == .shared }) > 1,
        generation.workers.contains(where: { $0 === worker })
      else { return }
      generation.workers.removeAll { $0 === worker }
      generation.leaving.append(worker)
      worker.leave()
    }
  }

  /// Gives a generation no more calls; it is over when those that it has are.
  func drain(_ generation: Generation) {
    draining.append(generation)
    generation.leaving += generation.workers + generation.starting
    (generation.workers, generation.starting) = ([], [])
    for worker in generation.leaving { settle(worker) }
    sweep()
  }

  /// Lets a worker that takes no more calls go as soon as it may.
  func settle(_ worker: Worker) {
    guard let generation = generation(of: worker), generation.leaving.contains(where: { $0 === worker }) else { return }
    if worker.tickets.isEmpty { return worker.leave() }
    if worker.condemned, worker.tickets.values.allSatisfy(\.isDecided) {
      worker.terminate(after: environment.configuration.lateGrace)
    }
  }

  /// A worker that holds an overdue call gets no more calls; another one starts.
  func condemn(_ worker: Worker, _ reason: String) {
    if worker.condemned { return settle(worker) }
    worker.condemned = true
    if let candidate, candidate.worker === worker {
      dismiss(candidate.image, candidate.version, "\(file.path): \(reason)", .load)
    } else if let generation = generation(of: worker), generation.workers.contains(where: { $0 === worker }) {
      generation.workers.removeAll { $0 === worker }
      generation.leaving.append(worker)
      generation.metrics.died()
      if generation === current, worker.lane == .shared {
        rest("\(file.path): \(reason)", servedSince: worker.servingSince)
      }
    }
    settle(worker)
  }

  func generation(of worker: Worker) -> Generation? {
    if let current, current.has(worker) { return current }
    return draining.first { $0.has(worker) }
  }

  private func ended(_ worker: Worker, _ end: WorkerEnd) {
    let reason = "\(file.path): \(end.reason)"
    let generation = generation(of: worker)
    let open = worker.tickets.sorted { $0.key < $1.key }.map(\.value)
    // The worker says which call it was; a plugin that lies there blames itself. Otherwise all that ran are suspects,
    // those among them that nobody waits for any more.
    let told = end.crash.flatMap { crash in open.first { $0.running?.wire == crash.call } }
    let calls = (told.map { [$0] } ?? open).map { $0.call.charge }
    if end.isCrash || end.fault != nil {
      lastEnd = PluginEnd(
        at: Clock.wall(), reason: end.detail, signal: end.signal, crash: end.crash, calls: open.map(\.call.verb.name))
    }
    worker.tickets = [:]
    for ticket in open {
      ticket.running = nil
      ticket.cancelTimer()
      ticket.stopRequests()
      if end.isCrash { generation?.metrics.crashed(ticket.call.verb) }
      ticket.decide(.crashed("\(reason) during \(ticket.call.verb.name)"))
    }
    if let candidate, candidate.worker === worker {
      let when = worker.ready == nil ? "while it started" : "while it was tested"
      self.candidate = nil
      candidate.examination?.cancel()
      dismiss(candidate.image, candidate.version, "\(reason) \(when)", .load)
    } else if let generation, generation.workers.contains(where: { $0 === worker }) {
      generation.workers.removeAll { $0 === worker }
      died(worker, generation, end, reason, calls)
    } else if let generation, generation.starting.contains(where: { $0 === worker }) {
      generation.starting.removeAll { $0 === worker }
      if generation === current { failedToLoad(generation, worker, "\(reason) while it started") }
    } else {
      loose.removeAll { $0 === worker }
      generation?.leaving.removeAll { $0 === worker }
      if end.fault != nil, end.isBlamed { log(2, reason, worker) }
    }
    sweep()
  }

  /// Forgets generations that are over.
  private func sweep() {
    let count = draining.count
    draining.removeAll(where: \.isOver)
    if draining.count != count {
      drained()
      environment.collect()
    }
    if everyone.isEmpty, let stopping {
      self.stopping = {}
      stopping()
    }
  }
}
