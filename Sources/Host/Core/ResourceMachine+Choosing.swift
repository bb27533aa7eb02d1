import Model

// From request to dispatch: which placement, is it sold, is everything there that a create needs.
extension ResourceMachine {
  /// Takes the first placement from `index` on that is not avoided; the first at all where all are.
  mutating func choose(from index: Int, turn: inout Turn) {
    let placements = resource.offering.placements
    let open = placements.indices.filter { $0 >= index && isOpen(placements[$0], turn: turn) }
    let next =
      open.first { turn.accounts[placements[$0].account]?.avoids(placements[$0], at: turn.now) == false } ?? open.first
    guard let next else {
      fail(resource.rejected.last ?? noAccount(placements.dropFirst(index).first), turn: &turn)
      return
    }
    resource.wakeAt = nil
    move(to: .requested(Selection(index: next)), turn: &turn)
    ask(.validate(placement: next), turn: &turn)
  }

  private func isOpen(_ placement: Placement, turn: Turn) -> Bool {
    guard let account = turn.accounts[placement.account] else { return false }
    return account.circuit == nil
  }

  private func noAccount(_ placement: Placement?) -> Failure {
    Failure(
      .unavailable, "no account of this offering can be used now (\(placement?.account ?? "none listed"))",
      remedy: "see `slipway account list`; then provision again")
  }

  /// Gives the current placement up and takes the next.
  mutating func reject(_ failure: Failure, at index: Int, turn: inout Turn) {
    resource.rejected.append(failure)
    note(.answer, "placement \(index + 1) given up: \(failure.code.rawValue): \(failure.message)", turn: &turn)
    choose(from: index + 1, turn: &turn)
  }

  /// An answer of validate or prepare.
  mutating func chose(_ effect: Effect, _ result: EffectResult, turn: inout Turn) {
    guard case .requested(var selection) = resource.state else { return }
    switch result {
    case .validated(let resolved):
      selection.resolved = resolved
      move(to: .requested(selection), turn: &turn)
      mark(.validated, turn: &turn)
      ask(.prepare(placement: selection.index), turn: &turn)
    case .prepared(let cookie, let bootstrap):
      selection.prepared = Selection.Prepared(cookie: cookie)
      move(to: .requested(selection), turn: &turn)
      if resource.bootstrap?.privateKey == nil { resource.bootstrap = bootstrap }
    case .refused(let failure) where isFinalHere(failure.code):
      rememberRefusal(failure, placement: selection.index, turn: &turn)
      reject(failure, at: selection.index, turn: &turn)
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      note(.answer, "\(effect.kind.name): \(failure.code.rawValue): \(failure.message)", turn: &turn)
      if failure.code == .internal && effect.failures >= 2 {
        reject(failure, at: selection.index, turn: &turn)
      } else {
        again(effect, after: failure, backoff: turn.policy.retry, turn: &turn)
      }
    case .created, .ending, .secured, .powered:
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

  /// Lets the account remember what a refusal says of it.
  func rememberRefusal(_ failure: Failure, placement index: Int, turn: inout Turn) {
    guard resource.offering.placements.indices.contains(index) else { return }
    let placement = resource.offering.placements[index]
    switch failure.code {
    case .noCapacity:
      turn.accounts[placement.account]?.avoided[AccountState.pair(placement)] = turn.now + turn.policy.avoidPair
    case .unauthenticated, .forbidden:
      if turn.accounts[placement.account]?.circuit == nil {
        turn.accounts[placement.account]?.circuit = Circuit(failure: failure, since: turn.now)
      }
    default: break
    }
  }

  /// Budget first, then the attempt as dispatched, then (once committed) its request.
  mutating func dispatchIfPrepared(turn: inout Turn) {
    guard case .requested(let selection) = resource.state, let resolved = selection.resolved,
      let prepared = selection.prepared, resource.goal != .absent, let operation = resource.openOperation
    else { return }
    let placement = resource.offering.placements[selection.index]
    guard let account = turn.accounts[placement.account] else {
      reject(noAccount(placement), at: selection.index, turn: &turn)
      return
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
