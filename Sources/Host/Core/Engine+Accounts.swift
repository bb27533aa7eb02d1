import Model

// What is known of accounts and their credentials, and what follows from it for those who wait.
extension Engine {
  mutating func accountChanged(_ facts: AccountFacts, at now: Instant) {
    if accounts[facts.name] == nil {
      accounts[facts.name] = AccountState(facts: facts, policy: policy, at: now)
    } else {
      accounts[facts.name]?.tell(facts, policy, at: now)
    }
  }

  /// What an effect's end says of the account's credential.
  mutating func noteHealth(_ effect: Effect, of resource: ULID, _ result: EffectResult, at now: Instant) {
    guard let id = effect.kind.attempt, let attempt = slots[resource]?.machine.attempts[id] else { return }
    let name = attempt.placement.account
    switch (effect.kind, result) {
    case (.provision, .created):
      accounts[name]?.made(attempt.placement)
      fallthrough
    case (.terminate, .ending), (.power, .powered):
      if accounts[name]?.changedSomething(by: effect.id) == true { mended(name, at: now) }
    default: break
    }
  }

  mutating func accountHealthy(_ name: String, canWrite: Bool?, at now: Instant) {
    let wasMended = canWrite == true ? accounts[name]?.changedSomething() : accounts[name]?.accepted()
    if wasMended == true { mended(name, at: now) }
  }

  mutating func credentialReplaced(_ name: String, at now: Instant) {
    guard accounts[name] != nil else { return }
    accounts[name]?.replaced(running: running, at: now)
    mended(name, at: now)
  }

  /// What waited because the account could not be used goes on at once.
  mutating func mended(_ name: String, at now: Instant) {
    plans[name]?.failures = 0
    plans[name]?.heldUntil = nil
    for id in slots.keys.sorted() { post(.accountMended(name), to: id, at: now) }
  }

  /// What was out of stock shortly before this start of the host.
  mutating func recallStock(at now: Instant) {
    for slot in slots.values {
      let placements = slot.machine.resource.offering.placements
      for rejection in slot.machine.resource.rejected
      where rejection.wasTried && rejection.failure.code == .noCapacity {
        guard let index = rejection.placement, placements.indices.contains(index), let at = rejection.at,
          at + policy.avoidPair > now
        else { continue }
        accounts[placements[index].account]?.avoid(placements[index], until: at + policy.avoidPair, at: now)
      }
    }
  }
}
