import Core
import Model

// From a performed effect to its end: through plugin and broker, past their deaths.
extension World {
  mutating func perform(_ effect: Effect, _ resource: Resource, _ attempt: Attempt?) {
    let account: String
    switch effect.kind {
    case .validate(let index), .prepare(let index): account = resource.offering.placements[index].account
    default: account = attempt?.placement.account ?? "?"
    }
    rules.performed(effect, resource, attempt, table: table)
    if case .provision = effect.kind, let attempt {
      rules.creates(attempt, of: resource, now: now, cloud: cloud)
    }
    numbers += 1
    calls[numbers] = Call(number: numbers, effect: effect, resource: resource, attempt: attempt, account: account)
    let wait = effect.kind.isReading || !chance(.slowSend) ? Int64(random.next() % 5) : delay(20_000)
    agenda.plan(.leave(call: numbers, boot: boots), at: now + wait)
  }

  mutating func reply(_ call: Call, _ result: EffectResult, after: Int64) {
    agenda.plan(.answer(call: call.number, boot: boots, result), at: now + after)
  }

  /// The request leaves, or cannot.
  mutating func leave(_ number: UInt64) {
    guard var call = calls[number] else { return }
    if !call.effect.kind.isReading {
      let isTooLate = call.effect.notAfter.map { hostNow > $0 } ?? false
      if isTooLate || chance(.notSent) {
        if case .provision(let id) = call.effect.kind { rules.neverLeft(id) }
        let failure = isTooLate ? Failure(.deadline, "too late to send") : Failure(.unavailable, "refused connection")
        return reply(call, .notSent(failure), after: 5)
      }
    }
    call.stage = .left
    call.leftAt = hostNow
    calls[number] = call
    carryOut(call)
  }

  /// Bytes that were with the kernel when the host died. Nobody hears of it.
  mutating func straggle(_ call: Call) {
    tell("\(call.effect.kind.name) of the dead host leaves after all")
    tally.faults[.slowSend, default: 0] += 1
    carryOut(call)
  }

  private mutating func carryOut(_ call: Call) {
    if clouds != nil, call.effect.kind.isVerb { return errands.append(.call(call)) }
    switch call.effect.kind {
    case .validate(let index): validate(call, call.resource.offering.placements[index])
    case .prepare:
      if chance(.prepareFails) { return reply(call, trouble(), after: delay(500)) }
      let key = BootstrapKey(publicKey: "k", privateKey: SealedSecret(name: "k", box: ""))
      reply(call, .prepared(cookie: nil, bootstrap: key), after: delay(50))
    case .provision(let id):
      rules.left(id, now: now)
      if let attempt = call.attempt { create(call, attempt) }
    case .terminate(_, let object): terminate(call, object)
    case .secure(_, let object, let step): secure(call, object, step)
    case .run(_, let object, _): run(call, object)
    case .cancel(_, let object, _), .tidy(_, let object): tidy(call, object)
    case .power(_, let object, let action): power(call, object, action)
    }
  }

  private mutating func tidy(_ call: Call, _ object: String) {
    let isUp = cloud.object(object, in: call.account)?.state(at: now) == .running
    if isUp, chance(.replyLost) {
      return reply(call, .notSent(Failure(.unavailable, "connection lost")), after: delay(800))
    }
    reply(call, isUp ? .done : .notSent(Failure(.unavailable, "no answer")), after: delay(800))
    // A run that is cancelled ends soon, and says so itself.
    guard isUp, case .cancel(_, _, let run) = call.effect.kind else { return }
    for other in calls.values.sorted(by: { $0.number < $1.number }) {
      guard case .run(_, object, run) = other.effect.kind, case .left = other.stage else { continue }
      reply(other, .ran(RecipeReport(.cancelled)), after: delay(2_000))
    }
  }

  private mutating func run(_ call: Call, _ object: String) {
    let isUp = cloud.object(object, in: call.account)?.state(at: now) == .running
    let endings: [RecipeEnding] = [
      .exited(0), .exited(0), .exited(0), .exited(1), .interrupted("rebooted"), .timedOut,
    ]
    if isUp, chance(.replyLost) {
      return reply(call, .unknown(Failure(.unavailable, "connection lost"), leftAt: hostNow), after: delay(30_000))
    }
    if isUp, chance(.requestLost) {
      return reply(call, .refused(Failure(.hostKeyMismatch, "another key")), after: delay(800))
    }
    let result: EffectResult =
      isUp
      ? .ran(RecipeReport(endings[Int(random.next() % UInt64(endings.count))]))
      : .notSent(Failure(.unavailable, "no answer"))
    reply(call, result, after: delay(30_000))
  }

  /// A plugin or a cloud that cannot be asked, or will not.
  private mutating func trouble() -> EffectResult {
    switch random.next() % 4 {
    case 0: .refused(Failure(.unavailable, "503"))
    case 1: .refused(Failure(.invalidSpec, "no such thing"))
    case 2: .notSent(Failure(.unavailable, "no connection"))
    default: .unknown(Failure(.internal, "the plugin's reply is no JSON"), leftAt: hostNow)
    }
  }

  private mutating func validate(_ call: Call, _ placement: Placement) {
    if cloud.token(of: placement.account) == .revoked {
      return reply(call, .refused(Failure(.unauthenticated, "revoked")), after: delay(5))
    }
    if chance(.prepareFails) { return reply(call, trouble(), after: delay(500)) }
    // The catalog may be older than the stock.
    if !cloud.isInStock(placement) && random.next() % 2 == 0 {
      return reply(call, .refused(Failure(.noCapacity, "sold out")), after: delay(5))
    }
    let resolved = ResolvedPlacement(
      type: placement.type, location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1,
      price: nil)
    reply(call, .validated(resolved), after: delay(5))
  }

  private mutating func secure(_ call: Call, _ object: String, _ step: SecureStep) {
    let isUp = cloud.object(object, in: call.account)?.state(at: now) == .running
    if isUp, chance(.replyLost) {
      return reply(call, .unknown(Failure(.unavailable, "connection lost"), leftAt: hostNow), after: delay(800))
    }
    if isUp, chance(.requestLost) {
      return reply(call, .refused(Failure(.hostKeyMismatch, "another key")), after: delay(800))
    }
    // It runs, and its SSH server does not listen yet, or any more.
    if isUp, chance(.notSent) {
      return reply(call, .notSent(Failure(.unavailable, "connection refused")), after: delay(800))
    }
    let result: EffectResult =
      isUp ? .secured(newHostKey: step == .gather ? "new" : nil) : .notSent(Failure(.unavailable, "no answer"))
    reply(call, result, after: delay(800))
  }

  /// An end reaches the host.
  mutating func answered(_ number: UInt64, _ result: EffectResult) {
    if let orphan = orphans.removeValue(forKey: number) {
      guard case .created(let created) = result, let id = orphan.effect.kind.attempt else { return }
      rules.told(created.externalID, on: orphan.account, of: id)
      cover(orphan.resource.id, "evidence")
      return pump(.evidence(resource: orphan.resource.id, attempt: id, externalID: created.externalID))
    }
    guard let call = calls.removeValue(forKey: number) else { return }
    finish(call, result)
  }

  private mutating func finish(_ call: Call, _ result: EffectResult) {
    rules.heard(call, result)
    cover(call.resource.id, "\(call.effect.kind.verb) \(result.word)")
    pump(.finished(resource: call.resource.id, effect: call.effect, result))
  }

  /// Everything in flight on that plugin ends at once; what is on the wire is not called back.
  mutating func workerDies(_ account: String) {
    tell("worker of \(account) dies")
    let crash = Failure(.internal, "worker ended by signal 11")
    for call in calls.values.sorted(by: { $0.number < $1.number }) where call.account == account {
      switch call.effect.kind {
      case .secure, .run, .cancel, .tidy: continue
      default: break
      }
      // One end may lead to a death of the host.
      guard engine != nil, calls.removeValue(forKey: call.number) != nil else { return }
      switch (call.stage, call.effect.kind) {
      case (.notLeft, .provision(let id)):
        rules.neverLeft(id)
        finish(call, .notSent(crash))
      case (.notLeft, _): finish(call, .notSent(crash))
      case (.left, .provision) where call.isSilent: finish(call, .notSent(crash))
      case (.left, .provision):
        orphans[call.number] = call
        finish(call, .unknown(crash, leftAt: call.leftAt ?? hostNow))
      case (.left, _): finish(call, .unknown(crash, leftAt: call.leftAt ?? hostNow))
      }
    }
    for (number, look) in looks.sorted(by: { $0.key < $1.key }) where look.account == account {
      guard engine != nil, looks.removeValue(forKey: number) != nil else { return }
      pump(.looked(number, .failed(crash)))
    }
  }
}

extension EffectKind {
  /// Whether a plugin does it.
  var isVerb: Bool {
    switch self {
    case .validate, .prepare, .provision, .terminate, .power: true
    case .secure, .run, .cancel, .tidy: false
    }
  }

  /// What is done, whatever the step.
  var verb: String {
    switch self {
    case .validate: "validate"
    case .prepare: "prepare"
    case .provision: "provision"
    case .terminate: "terminate"
    case .secure: "secure"
    case .run: "recipe"
    case .cancel: "cancel"
    case .tidy: "tidy"
    case .power: "power"
    }
  }
}

extension EffectResult {
  /// How it ended, in one word.
  var word: String {
    switch self {
    case .validated, .prepared, .created, .secured, .ran, .done, .powered: "done"
    case .ending(_, _, let confirmed): confirmed ? "done" : "not shown"
    case .refused: "refused"
    case .notSent: "not sent"
    case .unknown: "unknown"
    }
  }
}
