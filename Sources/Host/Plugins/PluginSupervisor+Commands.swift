import PluginMessages
import System

// What operators ask for, and the end.
extension PluginSupervisor {
  /// Carries out a command; `answer` gets the status once its end is decided.
  func steer(_ action: PluginAction, _ answer: @escaping (PluginStatus) -> Void) throws(PluginSteerFault) {
    if stopping != nil { throw PluginSteerFault(text: "the host is stopping") }
    if record.isDisabled, action == .reload || action == .rollback {
      throw PluginSteerFault(text: "\(name) is disabled; `slipway plugin enable \(name)` first")
    }
    switch action {
    case .reload: reload(answer)
    case .rollback: try rollBack(answer)
    case .enable:
      guard record.isDisabled else { return answer(status) }
      record.isDisabled = false
      save()
      reload(answer)
    case .disable:
      disable()
      answer(status)
    case .reset:
      for entry in status.quarantine { environment.quarantine.release(entry.sha256) }
      record.setAside = [:]
      record.parked = []
      save()
      (fault, loadFailures, tried) = (nil, [:], [])
      charges.forgive()
      record.isDisabled ? answer(status) : reload(answer)
    }
  }

  private func reload(_ answer: @escaping (PluginStatus) -> Void) {
    reloading.append(answer)
    isForced = true
    restarts.forgive()
    if let entry = fileImage.flatMap({ environment.quarantine.entries[$0.sha256] }) {
      fault = PluginFault(sha256: entry.sha256, reason: entry.reason)
    }
    refresh()
  }

  /// Reads the file and tells `answer` what has become of what is in it, as a reload does for what it finds.
  func awaitNewest(_ answer: @escaping (PluginStatus) -> Void) {
    reloading.append(answer)
    refresh()
  }

  private func rollBack(_ answer: @escaping (PluginStatus) -> Void) throws(PluginSteerFault) {
    guard let previous = record.previous else {
      throw PluginSteerFault(text: "\(name) has no previous image; install the build that you want")
    }
    if let entry = environment.quarantine.entries[previous] { throw PluginSteerFault(text: entry.reason) }
    guard turn.phase == .idle else {
      throw PluginSteerFault(text: "\(name) is being loaded; wait until that has ended, then try again")
    }
    let from = current?.image.sha256 ?? record.current
    record.setAside[previous] = nil
    if let from {
      let text = "image \(from.prefix(12)) was rolled back; `slipway plugin reload \(name)` serves it again"
      record.setAside[from] = text
      fault = PluginFault(sha256: from, version: checked?.manifest.version, reason: text)
    }
    save()
    reloading.append(answer)
    backoff?.cancel()
    backoff = nil
    tried = []
    recall(previous)
  }

  private func disable() {
    record.isDisabled = true
    save()
    backoff?.cancel()
    backoff = nil
    abandonCandidate()
    if let generation = current {
      current = nil
      drain(generation)
    }
    turn = ReloadTurn()
    settle(.disabled)
  }

  /// The file is not there any more. What it was serves on while something needs it.
  func withdraw(isNeeded: Bool, _ done: @escaping () -> Void) {
    if isFilePresent { log(2, "\(file.path) is gone\(isNeeded ? "; its stored image serves what exists" : "")") }
    isFilePresent = false
    fileImage = nil
    if isNeeded {
      if current == nil, turn.phase == .idle, !record.isDisabled {
        startNext(orElse: .refused(reason: "\(file.path): is gone"))
      }
    } else {
      let (store, file) = (environment.store, file)
      environment.files.submit { store.forget(file) }
      stop(done)
    }
  }

  /// Steps back for another file with the same id, which goes on with what this one has learned.
  func yield(to other: PluginSupervisor) {
    if !isFilePresent, other.record.previous == nil, record.current != other.record.current {
      other.record.previous = record.current
      other.save()
    }
    let reason = "\(file.path): \(other.file.path) comes first and has the same id \(name); remove one of the two"
    backoff?.cancel()
    backoff = nil
    abandonCandidate()
    if let generation = current {
      current = nil
      drain(generation)
    }
    id = nil
    toldID = nil
    record.id = nil
    record.current = nil
    save()
    // Calls that wait are for the id, not for the file.
    while let ticket = queue.next() { other.submit(ticket) }
    settle(.refused(reason: reason))
  }

  /// Ends everything; `done` is called when the last worker is reaped.
  func stop(_ done: @escaping () -> Void) {
    backoff?.cancel()
    growth?.cancel()
    candidate?.examination?.cancel()
    enter(.stopped)
    flush("the host is stopping")
    endTurn()
    let workers = everyone
    if workers.isEmpty {
      stopping = {}
      return done()
    }
    stopping = done
    for worker in workers { worker.leave() }
  }
}
