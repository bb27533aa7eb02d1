import Model

extension Engine {
  /// Commits the end of an object that a sweep found; answered once the intent is durable.
  mutating func endStray(_ id: ULID, _ attempt: ULID, _ object: String, _ number: UInt64, at now: Instant) {
    guard let slot = slots[id], slot.machine.attempts[attempt] != nil else { return answer(number, .unknownResource) }
    guard slot.machine.hasSettled(attempt) else {
      return answer(
        number, .refused(Failure(.busy, "attempt \(attempt) is in use again", remedy: "sweep again: `slipway sweep`")))
    }
    slots[id]?.asked.append((number, attempt))
    post(.stray(attempt: attempt, object: object), to: id, at: now)
    answerJoined(id)
  }

  /// Takes an object in. Where its attempt is known, that decides; otherwise it becomes a resource, under the id that its
  /// label names where that is free.
  mutating func adopt(_ adoption: Adoption, _ number: UInt64, at now: Instant) {
    if let owner = slots.values.first(where: { ($0.flight?.next ?? $0.machine).attempts[adoption.attempt] != nil }) {
      return attach(adoption, to: owner, number, at: now)
    }
    guard let account = accounts[adoption.account] else { return answer(number, .unknownResource) }
    let labelled = adoption.thing.resourceLabel.flatMap { ULID($0) }
    let id = labelled.flatMap { slots[$0] == nil ? $0 : nil } ?? random.id(at: now)
    let operation = random.id(at: now)
    var turn = beginTurn(at: now)
    let machine = ResourceMachine.adopt(
      adoption, plugin: account.facts.plugin, limits: account.facts.limits, resource: id, operation: operation,
      turn: &turn)
    endTurn(&turn)
    var slot = Slot(machine: machine)
    slot.asked = [(number, operation)]
    let writes =
      slot.writes(to: machine, isNew: true)
      + machine.attempts.values.map {
        RecordWrite(key: Keys.attempt($0.id), expected: 0, record: .attempt($0))
      }
    slots[id] = slot
    fly(id, to: machine, writes: writes, turn: turn, isNew: true)
  }

  private mutating func attach(_ adoption: Adoption, to owner: Slot, _ number: UInt64, at now: Instant) {
    let machine = owner.flight?.next ?? owner.machine
    let resource = machine.resource
    guard
      resource.state == .provisioning(attempt: adoption.attempt)
        || resource.state == .resolving(attempt: adoption.attempt)
    else {
      return answer(
        number,
        .refused(
          Failure(
            .busy, "object \(adoption.thing.externalID) is of resource \(resource.id), which is \(resource.state.name)",
            remedy: resource.state.isFinal
              ? "end it: `slipway sweep \(adoption.account) --apply`"
              : "see what that resource does with it: `slipway explain \(resource.id)`")))
    }
    slots[resource.id]?.asked.append((number, resource.openOperation?.id ?? adoption.attempt))
    let seen = ObservedObject(externalID: adoption.thing.externalID, state: .unknown)
    // Of no look: its id counts, and nothing that it does not show.
    post(
      .observed(
        Observation(
          attempt: adoption.attempt, objects: [seen], scope: .byID, complete: false, begunAt: now, mutations: .max,
          identityHolds: false)), to: resource.id, at: now)
    answerJoined(resource.id)
  }

  /// Commits that a resource is not ours any more.
  mutating func release(_ id: ULID, _ number: UInt64, at now: Instant) {
    guard let slot = slots[id] else { return answer(number, .unknownResource) }
    if slot.flight == nil, slot.mailbox.isEmpty, let failure = slot.machine.releaseRefusal {
      return answer(number, .refused(failure))
    }
    guard slot.flight == nil, slot.mailbox.isEmpty else {
      return answer(
        number,
        .refused(Failure(.busy, "resource \(id) is changing right now", remedy: "try again in a moment")))
    }
    let operation = random.id(at: now)
    slots[id]?.asked.append((number, operation))
    post(.release(operation), to: id, at: now)
    answerJoined(id)
  }

  /// Resources with an attempt on an account, as they are durable.
  package func machines(on account: String) -> [ResourceMachine] {
    slots.values.lazy.filter { $0.flight?.isNew != true }.map(\.machine)
      .filter { machine in machine.attempts.values.contains { $0.placement.account == account } }
      .sorted { $0.resource.id < $1.resource.id }
  }

  /// Whether the identity pinned on an account was seen to hold.
  package func identityHolds(_ account: String) -> Bool { accounts[account]?.facts.identityHolds == true }
}
