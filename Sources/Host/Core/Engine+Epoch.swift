import Model

// In an epoch that nobody has confirmed the ledger may be an old copy, and another daemon may act on the newer one: so
// nothing is made, ended or changed, while looks go on.
extension Engine {
  /// Whether an effect waits for the epoch to be confirmed.
  func isWithheld(_ effect: Effect) -> Bool {
    if isConfirmed { return false }
    if case .validate = effect.kind { return false }
    return true
  }

  /// Why a command is refused now; nil: it is not.
  func refusal(of command: Command) -> Failure? {
    guard !isConfirmed else { return nil }
    switch command {
    case .provision(let order):
      // What was accepted is known, whatever the epoch.
      if knows(Keys.idempotency(order.caller, order.idempotencyKey)) { return nil }
    case .terminate, .power, .upgrade, .endStray, .cancelRun, .release: break
    case .adopt, .reveal: return nil
    }
    var failure = Failure(
      .busy, "the ledger may be an old copy, so nothing is made, ended or changed",
      remedy:
        "make sure that no other daemon runs on a copy, look at `slipway sweep --all`, then `slipway epoch confirm`"
    )
    failure.expected = "an epoch that an operator has confirmed"
    failure.found = "one that nobody has"
    return failure
  }

  /// What waited goes on.
  mutating func epochConfirmed(at now: Instant) {
    guard !isConfirmed else { return }
    isConfirmed = true
    for id in slots.keys.sorted() { settle(id, hints: [:], at: now) }
  }
}
