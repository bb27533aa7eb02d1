import Core
import Model

// The cloud's side: what becomes of requests.
extension World {
  mutating func answer(boot: Int, _ resource: Resource, _ effect: Effect, _ result: EffectResult, after: Int64) {
    agenda.plan(.engine(boot: boot, .finished(resource: resource.id, effect: effect, result)), at: now + after)
  }

  mutating func request(boot: Int, _ effect: Effect, _ resource: Resource, _ attempt: Attempt?) {
    // What the host had not sent when it died is never sent.
    guard boot == boots, engine != nil else { return }
    switch effect.kind {
    case .validate(let index):
      let placement = resource.offering.placements[index]
      if cloud.token(of: placement.account) == .revoked {
        return answer(boot: boot, resource, effect, .refused(Failure(.unauthenticated, "revoked")), after: delay(5))
      }
      // The catalog may be older than the stock.
      if !cloud.isInStock(placement) && random.next() % 2 == 0 {
        return answer(boot: boot, resource, effect, .refused(Failure(.noCapacity, "sold out")), after: delay(5))
      }
      let resolved = ResolvedPlacement(
        type: placement.type, location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1,
        price: nil)
      answer(boot: boot, resource, effect, .validated(resolved), after: delay(5))
    case .prepare:
      let key = BootstrapKey(publicKey: "k", privateKey: SealedSecret(name: "k", box: ""))
      answer(boot: boot, resource, effect, .prepared(cookie: nil, bootstrap: key), after: delay(50))
    case .provision:
      if let attempt { create(boot: boot, effect, resource, attempt) }
    case .terminate(_, let object):
      if let attempt { terminate(boot: boot, effect, resource, object, in: attempt.placement.account) }
    case .secure(_, let object, let step):
      let alive =
        cloud.find(object, in: attempt?.placement.account ?? "", at: now).map {
          $0.deletedAt == nil && now >= $0.runsAt
        }
        ?? false
      let result: EffectResult =
        alive
        ? .secured(newHostKey: step == .gather ? "new" : nil)
        : .notSent(Failure(.unavailable, "no answer"))
      answer(boot: boot, resource, effect, result, after: delay(800))
    case .run(_, let object, _):
      let standing = cloud.find(object, in: attempt?.placement.account ?? "", at: now)
      let isAlive = standing.map { $0.deletedAt == nil && now >= $0.runsAt } ?? false
      let endings: [RecipeEnding] = [
        .exited(0), .exited(0), .exited(0), .exited(1), .interrupted("rebooted"), .timedOut,
      ]
      let result: EffectResult =
        isAlive
        ? .ran(RecipeReport(endings[Int(random.next() % UInt64(endings.count))]))
        : .notSent(Failure(.unavailable, "no answer"))
      answer(boot: boot, resource, effect, result, after: delay(30_000))
    case .power: answer(boot: boot, resource, effect, .powered(cookie: nil), after: delay(50))
    }
  }

  /// Why an account's token is refused a change; nil: it is not.
  private mutating func refusal(in account: String) -> Failure? {
    switch cloud.token(of: account) {
    case .good: nil
    case .readOnly: Failure(.forbidden, "read-only")
    case .revoked: Failure(.unauthenticated, "revoked")
    }
  }

  private mutating func create(boot: Int, _ effect: Effect, _ resource: Resource, _ attempt: Attempt) {
    let failure = Failure(.unknownOutcome, "no answer")
    let patience = delay(10_000)
    let id = attempt.id
    let account = attempt.placement.account
    if chance(faults.notSent, "not sent") {
      return answer(boot: boot, resource, effect, .notSent(Failure(.unavailable, "refused connection")), after: 5)
    }
    if let refusal = refusal(in: account) {
      return answer(boot: boot, resource, effect, .refused(refusal), after: delay(200))
    }
    if !cloud.isInStock(attempt.placement) {
      tally.faults["sold out", default: 0] += 1
      return answer(boot: boot, resource, effect, .refused(Failure(.noCapacity, "sold out")), after: delay(200))
    }
    if chance(faults.quota, "quota") {
      return answer(boot: boot, resource, effect, .refused(Failure(.quota, "server limit")), after: delay(200))
    }
    if chance(faults.outOfStock, "out of stock") {
      return answer(boot: boot, resource, effect, .refused(Failure(.noCapacity, "out of stock")), after: delay(200))
    }
    if chance(faults.busy, "busy") {
      return answer(boot: boot, resource, effect, .refused(Failure(.rateLimited, "slow down")), after: delay(200))
    }
    if chance(faults.requestLost, "request lost") {
      return answer(boot: boot, resource, effect, .unknown(failure, leftAt: now), after: patience)
    }
    if chance(faults.executedLate, "executed late") {
      let late = random.next() % 2 == 0 ? delay(12_000) : delay(900_000)
      agenda.plan(.execute(id, account: account), at: now + late)
      return answer(boot: boot, resource, effect, .unknown(failure, leftAt: now), after: patience)
    }
    let object = execute(id, in: account, twice: chance(faults.executedTwice, "executed twice"))
    if chance(faults.replyLost, "reply lost") {
      return answer(boot: boot, resource, effect, .unknown(failure, leftAt: now), after: patience)
    }
    if let object {
      answer(
        boot: boot, resource, effect, .created(Created(externalID: object.id, pollAfterMs: 1_000)), after: delay(900))
    } else if let mine = cloud.living.first(where: { $0.attempt == id }) {
      answer(boot: boot, resource, effect, .created(Created(externalID: mine.id, adopted: true)), after: delay(900))
    }
  }

  @discardableResult
  mutating func execute(_ id: ULID, in account: String, twice: Bool) -> AbstractObject? {
    let failed = chance(faults.objectFails, "object fails")
    let object = cloud.create(id, in: account, at: now, random: &random, failed: failed)
    if let object {
      tally.creates += 1
      tell("cloud makes \(object.id) for \(id)")
      if failed && random.next() % 2 == 0 { agenda.plan(.fail(object: object.id), at: now + delay(30_000)) }
    }
    if twice, random.next() % 2 == 0 {
      agenda.plan(.execute(id, account: account), at: now + delay(13_000))
    } else if twice, let second = cloud.create(id, in: account, at: now, random: &random, failed: false) {
      tell("cloud makes \(second.id) for \(id), again")
    }
    return object
  }

  private mutating func terminate(
    boot: Int, _ effect: Effect, _ resource: Resource, _ object: String, in account: String
  ) {
    if let refusal = refusal(in: account) {
      return answer(boot: boot, resource, effect, .refused(refusal), after: delay(200))
    }
    guard let standing = cloud.find(object, in: account, at: now), standing.deletedAt == nil else {
      return answer(boot: boot, resource, effect, .refused(Failure(.notFound, "no such server")), after: delay(200))
    }
    if chance(faults.busy, "busy") {
      return answer(boot: boot, resource, effect, .refused(Failure(.busy, "locked")), after: delay(200))
    }
    if chance(faults.requestLost, "request lost") {
      return answer(
        boot: boot, resource, effect, .unknown(Failure(.unknownOutcome, "no answer"), leftAt: now), after: delay(9_000))
    }
    agenda.plan(.fail(object: object), at: now + delay(5_000))
    if chance(faults.replyLost, "reply lost") {
      return answer(
        boot: boot, resource, effect, .unknown(Failure(.unknownOutcome, "no answer"), leftAt: now), after: delay(9_000))
    }
    answer(boot: boot, resource, effect, .ending(cookie: nil, pollAfterMs: 1_000), after: delay(300))
  }

  mutating func look(boot: Int, _ number: UInt64, _ account: String, _ entries: [LookEntry]) {
    if cloud.token(of: account) == .revoked {
      let failure = EngineEvent.looked(number, .failed(Failure(.unauthenticated, "revoked")))
      return agenda.plan(.engine(boot: boot, failure), at: now + delay(500))
    }
    if chance(faults.lookFails, "look fails") {
      let failure = EngineEvent.looked(number, .failed(Failure(.unavailable, "503")))
      return agenda.plan(.engine(boot: boot, failure), at: now + delay(500))
    }
    let isComplete = !chance(faults.lookFails, "look incomplete")
    let observations = entries.map { entry -> Observation in
      var seen: [ObservedObject] = []
      if let id = entry.object {
        if let object = cloud.find(id, in: account, at: now) {
          seen.append(cloud.observe(object, at: now))
        } else {
          seen.append(ObservedObject(externalID: id, state: .gone, ipv4: nil, createdAt: nil))
        }
        // The look covers every object of the attempt, not only the one asked for.
        seen += cloud.named(entry.attempt.id, in: account, at: now).filter { $0.id != id }.map {
          cloud.observe($0, at: now)
        }
      } else if isComplete {
        seen = cloud.named(entry.attempt.id, in: account, at: now).map { cloud.observe($0, at: now) }
      }
      return Observation(
        attempt: entry.attempt.id, objects: seen, scope: entry.object == nil ? .byName : .byID, complete: isComplete,
        begunAt: now, mutations: 0, identityHolds: true)
    }
    agenda.plan(.engine(boot: boot, .looked(number, .seen(observations, requests: 1))), at: now + delay(500))
  }
}
