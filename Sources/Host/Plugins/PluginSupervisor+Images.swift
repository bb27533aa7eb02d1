import PluginMessages
import System

// From a file to a generation that serves.
extension PluginSupervisor {
  // MARK: Reading the file

  /// Reads the file and serves what is in it, unless that serves already; a newer file takes an older one's place.
  func refresh() {
    if stopping != nil || record.isDisabled { return }
    let most = environment.configuration.mostDraining
    guard turn.ask(draining: current == nil ? 0 : draining.count, most: most) else { return }
    read()
  }

  private func read() {
    backoff?.cancel()
    backoff = nil
    abandonCandidate()
    // What was decided on a file stands until another decision, so that each is told once.
    if current == nil, !state.isStanding { enter(.starting) }
    let (store, file, reactor) = (environment.store, file, environment.reactor)
    environment.files.submit { [self] in
      let result = Result { () throws(PluginStoreFault) in try store.admit(file) }
      reactor.submit { [self] in fetched(result) }
    }
  }

  private func fetched(_ result: Result<PluginImage, PluginStoreFault>) {
    if stopping != nil || record.isDisabled { return endTurn() }
    if turn.read() { return read() }
    tried = []
    switch result {
    case .success(let image): consider(image)
    case .failure(let problem):
      let unfinished = problem.kind == .unfinished
      fileImage = nil
      if problem.kind == .gone { isFilePresent = false }
      // A file that is being written is no fault of the image that serves, unless the operator asked for it.
      if current == nil || !unfinished || isForced { fault = PluginFault(reason: problem.description) }
      isForced = false
      if current != nil {
        if !unfinished { logKept(problem.description) }
        endTurn()
      } else if let next = record.next(file: nil, barred: isBarred, tried: tried) {
        recall(next)
      } else if unfinished {
        settle(.incomplete(reason: problem.description))
      } else {
        settle(.refused(reason: problem.description))
      }
    }
  }

  private func consider(_ image: PluginImage) {
    isFilePresent = true
    fileImage = image
    let forced = isForced
    isForced = false
    if forced, record.setAside.removeValue(forKey: image.sha256) != nil { save() }
    if let current, current.image.sha256 == image.sha256, !forced {
      fault = nil
      return endTurn()
    }
    if let reason = record.setAside[image.sha256] ?? environment.quarantine.entries[image.sha256]?.reason {
      fault = PluginFault(sha256: image.sha256, reason: reason)
      if current != nil { return endTurn() }
      return startNext(orElse: .quarantined(reason: reason))
    }
    // The image that served last was accepted then; only another one is examined.
    let isKnown = image.sha256 == (current?.image.sha256 ?? record.current)
    launch(image, isExamined: !isKnown)
  }

  /// Starts the next image that may serve in place of the file's; stands still in that state where there is none.
  func startNext(orElse state: PluginState) {
    guard let next = record.next(file: fileImage?.sha256, barred: isBarred, tried: tried) else { return settle(state) }
    log(2, "going back to image \(next.prefix(12)), which served before")
    recall(next)
  }

  /// Loads a stored image, which was accepted when it served.
  func recall(_ sha256: String) {
    turn.recall()
    let (store, file, reactor) = (environment.store, file, environment.reactor)
    environment.files.submit { [self] in
      let result = Result { () throws(PluginStoreFault) in try store.recall(file, sha256) }
      reactor.submit { [self] in
        // Meanwhile something newer may have begun.
        guard stopping == nil, !record.isDisabled, turn.phase == .loading, candidate == nil else { return }
        switch result {
        case .success(let image): launch(image, isExamined: false)
        case .failure(let problem):
          tried.insert(sha256)
          log(3, problem.description)
          if let current, record.setAside.removeValue(forKey: current.image.sha256) != nil { save() }
          current == nil ? startNext(orElse: .refused(reason: problem.description)) : endTurn()
        }
      }
    }
  }

  // MARK: The candidate

  private func launch(_ image: PluginImage, isExamined: Bool) {
    abandonCandidate()
    if current == nil { enter(.starting) }
    do throws(SystemError) {
      candidate = Candidate(try start(image, generations + 1, .shared), image, isExamined: isExamined)
    } catch {
      dismiss(image, nil, "slipway-worker cannot be started: \(error)", .load)
    }
  }

  /// Gives the candidate up for something newer.
  func abandonCandidate() {
    guard let old = candidate else { return }
    candidate = nil
    old.examination?.cancel()
    loose.append(old.worker)
    old.worker.kill(because: "was replaced while it started", isBlamed: false)
  }

  /// The candidate's plugin is loaded.
  func loaded(_ candidate: Candidate, _ ready: WorkerReady) {
    let (worker, image) = (candidate.worker, candidate.image)
    candidate.version = ready.version
    switch LoadCheck.accept(ready, file: file.path, expected: id) {
    case .failure(let refusal): return turnAway(candidate, refusal.text)
    case .success(let manifest):
      worker.checked = manifest
      let name = "\(file.path) (plugin \(ready.id) \(ready.version))"
      let policy = environment.configuration.sandbox
      switch LoadCheck.network(manifest.manifest, isDirect: worker.direct, policy: policy) {
      case .refused(let reason): return turnAway(candidate, "\(name): \(reason)")
      case .again:
        // It was looked at without any network; now that it is known, it gets what the operator allows it.
        directImage = image.sha256
        self.candidate = nil
        loose.append(worker)
        worker.leave()
        return launch(image, isExamined: candidate.isExamined)
      case .fits: break
      }
      if let ids = image.ids, !ids.contains(ready.id) {
        return turnAway(
          candidate, "\(name): its SHA-256 is pinned for \(ids.sorted().joined(separator: ", ")); correct the pin")
      }
      if let other = environment.claim(self, ready.id) {
        return turnAway(candidate, "\(name): \(other) has the same id and serves; remove one of the two")
      }
      toldID = ready.id
      guard candidate.isExamined else { return serve(candidate, manifest) }
      examine(
        candidate,
        PluginCandidate(
          id: ready.id, sha256: image.sha256, manifest: manifest, hasPredecessor: current != nil,
          isReplaceable: current != nil || hasAnother(than: image.sha256),
          call: { [trial = environment.trial] in await trial(worker, $0, $1) }))
    }
  }

  private func hasAnother(than sha256: String) -> Bool {
    record.next(file: nil, barred: isBarred, tried: tried.union([sha256])) != nil
  }

  private func examine(_ candidate: Candidate, _ subject: PluginCandidate) {
    let (gate, reactor) = (environment.hooks.gate, environment.reactor)
    // Owned by the candidate, and cancelled with it.
    candidate.examination = Task { [self] in
      let verdict = await gate(subject)
      reactor.submit { [self] in
        guard self.candidate === candidate, stopping == nil else { return }
        switch verdict {
        case .accepted: serve(candidate, subject.manifest)
        case .needsApproval(let asks):
          dismiss(
            candidate.image, candidate.version,
            "\(file.path): version \(subject.manifest.manifest.version) asks for more than was approved: "
              + "\(asks.joined(separator: "; ")); see `slipway plugin approve \(subject.id)`", .approval(asks))
        case .rejected(let reason):
          turnDown(candidate, "\(file.path): \(reason)")
        }
      }
    }
  }

  /// Others object to the candidate. Where another image serves instead, that stands across restarts.
  private func turnDown(_ candidate: Candidate, _ reason: String) {
    var reason = reason
    if let known = record.current, known != candidate.image.sha256 {
      reason += "; `slipway plugin reload \(name)` tries it again"
      record.setAside[candidate.image.sha256] = reason
      save()
    }
    dismiss(candidate.image, candidate.version, reason, .refusal)
  }

  /// The candidate may not serve; its worker leaves by itself.
  func turnAway(_ candidate: Candidate, _ reason: String) {
    dismiss(candidate.image, candidate.version, reason, .refusal)
  }

  /// Why an image does not come to serve.
  enum Dismissal {
    /// It cannot work here.
    case refusal
    /// It crashed or was too slow.
    case load
    /// It asks for more than was approved.
    case approval([String])
  }

  /// An image does not come to serve: what serves goes on, or what served before comes back.
  func dismiss(_ image: PluginImage, _ version: String?, _ reason: String, _ kind: Dismissal) {
    if let worker = candidate?.worker {
      candidate?.examination?.cancel()
      candidate = nil
      loose.append(worker)
      worker.leave()
    }
    fault = PluginFault(sha256: image.sha256, version: version, reason: reason)
    if case .approval(let asks) = kind { fault?.asks = asks }
    tried.insert(image.sha256)
    if case .load = kind { loadFailures[image.sha256, default: 0] += 1 }
    if let current {
      // It was to be rolled back, and serves on.
      if record.setAside.removeValue(forKey: current.image.sha256) != nil { save() }
      logKept(reason)
      return endTurn()
    }
    if record.next(file: fileImage?.sha256, barred: isBarred, tried: tried) != nil { log(3, reason) }
    switch kind {
    case .refusal: startNext(orElse: .refused(reason: reason))
    case .approval: startNext(orElse: .needsApproval(reason: reason))
    case .load:
      if loadFailures[image.sha256, default: 0] >= environment.configuration.quarantineLoads {
        return quarantine(
          image.sha256, "\(reason), \(loadFailures[image.sha256, default: 0]) times in a row", end: reason, [])
      }
      guard let next = record.next(file: fileImage?.sha256, barred: isBarred, tried: tried) else {
        endTurn()
        return rest(reason, servedSince: nil)
      }
      recall(next)
    }
  }

  private func logKept(_ reason: String) {
    log(3, reason)
    if let current { log(2, "the running image \(current.image.sha256.prefix(12)) goes on serving") }
  }

  // MARK: Serving

  /// The switch: from here on every call goes to the new generation; the old one finishes what it has.
  private func serve(_ candidate: Candidate, _ manifest: CheckedManifest) {
    let (worker, image) = (candidate.worker, candidate.image)
    self.candidate = nil
    id = manifest.manifest.id
    checked = manifest
    generations += 1
    let next = Generation(generations, image, manifest, abi: worker.ready?.chosen)
    let isNew = record.current != image.sha256
    let hadOne = record.current != nil
    if isNew || record.id != id {
      record.id = id
      record.switched(to: image.sha256)
      save()
    }
    if isNew { charges.forgive() }
    // An image that is brought back is not on probation: there may be nothing left to go back to.
    if isNew, hadOne, candidate.isExamined {
      next.probationUntil = Clock.monotonic() &+ environment.configuration.probation.nanoseconds
    }
    if fileImage?.sha256 == image.sha256 { fault = nil }
    loadFailures[image.sha256] = nil
    tried = []
    worker.servingSince = Clock.monotonic()
    next.workers = [worker]
    let old = current
    current = next
    environment.take(self, manifest.manifest.id)
    if let old { drain(old) }
    environment.hooks.serves(manifest.manifest)
    let spent = worker.readyAt.map { ", ready after \(($0 &- worker.startedAt) / 100_000 * 100) us" } ?? ""
    log(1, "\(manifest.manifest.version) serves, image \(image.sha256.prefix(12))\(spent)", worker)
    enter(.serving)
    if old != nil { environment.sinks.status(status) }
    endTurn()
    environment.decided(self)
    environment.collect()
    pump()
  }

  /// Nothing more is tried by itself.
  func settle(_ state: PluginState) {
    enter(state)
    if let reason = state.reason { flush(reason) }
    endTurn()
    environment.decided(self)
  }

  /// The reload is over; those who asked for it are told.
  func endTurn() {
    turn.end()
    startIfBare()
    let waiting = reloading
    reloading = []
    for answer in waiting { answer(status) }
  }

  /// A generation has drained: a reload that waited for that begins.
  func drained() {
    let most = environment.configuration.mostDraining
    if turn.drained(draining: draining.count, most: most), stopping == nil { read() }
  }
}
