import Model

// What became of a create: made, refused, not sent, or nobody knows.
extension ResourceMachine {
  /// The answer to a create.
  mutating func provisioned(_ effect: Effect, attempt id: ULID, _ result: EffectResult, turn: inout Turn) {
    guard var attempt = attempts[id] else { return }
    resource.mutations += 1
    switch result {
    case .created(let created):
      attempt.cookie = created.cookie ?? attempt.cookie
      // A request may be executed twice on its way; where names are no fence, the second one is looked for.
      if !attempt.uniqueNames {
        attempt.watchUntil = max(attempt.watchUntil ?? turn.now, turn.now + 3 * attempt.settleMs)
      }
      attempts[id] = attempt
      resource.secrets += created.secrets
      note(
        .id, "\(created.adopted ? "adopted" : "created") \(created.externalID)", ["external_id": created.externalID],
        turn: &turn)
      learn(created.externalID, of: id, turn: &turn)
      update(id, created.externalID) { object in
        object.ipv4 = created.ipv4 ?? object.ipv4
        object.ipv6 = created.ipv6 ?? object.ipv6
      }
      turn.hints[id] = created.pollAfterMs
    case .unknown(let failure, let leftAt):
      note(.answer, "create \(attempt.name): no definite answer: \(failure.message)", turn: &turn)
      doubt(id, leftAt: leftAt, turn: &turn)
    case .notSent(let failure):
      note(.answer, "create \(attempt.name): nothing was made: \(failure.message)", turn: &turn)
      retryCreate(effect, of: id, failure, turn: &turn)
    case .refused(let failure):
      note(.answer, "create \(attempt.name): \(failure.code.rawValue): \(failure.message)", turn: &turn)
      refusedCreate(effect, of: id, failure, turn: &turn)
    case .validated, .prepared, .ending, .secured, .ran, .done, .powered:
      break
    }
  }

  /// The create was sent and nobody knows what became of it; only lookups decide.
  mutating func doubt(_ id: ULID, leftAt: Instant, turn: inout Turn) {
    guard var attempt = attempts[id], attempt.status == .dispatched else { return }
    attempt.status = .unknown
    attempt.leftAt = leftAt
    attempt.watchUntil = leftAt + attempt.lateWindowMs
    attempt.clearLookups = 0
    attempts[id] = attempt
    if resource.state == .provisioning(attempt: id) { move(to: .resolving(attempt: id), turn: &turn) }
  }

  private mutating func refusedCreate(_ effect: Effect, of id: ULID, _ failure: Failure, turn: inout Turn) {
    lookAgain(at: id, failure, turn: turn)
    switch failure.code {
    case .rateLimited, .busy, .unavailable:
      retryCreate(effect, of: id, failure, turn: &turn)
      return
    case .nameTaken:
      find(.nameTaken, "the name \(attempts[id]?.name ?? "") exists and is not ours: \(failure.message)", turn: &turn)
    default: break
    }
    notMade(id, turn: &turn)
    guard resource.state == .provisioning(attempt: id), resource.goal != .absent else { return }
    let index = placementIndex(of: id)
    switch failure.code {
    case .nameTaken, .protected:
      leave(failure, at: index, turn: &turn)
      fail(failure, turn: &turn)
    default:
      rememberRefusal(failure, of: effect, placement: index, turn: &turn)
      reject(failure, at: index, turn: &turn)
    }
  }

  /// A cloud's no is believed, and still an object may come of it: what answers is not always what carries out. It is
  /// looked for by name for a while; whoever may not ask has made nothing, and may not look either.
  private mutating func lookAgain(at id: ULID, _ no: Failure, turn: Turn) {
    guard no.code != .unauthenticated, no.code != .forbidden, let attempt = attempts[id] else { return }
    lookForTwin(of: id, over: 3 * attempt.settleMs, turn: turn)
  }

  /// The same attempt again: nothing was made, so its name and labels are still free.
  private mutating func retryCreate(_ effect: Effect, of id: ULID, _ failure: Failure, turn: inout Turn) {
    guard resource.goal != .absent, resource.state == .provisioning(attempt: id), resource.openOperation != nil else {
      notMade(id, turn: &turn)
      return
    }
    attempts[id]?.sends += 1
    charge(id, turn: &turn)
    again(effect, after: failure, backoff: turn.policy.retry, turn: &turn)
  }

  /// Another send of the same attempt does not wait for budget, but the next creates wait for it.
  private func charge(_ id: ULID, turn: inout Turn) {
    guard let account = attempts[id]?.placement.account else { return }
    turn.accounts[account]?.creates.charge(1, at: turn.now)
  }

  /// Nothing was made by the last send; a late twin of an earlier one stays possible.
  mutating func notMade(_ id: ULID, turn: inout Turn) {
    guard var attempt = attempts[id], attempt.status == .dispatched || attempt.status == .unknown else { return }
    attempt.status = .absent
    attempts[id] = attempt
  }

  /// Two complete lookups, begun after the settle window, found nothing.
  mutating func provenAbsent(_ id: ULID, turn: inout Turn) {
    guard let attempt = attempts[id] else { return }
    note(.observation, "proven absent: \(attempt.name)", ["attempt": "\(id)"], turn: &turn)
    guard resource.state == .resolving(attempt: id), resource.goal != .absent, let operation = resource.openOperation
    else {
      notMade(id, turn: &turn)
      return
    }
    let index = placementIndex(of: id)
    if attempt.sends >= turn.policy.sendsPerAttempt {
      notMade(id, turn: &turn)
      reject(
        Failure(.unavailable, "\(attempt.sends) creates had no answer and made nothing"), at: index, turn: &turn)
    } else if attempt.uniqueNames {
      // The name is the fence: the same attempt may be sent again.
      resource.mutations += 1
      attempts[id]?.status = .dispatched
      attempts[id]?.sends += 1
      attempts[id]?.leftAt = nil
      attempts[id]?.clearLookups = 0
      charge(id, turn: &turn)
      move(to: .provisioning(attempt: id), turn: &turn)
      ask(.provision(attempt: id), notAfter: operation.deadline, turn: &turn)
    } else {
      notMade(id, turn: &turn)
      choose(again: index, turn: &turn)
    }
  }

  /// Learns of an object that carries an attempt's name or label. An id is never dropped.
  mutating func learn(_ externalID: String, of id: ULID, turn: inout Turn) {
    guard var attempt = attempts[id], !attempt.objects.contains(where: { $0.id == externalID }) else { return }
    let wasAbsent = attempt.status == .absent
    attempt.status = .created
    // With one send, this is what it made; with more, an earlier one may still come late.
    if attempt.sends == 1 && attempt.uniqueNames { attempt.watchUntil = nil }
    let awaited =
      resource.goal != .absent
      && (resource.state == .provisioning(attempt: id) || resource.state == .resolving(attempt: id))
    var object = CloudObject(id: externalID, fate: .kept, seenAt: turn.now)
    if !awaited { object.fate = .doomed(since: turn.now) }
    attempt.objects.append(object)
    attempts[id] = attempt
    if !awaited { watchForTwin(of: id, object, turn: turn) }
    if awaited {
      mark(.idKnown, turn: &turn)
      move(to: .booting(attempt: id, object: externalID), turn: &turn)
    } else {
      if wasAbsent || resource.state.isFinal {
        find(.late, "object \(externalID) appeared after its attempt was settled; it is being ended", turn: &turn)
      } else if attempt.objects.count > 1 || resource.state.object != nil {
        find(.duplicate, "object \(externalID) is a second one of the same request; it is being ended", turn: &turn)
      }
      ask(.terminate(attempt: id, object: externalID), turn: &turn)
    }
  }

  /// Changes what we know of an object.
  mutating func update(_ attempt: ULID, _ object: String, _ change: (inout CloudObject) -> Void) {
    guard let index = attempts[attempt]?.objects.firstIndex(where: { $0.id == object }) else { return }
    if var changed = attempts[attempt]?.objects[index] {
      change(&changed)
      attempts[attempt]?.objects[index] = changed
    }
  }

  /// The offering's index of an attempt's placement.
  func placementIndex(of id: ULID) -> Int {
    guard let placement = attempts[id]?.placement else { return 0 }
    return resource.offering.placements.firstIndex(of: placement) ?? 0
  }
}
