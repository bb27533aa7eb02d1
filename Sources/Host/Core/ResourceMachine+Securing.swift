import Model

// From a running VM to one whose host key only it knows and we have pinned.
extension ResourceMachine {
  /// The answer to one step.
  mutating func secured(
    _ effect: Effect, attempt: ULID, object: String, step: SecureStep, _ result: EffectResult, turn: inout Turn
  ) {
    guard resource.state == .securing(attempt: attempt, object: object, step: step) else { return }
    switch (result, step) {
    case (.secured(let key), .gather):
      guard let key else { return again(effect, after: noKey, backoff: turn.policy.secure, turn: &turn) }
      resource.hostKey = key
      resource.contacted = true
      mark(.sshReachable, turn: &turn)
      next(.rotate, attempt, object, turn: &turn)
    case (.secured, .rotate):
      next(.confirm, attempt, object, turn: &turn)
    case (.secured, .confirm):
      // From here on only the VM has its private key; our sealed copy of the first one is destroyed.
      resource.bootstrap?.privateKey = nil
      mark(.hostKeyVerified, turn: &turn)
      pinned(attempt, object, turn: &turn)
    case (.secured, .leave): handOver(attempt, object, turn: &turn)
    case (.refused(let failure), .leave) where failure.code == .forbidden:
      // Our key is refused: an earlier try removed it, and its answer was lost.
      handOver(attempt, object, turn: &turn)
    case (.refused(let failure), _), (.notSent(let failure), _), (.unknown(let failure, _), _):
      if failure.code == .hostKeyMismatch && resource.contacted {
        find(.hostKeyMismatch, failure.message, turn: &turn)
      }
      var next = effect
      if effect.told != failure.message {
        note(.answer, "ssh \(step.rawValue): \(failure.message)", turn: &turn)
        next.told = failure.message
      }
      again(next, after: failure, backoff: turn.policy.secure, turn: &turn)
    default: break
    }
  }

  private var noKey: Failure { Failure(.internal, "the VM gave no new host key") }

  private mutating func next(_ step: SecureStep, _ attempt: ULID, _ object: String, turn: inout Turn) {
    move(to: .securing(attempt: attempt, object: object, step: step), turn: &turn)
    ask(.secure(attempt: attempt, object: object, step: step), turn: &turn)
  }
}
