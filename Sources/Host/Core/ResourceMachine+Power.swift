import Model

// Start, stop and reboot.
extension ResourceMachine {
  /// Another power state is wanted; only of something handed over that has no other work.
  mutating func power(_ operation: ULID, _ action: PowerAction, turn: inout Turn) {
    guard resource.state.isHandedOver, resource.goal != .absent, resource.openOperation == nil,
      let object = resource.state.object
    else { return }
    resource.operations.append(
      Operation(id: operation, kind: .power, acceptedAt: turn.now, deadline: turn.now + turn.policy.powerDeadline))
    resource.goal = action == .stop ? .stopped : .present
    resource.mutations += 1
    note(.intent, "power \(action.rawValue)", ["operation": "\(operation)"], turn: &turn)
    ask(
      .power(attempt: object.attempt, object: object.id, action: action),
      notAfter: turn.now + turn.policy.powerDeadline, turn: &turn)
  }

  /// A look showed what was wanted. While the request is under way that may be the work of another, such as the middle of an
  /// earlier reboot; and a reboot itself is not shown by a look. One that only waits to be asked for again is not needed any
  /// more.
  mutating func sawPower(turn: inout Turn) {
    let isUnderWay = resource.pending.contains { effect in
      if case .power = effect.kind { effect.failures == 0 || turn.running.contains(effect.id) } else { false }
    }
    if isUnderWay { return }
    resource.pending.removeAll { if case .power = $0.kind { true } else { false } }
    decide(.power, .succeeded, turn: &turn)
  }

  /// The answer to it; start and stop are done once a look shows the state.
  mutating func powered(_ effect: Effect, _ action: PowerAction, _ result: EffectResult, turn: inout Turn) {
    resource.mutations += 1
    switch result {
    case .powered(let cookie):
      if let id = resource.state.object?.attempt {
        if let cookie { attempts[id]?.cookie = cookie }
        turn.hints[id] = turn.policy.youngPoll
      }
      if action == .reboot { decide(.power, .succeeded, turn: &turn) }
    case .unknown(let failure, _) where action != .reboot:
      // It may have happened; asked for again it is at worst what it already is.
      note(.answer, "power \(action.rawValue): no definite answer: \(failure.message)", turn: &turn)
      again(effect, after: failure, backoff: turn.policy.retry, turn: &turn)
    case .refused(let failure) where failure.code == .busy && effect.failures > 0 && action != .reboot:
      // The one before may be under way still.
      again(effect, after: failure, backoff: turn.policy.busy, turn: &turn)
    case .refused(let failure), .notSent(let failure), .unknown(let failure, _):
      // One that may not do power may still create and end, so FORBIDDEN says nothing of the account.
      if failure.code == .unauthenticated, let id = effect.kind.attempt {
        rememberRefusal(failure, of: effect, placement: placementIndex(of: id), turn: &turn)
      }
      decide(.power, .failed(failure), turn: &turn)
    case .validated, .prepared, .created, .ending, .secured, .ran, .done:
      break
    }
  }
}
