import PluginMessages
import System

// What a worker's death leads to: a restart, the previous image, parking, quarantine.
extension PluginSupervisor {
  /// A worker that took calls is dead.
  func died(
    _ worker: Worker, _ generation: Generation, _ end: WorkerEnd, _ reason: String, _ calls: [CrashCharges.Call]
  ) {
    if stopping != nil || (end.wasAsked && end.fault == nil) { return }
    log(3, reason, worker)
    generation.metrics.died()
    guard generation === current else { return }
    if end.isCrash {
      let now = Clock.monotonic()
      let verdict = charges.crashed(calls, at: now)
      if let parked = verdict.parked { park(parked, generation, reason) }
      let sha256 = generation.image.sha256
      let isOnProbation = generation.probationUntil.map { now < $0 } ?? false
      if isOnProbation, let previous = record.fallback(from: sha256, barred: isBarred) {
        return bringBack(previous, from: generation, "\(reason) soon after it took over")
      }
      if verdict.isImageBad {
        let why = "\(reason); it has crashed on \(charges.subjects) different things or more"
        return quarantine(sha256, why, end: end.detail, calls.flatMap { call in call.names })
      }
    }
    if worker.lane == .alone { return pump() }
    rest(reason, servedSince: worker.servingSince)
  }

  /// A worker of the image that serves did not come to serve again.
  func failedToLoad(_ generation: Generation, _ worker: Worker, _ reason: String) {
    log(3, reason, worker)
    let sha256 = generation.image.sha256
    loadFailures[sha256, default: 0] += 1
    if loadFailures[sha256, default: 0] >= environment.configuration.quarantineLoads {
      return quarantine(sha256, "\(reason), \(loadFailures[sha256, default: 0]) times in a row", end: reason, [])
    }
    rest(reason, servedSince: nil)
  }

  /// Plans the next start after a death, a condemnation or a start in vain.
  func rest(_ reason: String, servedSince: UInt64?) {
    let now = Clock.monotonic()
    let policy = environment.configuration.restart
    restarts.died(at: now, servedSince: servedSince, policy: policy)
    if stopping != nil { return }
    let until = now &+ policy.delay(deaths: restarts.deaths, now: now, jitter: Double.random(in: 0...1))
    current?.restUntil = until
    // Others of its kind go on; they are joined by a new one when calls wait for it.
    if let current, current.workers.contains(where: { $0.lane == .shared }) { return pump() }
    if candidate != nil || turn.phase == .reading || turn.phase == .readingOld { return enter(.starting) }
    enter(.backoff(until: until, reason: reason))
    startAgain(at: until)
    if until &- now > environment.configuration.patience.nanoseconds {
      flush(reason)
      environment.decided(self)
    }
  }

  private func startAgain(at until: UInt64) {
    backoff?.cancel()
    backoff = environment.reactor.schedule(at: until) { [self] in
      backoff = nil
      if current == nil { return refresh() }
      enter(.starting)
      grow(.shared)
    }
  }

  /// Plans a worker where the last one died while the file was being read, so that nobody else did.
  func startIfBare() {
    guard stopping == nil, !record.isDisabled, candidate == nil, backoff == nil, let current,
      !(current.workers + current.starting).contains(where: { $0.lane == .shared })
    else { return }
    startAgain(at: max(current.restUntil, Clock.monotonic()))
  }

  /// Goes back to an image that served, because the one that serves has turned out bad.
  private func bringBack(_ previous: String, from generation: Generation, _ reason: String) {
    let sha256 = generation.image.sha256
    let text =
      "\(reason); image \(previous.prefix(12)) is back, which served before; "
      + "`slipway plugin reload \(name)` tries the new one again"
    record.setAside[sha256] = text
    record.current = previous
    record.previous = sha256
    save()
    fault = PluginFault(sha256: sha256, version: generation.checked.manifest.version, reason: text)
    log(2, text)
    current = nil
    drain(generation)
    tried = [sha256]
    recall(previous)
  }

  /// Runs an image no more, whatever file it is in, until the operator resets it.
  func quarantine(_ sha256: String, _ why: String, end: String, _ calls: [String]) {
    let text =
      "\(why); image \(sha256.prefix(12)) is quarantined; install another build, or "
      + "`slipway plugin reset \(name)` when the cause is gone"
    environment.quarantine.add(
      PluginQuarantine(
        sha256: sha256, plugin: name, reason: text, at: Clock.wall(), end: end, calls: calls, lines: tail.lines))
    log(3, text)
    fault = PluginFault(sha256: sha256, version: checked?.manifest.version, reason: text)
    loadFailures[sha256] = nil
    backoff?.cancel()
    backoff = nil
    if let generation = current {
      current = nil
      drain(generation)
    }
    tried = [sha256]
    if let previous = record.fallback(from: sha256, barred: isBarred) {
      record.current = previous
      record.previous = sha256
      save()
      recall(previous)
    } else {
      turn.recall()
      settle(.quarantined(reason: text))
    }
  }

  private func park(_ subject: CrashSubject, _ generation: Generation, _ reason: String) {
    let text =
      "\(subject.verb) of \(subject.subject) has crashed the plugin \(charges.limit) times and is not called any "
      + "more with this image: \(reason); install another build, or `slipway plugin reset \(name)`"
    record.parked.append(PluginRecord.Parked(subject: subject, sha256: generation.image.sha256, reason: text))
    if record.parked.count > 1000 { record.parked.removeFirst() }
    save()
    log(2, text)
    environment.sinks.parked(ParkedCall(plugin: name, subject: subject, reason: text))
  }

  /// Why a call is not made, or nil: all that it is about is parked.
  func parkedReason(_ call: PluginCall) -> String? {
    guard !call.subjects.isEmpty, !record.parked.isEmpty else { return nil }
    let found = call.subjects.map { subject in
      record.parked.first { $0.subject == CrashSubject(verb: call.verb.name, subject: subject) }?.reason
    }
    return found.contains { $0 == nil } ? nil : found.first ?? nil
  }
}

extension CrashCharges.Call {
  /// For people.
  var names: [String] { subjects.isEmpty ? ["\(verb) on account \(account)"] : subjects.map { "\(verb) of \($0)" } }
}

extension PluginCall {
  /// What a crash of it is charged to.
  var charge: CrashCharges.Call { CrashCharges.Call(verb: verb.name, subjects: subjects, account: account) }
}
