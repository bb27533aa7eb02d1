package import Model

extension Engine {
  /// Begins the looks that are due and that the accounts' budgets allow.
  mutating func runLooks(at now: Instant) {
    for name in plans.keys.sorted() {
      guard let at = plans[name]?.next(), at <= now else { continue }
      guard let account = accounts[name], accounts[name]?.looks.take(1, at: now) == true else { continue }
      guard let watches = plans[name]?.take(at: now, most: account.facts.limits.pollBatch), !watches.isEmpty
      else { continue }
      let entries = watches.compactMap(entry)
      guard !entries.isEmpty else { continue }
      serial += 1
      plans[name]?.underWay = serial
      var byKey: [LookPlan.Key: Watch] = [:]
      for watch in watches { byKey[LookPlan.Key(watch)] = watch }
      looks[serial] = (name, byKey, now, entries)
      actions.append(.look(serial, account: name, entries))
    }
  }

  private func entry(_ watch: Watch) -> LookEntry? {
    guard let slot = slots[watch.resource], let attempt = slot.machine.attempts[watch.attempt] else { return nil }
    return LookEntry(
      resource: watch.resource, attempt: attempt, object: watch.object, expectAbsent: watch.expectAbsent,
      mutations: (slot.flight?.next ?? slot.machine).resource.mutations)
  }

  mutating func looked(_ number: UInt64, _ result: LookResult, at now: Instant) {
    guard let look = looks.removeValue(forKey: number) else { return }
    switch result {
    case .failed(let failure):
      lookFailed(look.account, begun: look.begun, failure, at: now)
      for watch in look.watches.values {
        plans[look.account]?.looked(watch, hint: nil, begun: look.begun, at: now)
      }
      plans[look.account]?.finished([], hints: [:], begun: look.begun, at: now)
    case .seen(let observations, let requests):
      plans[look.account]?.failures = 0
      plans[look.account]?.heldUntil = nil
      if accounts[look.account]?.accepted() == true { mended(look.account, at: now) }
      accounts[look.account]?.looks.charge(max(0, requests - 1), at: now)
      var hints: [ULID: Int64] = [:]
      for observation in observations { hints[observation.attempt] = observation.pollAfterMs }
      for watch in look.watches.values {
        plans[look.account]?.looked(watch, hint: hints[watch.attempt], begun: look.begun, at: now)
      }
      plans[look.account]?.finished(observations, hints: hints, begun: look.begun, at: now)
      deliver(observations, of: look, at: now)
    }
  }

  private mutating func lookFailed(_ name: String, begun: Instant, _ failure: Failure, at now: Instant) {
    let failures = min((plans[name]?.failures ?? 0) + 1, 30)
    plans[name]?.failures = failures
    let wait = policy.retry.wait(failures: failures, random: &random)
    plans[name]?.heldUntil = now + max(wait, min(failure.retryAfterMs ?? 0, 600_000))
    guard failure.code == .unauthenticated || failure.code == .forbidden else { return }
    if accounts[name]?.refused(failure, .reading, begun: begun, at: now) == true {
      actions.append(.alarm(account: name, failure.message))
    }
  }

  /// Hands observations over, unless so much vanished at once that the look itself is in doubt.
  private mutating func deliver(
    _ observations: [Observation],
    of look: (account: String, watches: [LookPlan.Key: Watch], begun: Instant, entries: [LookEntry]), at now: Instant
  ) {
    var asked: [ULID: LookEntry] = [:]
    for entry in look.entries { asked[entry.attempt.id] = entry }
    var answered: Set<ULID> = []
    var repeated: Set<ULID> = []
    for observation in observations where !answered.insert(observation.attempt).inserted {
      repeated.insert(observation.attempt)
    }
    let usable = observations.filter { asked[$0.attempt] != nil && !repeated.contains($0.attempt) }
    let ignored = unbelieved(usable, asked, look.account, begun: look.begun, at: now)
    for var observation in usable where !ignored.contains(observation.attempt) {
      guard let entry = asked[observation.attempt] else { continue }
      observation.begunAt = look.begun
      observation.mutations = entry.mutations
      let isVouchedFor = accounts[look.account]?.vouches(since: look.begun) == true
      observation.identityHolds = observation.identityHolds && isVouchedFor
      guard !rests(entry.resource, under: observation, at: now) else { continue }
      post(.observed(observation), to: entry.resource, at: now)
    }
  }

  /// Whether an observation shows a resource that rests as it is known: then there is nothing to decide, and nothing to plan.
  private func rests(_ id: ULID, under observation: Observation, at now: Instant) -> Bool {
    guard let slot = slots[id], slot.flight == nil, slot.mailbox.isEmpty,
      slot.machine.rests(under: observation, at: now)
    else { return false }
    assert(isUnchanged(slot.machine, by: observation, at: now), "resource \(id) does not rest under \(observation)")
    return true
  }

  /// What `rests` promises, found out the long way.
  private func isUnchanged(_ machine: ResourceMachine, by observation: Observation, at now: Instant) -> Bool {
    var (next, engine) = (machine, self)
    var turn = engine.beginTurn(of: machine, at: now)
    next.handle(.observed(observation), turn: &turn)
    return next == machine && turn.notes.isEmpty && turn.notices.isEmpty && turn.alarms.isEmpty && turn.hints.isEmpty
  }

  /// Of what vanished, what is not believed: so much at once that the look itself is in doubt.
  private mutating func unbelieved(
    _ observations: [Observation], _ asked: [ULID: LookEntry], _ name: String, begun: Instant, at now: Instant
  ) -> Set<ULID> {
    var gone: [ULID: ULID] = [:]
    for seen in observations where vanishes(seen, asked[seen.attempt]) {
      gone[seen.attempt] = asked[seen.attempt]?.resource
    }
    let standing = observations.filter { gone[$0.attempt] == nil && !$0.objects.isEmpty }.map(\.attempt)
    // Without the identity no absence counts, and none is waited for.
    guard accounts[name]?.vouches(since: begun) == true else { return [] }
    let ignored = accounts[name]?.vanish(gone, standing: standing, of: plans[name]?.count ?? 0, policy, at: now) ?? []
    if !ignored.isEmpty {
      let text =
        "\(ignored.count) objects vanished in one look, which is not believed before every look has said so for "
        + "\(policy.vanishPatience / 60_000) min; nothing is changed: look at the account itself"
      actions.append(.alarm(account: name, text))
    }
    return ignored
  }

  /// The resources of an account that looks say are gone, and since when, where that is too much at once to be believed; those
  /// that have ended meanwhile left out.
  package func doubted(on account: String) -> (resources: [ULID], since: Instant)? {
    guard let (ids, since) = accounts[account]?.vanished.resources, let since else { return nil }
    let standing = ids.filter { slots[$0]?.machine.resource.state.isHandedOver == true }.sorted()
    return standing.isEmpty ? nil : (standing, since)
  }

  private func vanishes(_ observation: Observation, _ entry: LookEntry?) -> Bool {
    guard let entry, !entry.expectAbsent, let object = entry.object else { return false }
    return observation.objects.contains { $0.externalID == object && $0.state == .gone }
  }
}
