import Model

// What a look at the cloud means.
extension ResourceMachine {
  /// A look at one attempt. Ids that it shows are always kept; all else only counts when nothing changed since it began.
  mutating func observed(_ look: Observation, turn: inout Turn) {
    guard let attempt = attempts[look.attempt] else { return }
    let known = Set(attempt.objects.map(\.id))
    let found = look.objects.filter { !known.contains($0.externalID) && $0.state != .gone }
      .sorted { ($0.createdAt ?? "~", $0.externalID) < ($1.createdAt ?? "~", $1.externalID) }
    for object in found {
      note(.id, "found \(object.externalID) by \(look.scope.rawValue)", ["external_id": object.externalID], turn: &turn)
      learn(object.externalID, of: look.attempt, turn: &turn)
    }
    guard look.mutations == resource.mutations else { return }
    if let cookie = look.cookie { attempts[look.attempt]?.cookie = cookie }
    if found.isEmpty {
      countAbsence(look, turn: &turn)
      endWatch(look)
    }
    for object in look.objects { apply(object, look, turn: &turn) }
  }

  private mutating func countAbsence(_ look: Observation, turn: inout Turn) {
    guard var attempt = attempts[look.attempt], attempt.status == .unknown, let leftAt = attempt.leftAt,
      look.complete, look.scope != .byID, look.identityHolds, look.objects.isEmpty,
      look.begunAt >= leftAt + attempt.settleMs
    else { return }
    attempt.clearLookups += 1
    attempts[look.attempt] = attempt
    if attempt.clearLookups >= 2 { provenAbsent(look.attempt, turn: &turn) }
  }

  /// The watch for a late twin ends with a complete look begun after its time that found nothing new, never by time
  /// alone: nobody looked while the host was down, or while the account could not be asked.
  private mutating func endWatch(_ look: Observation) {
    guard let attempt = attempts[look.attempt], let until = attempt.watchUntil, look.begunAt >= until,
      attempt.status == .created || attempt.status == .absent, look.complete, look.scope != .byID, look.identityHolds
    else { return }
    attempts[look.attempt]?.watchUntil = nil
  }

  private mutating func apply(_ seen: ObservedObject, _ look: Observation, turn: inout Turn) {
    let id = look.attempt
    guard let object = attempts[id]?.objects.first(where: { $0.id == seen.externalID }) else { return }
    update(id, seen.externalID) { object in
      object.createdAt = seen.createdAt ?? object.createdAt
      object.ipv4 = seen.ipv4 ?? object.ipv4
      object.ipv6 = seen.ipv6 ?? object.ipv6
      object.firstIPv4 = object.firstIPv4 ?? object.ipv4
      object.firstIPv6 = object.firstIPv6 ?? object.ipv6
      object.sshHost = seen.sshHost ?? object.sshHost
      object.sshPort = seen.sshPort ?? object.sshPort
      if seen.state != .gone && seen.state != .unknown { object.goneLooks = 0 }
    }
    if let now = attempts[id]?.objects.first(where: { $0.id == object.id }),
      now.address != object.address || now.sshPort != object.sshPort
    {
      followElsewhere(id, object.id, turn: &turn)
    }
    let saysGone = seen.state == .gone && look.scope == .byID && look.identityHolds
    switch object.fate {
    case .kept: applyToKept(seen, saysGone: saysGone, attempt: id, turn: &turn)
    case .doomed:
      if saysGone { notSeen(object, of: id, by: look, turn: &turn) }
    case .ending(let since):
      if saysGone && look.begunAt >= since {
        notSeen(object, of: id, by: look, turn: &turn)
      } else if seen.state != .gone && seen.state != .unknown
        && (object.endConfirmed != true || look.begunAt - since > turn.policy.endingPatience)
      {
        note(.observation, "\(seen.externalID) still stands; ending it again", turn: &turn)
        doom(id, seen.externalID, turn: &turn)
      }
    case .gone(let at):
      if seen.state == .running || seen.state == .stopped, look.begunAt > at {
        find(.late, "object \(seen.externalID) is back after it was gone; it is being ended", turn: &turn)
        doom(id, seen.externalID, turn: &turn)
      }
    case .foreign: break
    }
  }

  /// It answers at another address than before, such as after a boot: a run on it is followed there, by another effect.
  private mutating func followElsewhere(_ id: ULID, _ object: String, turn: inout Turn) {
    for effect in resource.pending {
      guard case .run(id, object, _) = effect.kind else { continue }
      resource.pending.removeAll { $0.id == effect.id }
      ask(effect.kind, turn: &turn)
    }
  }

  private mutating func applyToKept(_ seen: ObservedObject, saysGone: Bool, attempt id: ULID, turn: inout Turn) {
    if saysGone {
      keptIsGone(seen, attempt: id, turn: &turn)
      return
    }
    switch (resource.state, seen.state) {
    case (.booting, .running): booted(id, seen.externalID, turn: &turn)
    case (.booting, .failed), (.securing, .failed), (.configuring, .failed):
      let cause = Failure(
        .noCapacity, "the cloud could not start \(seen.externalID): \(seen.error ?? "no reason given")")
      replace(cause, attempt: id, turn: &turn)
    case (.booting, .incomplete):
      // Made, but not finished: the same attempt, with its id, finishes what is missing.
      if !resource.pending.contains(where: { $0.kind == .provision(attempt: id) }) {
        resource.mutations += 1
        ask(.provision(attempt: id), turn: &turn)
      }
    case (.active, .stopped), (.stopped, .stopped):
      move(to: .stopped(attempt: id, object: seen.externalID), turn: &turn)
      if resource.goal == .stopped { sawPower(turn: &turn) }
    case (.active, .running), (.stopped, .running):
      move(to: .active(attempt: id, object: seen.externalID), turn: &turn)
      if resource.goal == .present { sawPower(turn: &turn) }
    default: break
    }
  }

  private mutating func keptIsGone(_ seen: ObservedObject, attempt id: ULID, turn: inout Turn) {
    guard let object = attempts[id]?.objects.first(where: { $0.id == seen.externalID }),
      turn.now >= believable(object, of: id, turn: turn)
    else { return }
    update(id, seen.externalID) { $0.goneLooks += 1 }
    guard object.goneLooks >= 1 else { return }
    update(id, seen.externalID) { $0.fate = .gone(at: turn.now) }
    lookForTwin(of: id, turn: turn)
    resource.mutations += 1
    let cause = Failure(
      .vanished, "\(seen.externalID) vanished; the cloud, asked for its id twice, says that it does not exist",
      remedy: "look at the cloud's own audit log")
    find(.vanished, cause.message, turn: &turn)
    if resource.state.isHandedOver {
      decide(.power, .failed(cause), turn: &turn)
      decide(.configure, .failed(cause), turn: &turn)
      tellOwner(.lost, cause, turn: &turn)
      mark(.ended, turn: &turn)
      dropRuns(turn: turn)
      // The end of another object of the same request, such as a late twin, stays owed.
      resource.pending.removeAll { if case .terminate = $0.kind { false } else { true } }
      forgetSecrets()
      move(to: .lost, turn: &turn)
    } else if resource.state.object?.id == seen.externalID {
      fail(cause, turn: &turn)
    }
  }

  /// The cloud says that it runs.
  private mutating func booted(_ id: ULID, _ object: String, turn: inout Turn) {
    let address = attempts[id]?.objects.first { $0.id == object }?.address
    switch resource.offering.readiness {
    case .cloud:
      mark(.powered, turn: &turn)
      handOver(id, object, turn: &turn)
    case .ssh, .recipe:
      guard address != nil else { return }
      mark(.powered, turn: &turn)
      move(to: .securing(attempt: id, object: object, step: .gather), turn: &turn)
      ask(.secure(attempt: id, object: object, step: .gather), turn: &turn)
    }
  }

  /// Everything that the offering promises holds.
  mutating func handOver(_ id: ULID, _ object: String, turn: inout Turn) {
    move(to: .active(attempt: id, object: object), turn: &turn)
    mark(.active, turn: &turn)
    decide(.provision, .succeeded, turn: &turn)
  }

  /// When a 404 for an object's id begins to prove something: a cloud may hide a new object for a while. It is counted
  /// from this start of the host at the earliest, because the clock may have been set while it was down.
  func believable(_ object: CloudObject, of id: ULID, turn: Turn) -> Instant {
    max(object.seenAt, turn.boot.time) + max(turn.policy.youngGrace, attempts[id]?.settleMs ?? 0)
  }

  /// A look by id does not see an object that has to go. It is gone where the cloud took its end before; otherwise after
  /// two such looks, begun when it could not be hidden any more.
  private mutating func notSeen(_ object: CloudObject, of id: ULID, by look: Observation, turn: inout Turn) {
    if object.endConfirmed == true, case .ending = object.fate { return ended(id, object.id, turn: &turn) }
    guard look.begunAt >= believable(object, of: id, turn: turn) else { return }
    update(id, object.id) { $0.goneLooks += 1 }
    if object.goneLooks >= 1 { ended(id, object.id, turn: &turn) }
  }

  /// The cloud, asked for its id, says that an object that had to go does not exist any more.
  private mutating func ended(_ id: ULID, _ object: String, turn: inout Turn) {
    // One that we never saw end may have been gone for long.
    let known = attempts[id]?.objects.first { $0.id == object }
    if known?.endConfirmed != true { lookForTwin(of: id, turn: turn) }
    update(id, object) { $0.fate = .gone(at: turn.now) }
    resource.mutations += 1
    resource.stall = nil
    drop(turn: turn) { $0.kind == .terminate(attempt: id, object: object) }
    note(.observation, "\(object) is gone", ["external_id": object], turn: &turn)
  }
}
