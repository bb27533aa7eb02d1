import Core
import Model

// The cloud's side: what becomes of requests that change something.
extension World {
  /// Why an account's token is refused a change; nil: it is not. A token of another project is let in nowhere here.
  private func refusal(in account: String) -> Failure? {
    switch cloud.token(of: account) {
    case .good: nil
    case .readOnly: Failure(.forbidden, "read-only")
    case .stranger: Failure(.forbidden, "not in this project")
    case .revoked: Failure(.unauthenticated, "revoked")
    }
  }

  /// What the host makes of a create, by what its broker saw.
  private func judged(_ call: Call, _ ending: CreateEnding, _ reach: MutationEvidence.Reach) -> EffectResult {
    CreateVerdict.judge(
      ending, evidence: [MutationEvidence(reach: reach, leftAt: call.leftAt ?? hostNow)], isBrokered: true,
      now: hostNow)
  }

  mutating func create(_ call: Call, _ attempt: Attempt) {
    func failed(_ code: FailureCode, _ text: String, _ status: Int, mayExist: Bool = false) -> EffectResult {
      judged(call, .failed(Failure(code, text), mayExist: mayExist), .answered(status))
    }
    let lost = judged(call, .lost(Failure(.unknownOutcome, "no answer")), .sentNoAnswer)
    let id = attempt.id
    let account = call.account
    if let refusal = refusal(in: account) {
      return reply(call, failed(refusal.code, refusal.message, 403), after: delay(200))
    }
    if rules.creates[id]?.isKnown == true { return complete(call, attempt) }
    if !cloud.isInStock(attempt.placement) {
      return reply(call, failed(.noCapacity, "sold out", 412), after: delay(200))
    }
    if chance(.quota) { return reply(call, failed(.quota, "server limit", 422), after: delay(200)) }
    if chance(.outOfStock) { return reply(call, failed(.noCapacity, "out of stock", 412), after: delay(200)) }
    if chance(.nameTaken) { return reply(call, failed(.nameTaken, "a stranger's", 409), after: delay(200)) }
    if chance(.busy) { return reply(call, failed(.rateLimited, "slow down", 429), after: delay(200)) }
    if chance(.requestLost) { return reply(call, lost, after: delay(10_000)) }
    if chance(.errorBefore) { return reply(call, failed(.noCapacity, "oops", 503), after: delay(2_000)) }
    if chance(.executedInWindow) {
      agenda.plan(.execute(id, account: account, isExcused: false), at: now + delay(9_000))
      return reply(call, lost, after: delay(10_000))
    }
    if chance(.executedLate) {
      agenda.plan(.execute(id, account: account, isExcused: true), at: now + 15_000 + delay(885_000))
      return reply(call, lost, after: delay(10_000))
    }
    if chance(.refusedAndDone) {
      execute(id, in: account, isExcused: true)
      let noes: [(FailureCode, Int)] = [(.quota, 422), (.noCapacity, 412), (.invalidSpec, 422), (.rateLimited, 429)]
      let no = noes[Int(random.next() % UInt64(noes.count))]
      return reply(call, failed(no.0, "no, it says", no.1), after: delay(900))
    }
    let made = execute(id, in: account, isExcused: false)
    if chance(.executedTwice) {
      let after = random.next() % 2 == 0 ? delay(13_000) : 0
      agenda.plan(.execute(id, account: account, isExcused: true), at: now + after)
    }
    if chance(.replyLost) { return reply(call, lost, after: delay(10_000)) }
    if chance(.errorAfter) { return reply(call, failed(.noCapacity, "oops", 500), after: delay(2_000)) }
    if chance(.badRequest) {
      return reply(call, failed(.invalidSpec, "no network", 422, mayExist: true), after: delay(900))
    }
    if let made {
      let secrets = random.next() % 2 == 0 ? [SealedSecret(name: "root_password", box: "")] : []
      let created = Created(externalID: made.id, secrets: secrets, pollAfterMs: 1_000)
      return reply(call, judged(call, .replied(created), .answered(201)), after: delay(900))
    }
    // The name is taken, by an object of ours: a plugin that sees it adopts it.
    if let mine = cloud.named(id, in: account, at: now).first {
      let created = Created(externalID: mine.id, adopted: true)
      return reply(call, judged(call, .replied(created), .answered(409)), after: delay(900))
    }
    reply(call, failed(.nameTaken, "a hidden one's", 409, mayExist: true), after: delay(900))
  }

  /// The same attempt, with an object: what is missing of it is made, never another object.
  private mutating func complete(_ call: Call, _ attempt: Attempt) {
    guard let mine = cloud.named(attempt.id, in: call.account, at: now).first else {
      return reply(call, .refused(Failure(.notFound, "no such server")), after: delay(200))
    }
    if chance(.requestLost) {
      return reply(call, .unknown(Failure(.unknownOutcome, "no answer"), leftAt: hostNow), after: delay(9_000))
    }
    cloud.change(mine.id, in: call.account) { $0.isComplete = true }
    reply(call, .created(Created(externalID: mine.id, adopted: true)), after: delay(500))
  }

  /// A create is carried out. Nil where the name is taken.
  @discardableResult
  mutating func execute(_ id: ULID, in account: String, isExcused: Bool) -> AbstractObject? {
    guard !cloud.isTaken(id, in: account) else { return nil }
    let hidden = chance(.hiddenLong) ? delay(12_000) : delay(4_000)
    // What is made in time, and shown only after the settle window, is as late as what is made then.
    let window = rules.creates[id].flatMap { truth in truth.leftAt.map { $0 + truth.settleMs } }
    let isExcused = isExcused || window.map { now + hidden > $0 } ?? false
    let object = cloud.make(id, in: account, at: now, visible: hidden, runs: delay(20_000))
    tally.creates += 1
    tell("cloud makes \(object.place) for \(id)\(isExcused ? ", late or again" : "")")
    let fails = chance(.objectFails)
    let isIncomplete = chance(.objectIncomplete)
    cloud.change(object.id, in: account) {
      $0.failed = fails
      $0.isComplete = !isIncomplete
      $0.isExcused = isExcused
    }
    if fails && random.next() % 2 == 0 {
      agenda.plan(.delete(object: object.id, account: account), at: now + delay(30_000))
    }
    if chance(.objectVanishes) {
      let after = random.next() % 2 == 0 ? delay(20_000) : delay(400_000)
      agenda.plan(.delete(object: object.id, account: account), at: now + after)
    }
    if chance(.objectStops) {
      let at = now + delay(300_000)
      agenda.plan(.switchOff(object: object.id, account: account, isOff: true), at: at)
      agenda.plan(.switchOff(object: object.id, account: account, isOff: false), at: at + delay(200_000))
    }
    return object
  }

  mutating func terminate(_ call: Call, _ object: String) {
    let lost = EffectResult.unknown(Failure(.unknownOutcome, "no answer"), leftAt: call.leftAt ?? hostNow)
    func refused(_ code: FailureCode, _ text: String) -> EffectResult { .refused(Failure(code, text)) }
    if let refusal = refusal(in: call.account), cloud.token(of: call.account) != .stranger {
      return reply(call, .refused(refusal), after: delay(200))
    }
    guard let standing = cloud.find(object, in: call.account, at: now), standing.deletedAt == nil else {
      let isQuiet = random.next() % 2 == 0
      let result = EffectResult.ending(cookie: nil, pollAfterMs: 0, confirmed: false)
      return reply(call, isQuiet ? result : refused(.notFound, "no such server"), after: delay(200))
    }
    if chance(.objectRelabelled) {
      cloud.change(object, in: call.account) { $0.isOurs = false }
      tell("\(standing.place) is a stranger's now")
    }
    if cloud.object(object, in: call.account)?.isOurs == false {
      return reply(call, refused(.nameTaken, "not ours"), after: delay(200))
    }
    if chance(.protected) { return reply(call, refused(.protected, "protected"), after: delay(200)) }
    if chance(.busy) { return reply(call, refused(.busy, "locked"), after: delay(200)) }
    if chance(.requestLost) || chance(.errorBefore) { return reply(call, lost, after: delay(9_000)) }
    agenda.plan(.delete(object: object, account: call.account), at: now + delay(5_000))
    if chance(.replyLost) || chance(.errorAfter) { return reply(call, lost, after: delay(9_000)) }
    reply(call, .ending(cookie: nil, pollAfterMs: 1_000), after: delay(300))
  }

  mutating func power(_ call: Call, _ object: String, _ action: PowerAction) {
    let lost = EffectResult.unknown(Failure(.unknownOutcome, "no answer"), leftAt: call.leftAt ?? hostNow)
    if let refusal = refusal(in: call.account) { return reply(call, .refused(refusal), after: delay(200)) }
    guard let standing = cloud.find(object, in: call.account, at: now), standing.deletedAt == nil else {
      return reply(call, .refused(Failure(.notFound, "no such server")), after: delay(200))
    }
    if chance(.busy) { return reply(call, .refused(Failure(.busy, "locked")), after: delay(200)) }
    if chance(.requestLost) || chance(.errorBefore) { return reply(call, lost, after: delay(9_000)) }
    let at = now + delay(3_000)
    if let id = call.attempt?.id { cookies[id, default: 0] += 1 }
    switch action {
    case .stop: agenda.plan(.switchOff(object: object, account: call.account, isOff: true), at: at)
    case .start: agenda.plan(.switchOff(object: object, account: call.account, isOff: false), at: at)
    case .reboot:
      cloud.change(object, in: call.account) { $0.rebootedAt = now }
      agenda.plan(.switchOff(object: object, account: call.account, isOff: true), at: now + 1)
      agenda.plan(.switchOff(object: object, account: call.account, isOff: false), at: at + 2)
    }
    if chance(.replyLost) || chance(.errorAfter) { return reply(call, lost, after: delay(9_000)) }
    let cookie = call.attempt.flatMap { cookies[$0.id] }.map { "\($0)" }
    reply(call, .powered(cookie: cookie), after: delay(2_000))
  }

  mutating func switchOff(_ id: String, in account: String, _ isOff: Bool) {
    cloud.change(id, in: account) { object in
      if isOff { object.stoppedAt = now } else { object.startedAt = now }
      object.stops = isOff
    }
  }
}
