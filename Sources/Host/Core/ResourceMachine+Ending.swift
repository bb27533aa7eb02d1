import Model

// Everything that brings a resource to its end: wanted, failed, or by restart.
extension ResourceMachine {
  /// Its end is wanted. A second wish joins the first.
  mutating func terminate(_ operation: ULID, reason: String, turn: inout Turn) {
    guard resource.goal != .absent, !resource.state.isFinal else { return }
    decide(.provision, .cancelled, turn: &turn)
    decide(.power, .cancelled, turn: &turn)
    decide(.configure, .cancelled, turn: &turn)
    resource.operations.append(
      Operation(
        id: operation, kind: .terminate, acceptedAt: turn.now, deadline: turn.now + turn.policy.terminateDeadline))
    resource.goal = .absent
    resource.heldUntil = nil
    resource.wakeAt = nil
    note(.intent, "terminate: \(reason)", ["operation": "\(operation)"], turn: &turn)
    mark(.endRequested, turn: &turn)
    move(to: .terminating, turn: &turn)
    clear(turn: &turn)
  }

  /// The provision cannot succeed: its outcome now, its cleanup as long as it takes.
  mutating func fail(_ failure: Failure, turn: inout Turn) {
    decide(.provision, .failed(failure), turn: &turn)
    resource.wakeAt = nil
    move(to: .compensating(failure, next: nil), turn: &turn)
    clear(turn: &turn)
  }

  /// This object will never do; end it, then take the next placement.
  mutating func replace(_ failure: Failure, attempt id: ULID, turn: inout Turn) {
    let index = placementIndex(of: id)
    rememberRefusal(failure, placement: index, turn: &turn)
    leave(failure, at: index, turn: &turn)
    move(to: .compensating(failure, next: index + 1), turn: &turn)
    clear(turn: &turn)
  }

  /// Drops what has not begun, and dooms every object that is kept.
  private mutating func clear(turn: inout Turn) {
    let begun = turn.running
    for effect in resource.pending where !begun.contains(effect.id) {
      if case .provision(let id) = effect.kind, attempts[id]?.objects.isEmpty == true { notMade(id, turn: &turn) }
    }
    drop(turn: turn) {
      if case .terminate = $0.kind { false } else { true }
    }
    dropRuns(turn: turn)
    for id in resource.attempts {
      for object in attempts[id]?.objects ?? [] where object.fate == .kept { doom(id, object.id, turn: &turn) }
    }
  }

  /// Gives the runs up, also the one that is being performed: whoever performs it is told to stop.
  mutating func dropRuns(turn: Turn) {
    for effect in resource.pending {
      guard case .run(_, _, let id) = effect.kind, let index = resource.runs.firstIndex(where: { $0.id == id }) else {
        continue
      }
      resource.runs[index].ending = .cancelled
      resource.runs[index].endedAt = turn.now
      resource.runs[index].use = nil
    }
    resource.pending.removeAll {
      if case .run = $0.kind { true } else if case .cancel = $0.kind { true } else { false }
    }
  }

  /// An object has to go.
  mutating func doom(_ id: ULID, _ object: String, turn: inout Turn) {
    if let known = attempts[id]?.objects.first(where: { $0.id == object }) { watchForTwin(of: id, known, turn: turn) }
    update(id, object) { $0.fate = .doomed(since: turn.now) }
    let kind = EffectKind.terminate(attempt: id, object: object)
    if !resource.pending.contains(where: { $0.kind == kind }) { ask(kind, turn: &turn) }
  }

  /// With an object's end its name is free again: had its request been carried out a second time, that one comes now.
  /// What is old enough was itself the fence for as long as that could happen.
  mutating func watchForTwin(of id: ULID, _ object: CloudObject, turn: Turn) {
    guard let attempt = attempts[id], turn.now < max(object.seenAt, turn.boot.time) + attempt.settleMs else { return }
    lookForTwin(of: id, over: 3 * attempt.settleMs, turn: turn)
  }

  /// Looks for objects of this attempt by name for a while, and once more after that.
  mutating func lookForTwin(of id: ULID, over span: Int64 = 0, turn: Turn) {
    let until = attempts[id]?.watchUntil ?? turn.now
    attempts[id]?.watchUntil = max(until, turn.now + span)
  }

  /// The answer to a terminate.
  mutating func terminated(
    _ effect: Effect, attempt id: ULID, object: String, _ result: EffectResult, turn: inout Turn
  ) {
    resource.mutations += 1
    guard let known = attempts[id]?.objects.first(where: { $0.id == object }), known.isOwed else { return }
    switch result {
    case .ending(let cookie, let pollAfterMs, true):
      if let cookie { attempts[id]?.cookie = cookie }
      update(id, object) { $0.endConfirmed = true }
      accepted(id, object, turn: &turn)
      turn.hints[id] = pollAfterMs
    case .ending(let cookie, _, false):
      if let cookie { attempts[id]?.cookie = cookie }
      notShown(effect, id, known, turn: &turn)
    case .refused(let failure) where failure.code == .notFound:
      notShown(effect, id, known, turn: &turn)
    case .refused(let failure) where failure.code == .nameTaken:
      update(id, object) { $0.fate = .foreign }
      find(
        .foreign, "object \(object) does not carry our label any more; it is left alone: \(failure.message)",
        turn: &turn)
    case .refused(let failure):
      if failure.code == .protected {
        find(.protected, "object \(object) is protected from deletion; a person has to lift that", turn: &turn)
      }
      if failure.code == .unauthenticated || failure.code == .forbidden {
        rememberRefusal(failure, of: effect, placement: placementIndex(of: id), turn: &turn)
      }
      stalled(effect, failure, backoff: turn.policy.busy, turn: &turn)
    case .notSent(let failure), .unknown(let failure, _):
      stalled(effect, failure, backoff: turn.policy.retry, turn: &turn)
    case .validated, .prepared, .created, .secured, .ran, .done, .powered:
      break
    }
  }

  /// The cloud shows no such object. A young one may only be hidden still: it is asked for again.
  private mutating func notShown(_ effect: Effect, _ id: ULID, _ object: CloudObject, turn: inout Turn) {
    let due = believable(object, of: id, turn: turn)
    if turn.now >= due {
      accepted(id, object.id, turn: &turn)
      turn.hints[id] = 0
    } else {
      let failure = Failure(
        .notFound,
        "the cloud does not show \(object.id); whether it is gone or only hidden, as one may be that is young or whose "
          + "end was asked for before this start of the host, is believed in \((due - turn.now + 999) / 1_000) s",
        remedy: "none; it is asked for again until then")
      stalled(effect, failure, backoff: turn.policy.retry, turn: &turn)
      // Not later than it can be believed: the growing wait would pass that by as much again.
      if let last = resource.pending.indices.last {
        resource.pending[last].notBefore = min(resource.pending[last].notBefore, due)
      }
    }
  }

  private mutating func accepted(_ id: ULID, _ object: String, turn: inout Turn) {
    update(id, object) { $0.fate = .ending(since: turn.now) }
    resource.stall = nil
    note(.answer, "terminate \(object): accepted", ["external_id": object], turn: &turn)
  }

  private mutating func stalled(_ effect: Effect, _ failure: Failure, backoff: Backoff, turn: inout Turn) {
    if resource.stall?.failure.code != failure.code {
      note(.answer, "terminate: \(failure.code.rawValue): \(failure.message)", turn: &turn)
    }
    resource.stall = Stall(failure: failure, since: resource.stall?.since ?? turn.now)
    again(effect, after: failure, backoff: backoff, turn: &turn)
  }

  /// Whether nothing of it can be in the cloud any more, as far as anyone can know today.
  package var isClear: Bool {
    !resource.pending.contains { if case .provision = $0.kind { true } else { false } }
      && attempts.values.allSatisfy { attempt in
        attempt.status != .dispatched && attempt.status != .unknown
          && attempt.objects.allSatisfy { !$0.isOwed && $0.fate != .kept }
      }
  }

  /// Comes to rest once everything is cleaned up.
  mutating func concludeIfClear(turn: inout Turn) {
    guard isClear else { return }
    switch resource.state {
    case .terminating:
      resource.pending.removeAll { if case .terminate = $0.kind { false } else { !turn.running.contains($0.id) } }
      forgetSecrets()
      mark(.ended, turn: &turn)
      move(to: .terminated, turn: &turn)
      decide(.terminate, .succeeded, turn: &turn)
    case .compensating(_, _?) where resource.openOperation != nil:
      choose(turn: &turn)
      // Where no placement is left, that is the end of it.
      if case .compensating(_, nil) = resource.state { concludeIfClear(turn: &turn) }
    case .compensating(let failure, _):
      resource.heldUntil = nil
      forgetSecrets()
      mark(.ended, turn: &turn)
      move(to: .failed(failure), turn: &turn)
    default: break
    }
  }

  mutating func forgetSecrets() {
    resource.bootstrap?.privateKey = nil
    resource.secrets = []
  }

  /// What an effect's end means, by what it was.
  mutating func finished(_ effect: Effect, _ result: EffectResult, turn: inout Turn) {
    let wasPending = resource.pending.contains { $0.id == effect.id }
    resource.pending.removeAll { $0.id == effect.id }
    guard wasPending else {
      // Given up meanwhile; what it made is still evidence.
      if case .provision(let id) = effect.kind, case .created(let created) = result {
        resource.mutations += 1
        learn(created.externalID, of: id, turn: &turn)
      }
      return
    }
    switch effect.kind {
    case .validate, .prepare: chose(effect, result, turn: &turn)
    case .provision(let attempt): provisioned(effect, attempt: attempt, result, turn: &turn)
    case .terminate(let attempt, let object):
      terminated(effect, attempt: attempt, object: object, result, turn: &turn)
    case .secure(let attempt, let object, let step):
      secured(effect, attempt: attempt, object: object, step: step, result, turn: &turn)
    case .run(_, _, let run): ran(effect, run: run, result, turn: &turn)
    case .cancel(_, _, let run): cancelled(effect, run: run, result, turn: &turn)
    case .tidy(let attempt, let object): tidied(effect, attempt, object, result, turn: &turn)
    case .power(_, _, let action): powered(effect, action, result, turn: &turn)
    }
  }

  /// The host started again: a once effect of an earlier start has an unknown outcome. The settle window of every unknown
  /// one is counted from now, and a watch goes on for a while: nobody looked while the host was down, and the clock may
  /// have been set.
  mutating func restarted(turn: inout Turn) {
    for id in resource.attempts {
      guard let attempt = attempts[id], attempt.status == .unknown || attempt.watchUntil != nil else { continue }
      let span = attempt.status == .unknown ? attempt.lateWindowMs : 3 * attempt.settleMs
      lookForTwin(of: id, over: span, turn: turn)
      guard attempt.status == .unknown else { continue }
      attempts[id]?.leftAt = turn.now
      attempts[id]?.clearLookups = 0
    }
    for effect in resource.pending where effect.kind.isOnce && effect.boot != turn.boot {
      resource.pending.removeAll { $0.id == effect.id }
      let failure = Failure(.unknownOutcome, "the host was restarted while the call was under way")
      switch effect.kind {
      case .provision(let id) where attempts[id]?.status == .dispatched:
        note(.answer, "create \(attempts[id]?.name ?? ""): \(failure.message)", turn: &turn)
        resource.mutations += 1
        doubt(id, leftAt: turn.now, turn: &turn)
      case .power: decide(.power, .failed(failure), turn: &turn)
      default: break
      }
    }
  }

  /// Outcomes are decided by their deadlines; obligations stay.
  mutating func meetDeadlines(turn: inout Turn) {
    if let wake = resource.wakeAt, wake <= turn.now { resource.wakeAt = nil }
    if let operation = resource.openOperation, operation.deadline <= turn.now {
      let failure = Failure(
        .deadline, "not done within \((operation.deadline - operation.acceptedAt) / 1000) s",
        remedy: "see `slipway explain \(resource.id)`")
      switch operation.kind {
      case .provision:
        // Where an object that failed is being cleaned up, that is why; otherwise it is the time that ran out.
        if case .compensating(let cause, _) = resource.state {
          fail(cause, turn: &turn)
        } else if case .keep(let span) = resource.offering.onFailure, resource.state.isBeingSetUp {
          hold(failure, for: span, turn: &turn)
        } else {
          fail(failure, turn: &turn)
        }
      case .configure:
        dropRuns(turn: turn)
        decide(.configure, .failed(failure), turn: &turn)
      case .terminate, .power, .adopt, .release: decide(operation.kind, .failed(failure), turn: &turn)
      }
    }
    if let until = resource.heldUntil, until <= turn.now {
      resource.heldUntil = nil
      clear(turn: &turn)
    }
    if let expiry = resource.expiresAt, expiry <= turn.now, resource.goal != .absent, !resource.state.isFinal {
      terminate(turn.random.id(at: turn.now), reason: "expired", turn: &turn)
    }
    for attempt in attempts.values {
      if let end = attempt.watchEnd, end <= turn.now { attempts[attempt.id]?.watchUntil = nil }
    }
  }
}
