import Model

extension Engine {
  mutating func handle(_ command: Command, _ number: UInt64, at now: Instant) {
    if let failure = refusal(of: command) { return answer(number, .refused(failure)) }
    switch command {
    case .provision(let order): provision(order, number, at: now)
    case .terminate(let id, let reason):
      guard slots[id] != nil else { return answer(number, .unknownResource) }
      let operation = random.id(at: now)
      slots[id]?.asked.append((number, operation))
      post(.terminate(operation, reason: reason), to: id, at: now)
      answerJoined(id)
    case .endStray(let id, let attempt, let object): endStray(id, attempt, object, number, at: now)
    case .adopt(let adoption): adopt(adoption, number, at: now)
    case .release(let id): release(id, number, at: now)
    case .power(let id, let action):
      guard let slot = slots[id] else { return answer(number, .unknownResource) }
      guard slot.flight == nil, slot.mailbox.isEmpty, slot.machine.resource.openOperation == nil,
        slot.machine.resource.state.isHandedOver, slot.machine.resource.goal != .absent
      else { return answer(number, .refused(notNow(slot.machine.resource))) }
      let operation = random.id(at: now)
      slots[id]?.asked.append((number, operation))
      post(.power(operation, action), to: id, at: now)
      answerJoined(id)
    case .reveal(let id):
      guard let slot = slots[id] else { return answer(number, .unknownResource) }
      guard slot.flight == nil, slot.mailbox.isEmpty else {
        return answer(number, .refused(notNow(slot.machine.resource, "something about it is being stored")))
      }
      guard !slot.machine.resource.secrets.isEmpty else { return answer(number, .secrets([])) }
      slots[id]?.revealed = (number, slot.machine.resource.secrets)
      post(.revealed, to: id, at: now)
    case .cancelRun(let id):
      guard let slot = slots[id] else { return answer(number, .unknownResource) }
      guard let operation = slot.machine.resource.openOperation,
        slot.machine.resource.runs.last.map({ $0.ending == nil }) ?? false
      else { return answer(number, .refused(notNow(slot.machine.resource, "no recipe runs on it"))) }
      slots[id]?.asked.append((number, operation.id))
      post(.cancelRun, to: id, at: now)
      answerJoined(id)
    case .upgrade(let id, let recipe): upgrade(id, to: recipe, number, at: now)
    }
  }

  private mutating func upgrade(_ id: ULID, to recipe: RecipeUse, _ number: UInt64, at now: Instant) {
    guard let slot = slots[id] else { return answer(number, .unknownResource) }
    let resource = slot.machine.resource
    guard slot.flight == nil, slot.mailbox.isEmpty, resource.openOperation == nil, case .active = resource.state,
      resource.goal == .present
    else { return answer(number, .refused(notNow(resource, "a recipe is run on an active one, with no other work"))) }
    guard resource.offering.readiness != .cloud, resource.offering.removesAccess != true else {
      return answer(
        number,
        .refused(
          Failure(
            .unsupported, "resource \(id) cannot be reached: its offering gives us no access to it",
            remedy: "make an offering with readiness ssh or recipe that keeps our access")))
    }
    let operation = random.id(at: now)
    slots[id]?.asked.append((number, operation))
    post(.upgrade(operation, recipe), to: id, at: now)
    answerJoined(id)
  }

  private func notNow(_ resource: Resource, _ what: String = "power needs it active or stopped, with no other work")
    -> Failure
  {
    Failure(
      .busy, "resource \(resource.id) is \(resource.state.name); \(what)",
      remedy: "wait for it: `slipway resource watch \(resource.id)`")
  }

  mutating func answer(_ number: UInt64, _ answer: Answer) { actions.append(.answer(number, answer)) }

  private mutating func provision(_ order: Order, _ number: UInt64, at now: Instant) {
    let key = Keys.idempotency(order.caller, order.idempotencyKey)
    if let used = idempotency[key] {
      guard used.bodyDigest == order.bodyDigest else { return answer(number, .keyReused) }
      guard let slot = slots[used.resource] else { return answer(number, .unknownResource) }
      let operation = (slot.flight?.next ?? slot.machine).resource.operations.first?.id ?? used.resource
      let known = Answer.accepted(resource: used.resource, operation: operation)
      if slot.flight?.isNew == true {
        slots[used.resource]?.asked.append((number, operation))
      } else {
        answer(number, known)
      }
      return
    }
    if let failure = refusal(of: order, at: now) { return answer(number, .refused(failure)) }
    let id = random.id(at: now)
    let operation = random.id(at: now)
    var turn = beginTurn(at: now)
    let machine = ResourceMachine.accept(order, resource: id, operation: operation, turn: &turn)
    endTurn(&turn)
    let record = IdempotencyRecord(resource: id, bodyDigest: order.bodyDigest, at: now)
    idempotency[key] = record
    var slot = Slot(machine: machine)
    slot.asked = [(number, operation)]
    let writes =
      slot.writes(to: machine, isNew: true) + [RecordWrite(key: key, expected: 0, record: .idempotency(record))]
    slots[id] = slot
    fly(id, to: machine, writes: writes, turn: turn, isNew: true)
  }

  /// Why nothing can be ordered now; nil: it can.
  private func refusal(of order: Order, at now: Instant) -> Failure? {
    let tenant = Spender.tenant(order.tenant)
    if let failure = Guards.refusal(tenant, policy.tenantLimits, having: usage.figures(of: tenant), at: now) {
      return failure
    }
    var reasons: [String] = []
    var crowded: Failure?
    var first: (account: String, circuit: Circuit)?
    for placement in order.offering.placements {
      guard let account = accounts[placement.account] else {
        reasons.append("account \(placement.account) does not exist")
        continue
      }
      if let circuit = account.circuit {
        if first == nil { first = (placement.account, circuit) }
        let reason = "account \(placement.account): \(circuit.failure.message)"
        if !reasons.contains(reason) { reasons.append(reason) }
        continue
      }
      let spender = Spender.account(placement.account)
      guard
        let failure = Guards.refusal(
          spender, account.facts.guards, having: usage.figures(of: spender), at: now)
      else { return nil }
      crowded = crowded ?? failure
    }
    // An account that is full needs room; one that cannot be used would not be mended by it.
    if let crowded { return crowded }
    // A check reads only: it shows nothing where what was refused was a change.
    let remedy =
      switch first?.circuit.evidence {
      case .reading?: "mend the account, then `slipway account check \(first?.account ?? "NAME")`"
      case .writing?:
        "replace the credential by one that may write: `slipway account rotate \(first?.account ?? "NAME")`"
      case nil: "see `slipway account list`; then provision again"
      }
    return Failure(
      first?.circuit.failure.code ?? .unavailable,
      "no account of offering \(order.offering.name) can be used: \(reasons.joined(separator: "; "))", remedy: remedy)
  }
}
