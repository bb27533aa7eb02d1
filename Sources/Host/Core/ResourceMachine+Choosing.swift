import Model

// From request to dispatch: which placement, is it sold, is everything there that a create needs.
extension ResourceMachine {
  /// Takes the first placement in the offering's order that was not left yet, and those that were out of stock a short
  /// while ago only when nothing else is left. `again` names one that was tried and may be tried once more.
  ///
  /// Only what can have made nothing leads here: a definite no, a proven absence, or an object that is gone.
  mutating func choose(again: Int? = nil, turn: inout Turn) {
    let placements = resource.offering.placements
    let left = resource.leftPlacements
    var avoided: [(index: Int, why: Failure)] = []
    var next: Int?
    for index in placements.indices where index == again || !left.contains(index) {
      if let why = closed(placements[index], turn: turn) ?? crowded(placements[index], turn: turn) {
        passOver(index, why, turn: &turn)
      } else if let why = turn.accounts[placements[index].account]?.avoidance(placements[index], at: turn.now) {
        avoided.append((index, why))
      } else {
        next = index
        break
      }
    }
    if next == nil, !avoided.isEmpty { next = avoided.removeFirst().index }
    guard let next else { return fail(resource.lastRejection ?? noPlacement, turn: &turn) }
    for (index, why) in avoided where index < next { passOver(index, why, turn: &turn) }
    resource.wakeAt = nil
    move(to: .requested(Selection(index: next)), turn: &turn)
    if placements.count > 1 {
      let place = placements[next]
      note(
        .intent, "placement \(next + 1) of \(placements.count): \(place.account)/\(place.type)/\(place.location)",
        ["placement": "\(next + 1)"], turn: &turn)
    }
    ask(.validate(placement: next), turn: &turn)
  }

  /// Why nothing can be made there now, whatever is in stock.
  private func closed(_ placement: Placement, turn: Turn) -> Failure? {
    guard let account = turn.accounts[placement.account] else { return noAccount(placement) }
    return account.circuit.map { circuit in
      var why = circuit.failure
      why.message = "account \(placement.account): \(why.message)"
      why.remedy = why.remedy ?? "replace the credential: `slipway account rotate \(placement.account)`"
      return why
    }
  }

  private func crowded(_ placement: Placement, turn: Turn) -> Failure? {
    turn.accounts[placement.account].flatMap { crowded($0, turn: turn) }
  }

  private func noAccount(_ placement: Placement) -> Failure {
    Failure(
      .unavailable, "account \(placement.account) does not exist any more",
      remedy: "see `slipway account list`; then provision again")
  }

  private var noPlacement: Failure { Failure(.unavailable, "the offering has no placement that could be tried") }

  /// Says once that a placement is not tried now, and why.
  private mutating func passOver(_ index: Int, _ why: Failure, turn: inout Turn) {
    let known = resource.rejected.contains {
      !$0.wasTried && $0.placement == index && $0.failure.code == why.code
    }
    guard !known else { return }
    resource.rejected.append(Rejection(placement: index, failure: why, at: turn.now, wasTried: false))
    note(
      .intent, "placement \(index + 1) passed over: \(why.code.rawValue): \(why.message)",
      ["placement": "\(index + 1)"], turn: &turn)
  }

  /// Writes down why the current placement is left.
  mutating func leave(_ failure: Failure, at index: Int, turn: inout Turn) {
    resource.rejected.append(Rejection(placement: index, failure: failure, at: turn.now))
    note(
      .answer, "placement \(index + 1) given up: \(failure.code.rawValue): \(failure.message)",
      ["placement": "\(index + 1)"], turn: &turn)
  }

  /// Gives the current placement up and takes the next.
  mutating func reject(_ failure: Failure, at index: Int, turn: inout Turn) {
    leave(failure, at: index, turn: &turn)
    choose(turn: &turn)
  }

  /// An answer of validate or prepare.
  mutating func chose(_ effect: Effect, _ result: EffectResult, turn: inout Turn) {
    guard case .requested(var selection) = resource.state else { return }
    switch result {
    case .validated(let resolved):
      let place = resource.offering.placements[selection.index]
      if let failure = tooDear(resolved.price, on: place.account, turn: turn) {
        return reject(failure, at: selection.index, turn: &turn)
      }
      selection.resolved = resolved
      move(to: .requested(selection), turn: &turn)
      mark(.validated, turn: &turn)
      ask(.prepare(placement: selection.index), turn: &turn)
    case .prepared(let cookie, let bootstrap):
      selection.prepared = Selection.Prepared(cookie: cookie)
      move(to: .requested(selection), turn: &turn)
      if resource.bootstrap?.privateKey == nil { resource.bootstrap = bootstrap }
    case .refused(let failure) where isFinalHere(failure.code):
      rememberRefusal(failure, of: effect, placement: selection.index, turn: &turn)
      reject(failure, at: selection.index, turn: &turn)
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      note(.answer, "\(effect.kind.name): \(failure.code.rawValue): \(failure.message)", turn: &turn)
      if isHopeless(failure.code, after: effect.failures, at: selection.index, turn: turn) {
        reject(failure, at: selection.index, turn: &turn)
      } else {
        again(effect, after: failure, backoff: turn.policy.retry, turn: &turn)
      }
    case .created, .ending, .secured, .ran, .done, .powered:
      break
    }
  }

  private func isFinalHere(_ code: FailureCode) -> Bool {
    switch code {
    case .invalidSpec, .noCapacity, .quota, .unauthenticated, .forbidden, .paymentRequired, .nameTaken, .unsupported,
      .protected, .notFound:
      true
    default: false
    }
  }

  /// Whether to stop asking. Nothing can have been made before a create is dispatched, so where another placement is
  /// open a cloud or a plugin that does not answer is left after a few tries; the only one is asked until the deadline.
  private func isHopeless(_ code: FailureCode, after failures: Int, at index: Int, turn: Turn) -> Bool {
    switch code {
    case .rateLimited, .busy: false
    case .internal: failures >= 2
    default: failures >= turn.policy.preparations && hasAnother(than: index, turn: turn)
    }
  }

  /// Whether a placement is left that nothing speaks against.
  private func hasAnother(than index: Int, turn: Turn) -> Bool {
    let placements = resource.offering.placements
    let left = resource.leftPlacements
    return placements.indices.contains { other in
      other != index && !left.contains(other) && closed(placements[other], turn: turn) == nil
        && crowded(placements[other], turn: turn) == nil
        && turn.accounts[placements[other].account]?.avoids(placements[other], at: turn.now) == false
    }
  }

  /// Lets the account remember what a refusal says of it.
  func rememberRefusal(_ failure: Failure, of effect: Effect? = nil, placement index: Int, turn: inout Turn) {
    guard resource.offering.placements.indices.contains(index) else { return }
    let placement = resource.offering.placements[index]
    let name = placement.account
    let until = turn.now + turn.policy.avoidPair
    switch failure.code {
    case .noCapacity: turn.accounts[name]?.avoid(placement, until: until, at: turn.now)
    case .quota, .paymentRequired:
      if turn.accounts[name]?.hold(failure, until: until, at: turn.now) == true {
        turn.alarms.append((name, failure.message))
      }
    case .unauthenticated, .forbidden:
      let isWrite = failure.code == .forbidden && effect.map { !$0.kind.isReading } ?? false
      let isNews = turn.accounts[name]?.refused(failure, isWrite ? .writing : .reading, by: effect?.id, at: turn.now)
      if isNews == true { turn.alarms.append((name, failure.message)) }
    default: break
    }
  }

  /// Budget first, then the attempt as dispatched, then (once committed) its request.
  mutating func dispatchIfPrepared(turn: inout Turn) {
    guard case .requested(let selection) = resource.state, let resolved = selection.resolved,
      let prepared = selection.prepared, resource.goal != .absent, let operation = resource.openOperation
    else { return }
    let placement = resource.offering.placements[selection.index]
    if let why = closed(placement, turn: turn) { return reject(why, at: selection.index, turn: &turn) }
    guard let account = turn.accounts[placement.account] else { return }
    if let why = account.avoidance(placement, at: turn.now), hasAnother(than: selection.index, turn: turn) {
      // Somebody else was told so meanwhile. It stays the last resort.
      passOver(selection.index, why, turn: &turn)
      return choose(turn: &turn)
    }
    guard turn.accounts[placement.account]?.creates.take(1, at: turn.now) == true else {
      resource.wakeAt = account.creates.ready(1, at: turn.now)
      return
    }
    resource.wakeAt = nil
    resource.price = resolved.price
    let id = turn.random.id(at: turn.now)
    let attempt = Attempt(
      id: id, resource: resource.id, operation: operation.id, plugin: account.facts.plugin, placement: placement,
      resolved: resolved, name: "slipway-\(id.description.lowercased())", cookie: prepared.cookie,
      limits: account.facts.limits)
    attempts[id] = attempt
    resource.attempts.append(id)
    resource.mutations += 1
    mark(.dispatched, turn: &turn)
    move(to: .provisioning(attempt: id), turn: &turn)
    note(
      .intent, "create \(attempt.name): \(resolved.type) in \(resolved.location) on \(placement.account)",
      ["attempt": "\(id)"], turn: &turn)
    ask(.provision(attempt: id), notAfter: operation.deadline, turn: &turn)
  }
}
