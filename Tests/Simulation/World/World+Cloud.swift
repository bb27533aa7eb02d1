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
      let resolved = ResolvedPlacement(
        type: placement.type, location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1,
        price: nil)
      answer(boot: boot, resource, effect, .validated(resolved), after: delay(5))
    case .prepare:
      let key = BootstrapKey(publicKey: "k", privateKey: SealedSecret(name: "k", box: ""))
      answer(boot: boot, resource, effect, .prepared(cookie: nil, bootstrap: key), after: delay(50))
    case .provision(let id): create(boot: boot, effect, resource, id)
    case .terminate(_, let object): terminate(boot: boot, effect, resource, object)
    case .secure(_, let object, let step):
      let alive = cloud.find(object).map { $0.deletedAt == nil && now >= $0.runsAt } ?? false
      let result: EffectResult =
        alive
        ? .secured(newHostKey: step == .gather ? "new" : nil)
        : .notSent(Failure(.unavailable, "no answer"))
      answer(boot: boot, resource, effect, result, after: delay(800))
    case .power: answer(boot: boot, resource, effect, .powered(cookie: nil), after: delay(50))
    }
  }

  private mutating func create(boot: Int, _ effect: Effect, _ resource: Resource, _ id: ULID) {
    let failure = Failure(.unknownOutcome, "no answer")
    let patience = delay(10_000)
    if chance(faults.notSent, "not sent") {
      return answer(boot: boot, resource, effect, .notSent(Failure(.unavailable, "refused connection")), after: 5)
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
      agenda.plan(.execute(id), at: now + late)
      return answer(boot: boot, resource, effect, .unknown(failure, leftAt: now), after: patience)
    }
    let object = execute(id, twice: chance(faults.executedTwice, "executed twice"))
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
  mutating func execute(_ id: ULID, twice: Bool) -> AbstractObject? {
    let failed = chance(faults.objectFails, "object fails")
    let object = cloud.create(id, at: now, random: &random, failed: failed)
    if let object {
      tally.creates += 1
      tell("cloud makes \(object.id) for \(id)")
      if failed && random.next() % 2 == 0 { agenda.plan(.fail(object: object.id), at: now + delay(30_000)) }
    }
    if twice, let second = cloud.create(id, at: now, random: &random, failed: false) {
      tell("cloud makes \(second.id) for \(id), again")
    }
    return object
  }

  private mutating func terminate(boot: Int, _ effect: Effect, _ resource: Resource, _ object: String) {
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

  mutating func look(boot: Int, _ number: UInt64, _ entries: [LookEntry]) {
    if chance(faults.lookFails, "look fails") {
      let failure = EngineEvent.looked(number, .failed(Failure(.unavailable, "503")))
      return agenda.plan(.engine(boot: boot, failure), at: now + delay(500))
    }
    let isComplete = !chance(faults.lookFails, "look incomplete")
    let observations = entries.map { entry -> Observation in
      var seen: [ObservedObject] = []
      if let id = entry.object {
        if let object = cloud.find(id) { seen.append(cloud.observe(object, at: now)) }
        // The look covers every object of the attempt, not only the one asked for.
        seen += cloud.named(entry.attempt.id, at: now).filter { $0.id != id }.map { cloud.observe($0, at: now) }
      } else if isComplete {
        seen = cloud.named(entry.attempt.id, at: now).map { cloud.observe($0, at: now) }
      }
      return Observation(
        attempt: entry.attempt.id, objects: seen, scope: entry.object == nil ? .byName : .byID, complete: isComplete,
        begunAt: now, mutations: 0, identityHolds: true)
    }
    agenda.plan(.engine(boot: boot, .looked(number, .seen(observations, requests: 1))), at: now + delay(500))
  }
}
