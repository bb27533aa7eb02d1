import Broker
import Daemon
import FoundationEssentials
import PluginMessages
import Plugins
import Synchronization
import System

/// Takes one object through its whole life on a cloud, with the answer to its create dropped on the way.
struct LifeCheck: Sendable {
  let bench: Bench
  let subject: CheckSubject
  let broker: HTTPBroker
  let grant: AccountGrant
  let cloud: CheckCloud
  let reactor: Reactor
  let findings: Findings
  let say: @Sendable (String) -> Void

  private static var name: String { "slipway-\(CheckSubject.attempt.lowercased())" }

  func run() async {
    guard await identify() else { return }
    guard let held = await validate() else { return }
    guard let ready: PrepareReply = await ask(.prepare, prepareRequest, .answers) else { return }
    var objects = await create(held, ready.cookie)
    if objects.isEmpty { objects = await find() }
    findings.expect(
      .lostCreate, objects.count == 1, "the create was carried out once; the lookup by name shows \(objects.count)")
    guard let object = objects.first else { return }
    let cookie = await boot(object, ready.cookie)
    await ensure(held, object, cookie)
    await list(object)
    for object in await find() { await end(object, cookie) }
  }

  // MARK: Steps

  private func identify() async -> Bool {
    var names: [String?] = []
    for _ in 1...2 {
      let request = SelfTestRequest(account: subject.account, installationKey: CheckSubject.key)
      guard let reply: SelfTestReply = await ask(.selfTest, request, .identity) else { return false }
      findings.expect(.identity, reply.credentialValid, "the credential is not valid")
      names.append(reply.accountIdentity)
      if reply.accountIdentity == nil {
        // A cloud without accounts' names: our own key object is the mark, and prepare makes it.
        guard await (ask(.prepare, prepareRequest, .identity) as PrepareReply?) != nil else { return false }
        names.removeAll { $0 == nil }
        if let again: SelfTestReply = await ask(.selfTest, request, .identity) { names.append(again.accountIdentity) }
      }
    }
    findings.expect(.identity, names.count == 2 && names[0] != nil && names[0] == names[1], "\(names)")
    return findings.holds(.identity)
  }

  private var prepareRequest: PrepareRequest {
    PrepareRequest(account: subject.account, placement: subject.placement, installationKey: CheckSubject.key)
  }

  private func validate() async -> ValidatedPlacement? {
    let request = ValidateRequest(account: subject.account, placements: [subject.placement])
    guard let reply: ValidateReply = await ask(.validate, request, .validates) else { return nil }
    guard let held = reply.placements.first else {
      findings.broke(.validates, "\(subject.placement.type) is not sold now in \(subject.placement.location)")
      return nil
    }
    var wrong = subject.placement
    wrong.type = "no-such-type"
    let refused = await call(
      .validate, SampleRequests.json(ValidateRequest(account: subject.account, placements: [wrong])))
    if case .failed(FailureCode.invalidSpec.rawValue, let report) = refused,
      let told = try? JSONDecoder().decode(FailureReport.self, from: Data(report)),
      let violation = told.violations?.first, !violation.path.isEmpty, !violation.allowed.isEmpty
    {
      findings.tried(.validates)
    } else {
      findings.broke(
        .validates,
        "type no-such-type: \(refused.name); expected INVALID_SPEC with a violation that lists what is allowed")
    }
    return held
  }

  /// Sends the create and drops the answer; the objects that it names all the same.
  private func create(_ held: ValidatedPlacement, _ cookie: String?) async -> [String] {
    say("creating \(Self.name); its answer will be lost")
    let dropped = Counter()
    let outcome = await call(.provision, SampleRequests.json(provisionRequest(held, cookie, nil))) { request, result in
      guard request.method == "POST" || request.method == "PUT", case .answered(let answer) = result.outcome,
        (200..<300).contains(answer.status)
      else { return result }
      dropped.add()
      var lost = result
      lost.outcome = .sentNoAnswer(reason: "the check dropped this answer", status: nil)
      return lost
    }
    guard dropped.value > 0 else {
      findings.cannotTry(.lostCreate, "provision sent no POST that succeeded: \(outcome.name)")
      if case .failed(let code, let report) = outcome {
        findings.broke(.lostCreate, "provision: \(FailureCode(rawValue: code)?.name ?? "?"): \(text(report))")
      }
      return []
    }
    switch outcome {
    case .failed(FailureCode.unknownOutcome.rawValue, _), .failed(FailureCode.unavailable.rawValue, _),
      .failed(FailureCode.internal.rawValue, _):
      findings.tried(.cut)
    default: findings.broke(.cut, "provision, its answer lost: \(outcome.name); expected UNKNOWN_OUTCOME")
    }
    return []
  }

  private func provisionRequest(_ held: ValidatedPlacement, _ cookie: String?, _ id: String?) -> ProvisionRequest {
    ProvisionRequest(
      account: subject.account, attemptId: CheckSubject.attempt, operationId: CheckSubject.attempt,
      resourceId: CheckSubject.attempt, name: Self.name, placement: subject.placement, imageId: held.imageId,
      architecture: held.architecture, sshPublicKeys: [CheckSubject.key], userData: CheckSubject.userData,
      cookie: cookie, externalId: id)
  }

  /// Looks by name until something is there or the settle window is over.
  private func find() async -> [String] {
    let until = Clock.monotonic() &+ UInt64(max(10, bench.manifest.settleWindowS)) * 1_000_000_000
    while true {
      let entry = PollEntry(attemptId: CheckSubject.attempt, name: Self.name, externalId: nil)
      guard let result = await look(entry, .lostCreate) else { return [] }
      let standing = result.observations.filter { $0.state != .gone }.map(\.externalId)
      if !standing.isEmpty || Clock.monotonic() > until { return standing }
      guard await pause(result.pollAfterMs) else { return [] }
    }
  }

  private func boot(_ object: String, _ cookie: String?) async -> String? {
    let until = Clock.monotonic() &+ UInt64(cloud.patience) * 1_000_000_000
    var cookie = cookie
    say("waiting for \(object) to run")
    while Clock.monotonic() < until {
      let entry = PollEntry(attemptId: CheckSubject.attempt, name: Self.name, externalId: object, cookie: cookie)
      guard let result = await look(entry, .boots) else { return cookie }
      cookie = result.cookie ?? cookie
      if let seen = result.observations.first(where: { $0.externalId == object }) {
        if seen.state == .running {
          let hasAddress = seen.addresses.ipv4 != nil || seen.addresses.ipv6 != nil || seen.ssh?.host != nil
          findings.expect(.boots, hasAddress, "\(object) runs, but has no address")
          return cookie
        }
        if seen.state == .incomplete {
          let request = ValidateRequest(account: subject.account, placements: [subject.placement])
          if let reply: ValidateReply = await ask(.validate, request, .boots), let held = reply.placements.first {
            let finished: ProvisionReply? = await ask(.provision, provisionRequest(held, cookie, object), .boots)
            cookie = finished?.cookie ?? cookie
          }
        }
      }
      guard await pause(result.pollAfterMs) else { return cookie }
    }
    findings.broke(.boots, "\(object) did not run within \(cloud.patience) s")
    return cookie
  }

  private func ensure(_ held: ValidatedPlacement, _ object: String, _ cookie: String?) async {
    let outcome = await call(.provision, SampleRequests.json(provisionRequest(held, cookie, object)))
    let standing = await find()
    findings.expect(.ensures, standing == [object], "provision again: \(outcome.name); now there are \(standing)")
  }

  private func list(_ object: String) async {
    guard let reply: ListReply = await ask(.list, ListRequest(account: subject.account), .lists) else { return }
    let found = reply.objects.contains { $0.externalId == object && $0.attemptId == CheckSubject.attempt }
    findings.expect(
      .lists, found && reply.allPagesRead, "\(object) listed: \(found); all pages read: \(reply.allPagesRead)")
  }

  private func end(_ object: String, _ cookie: String?) async {
    say("ending \(object)")
    let stranger = TerminateRequest(
      account: subject.account, attemptId: "01J00000000000000000CHECK2", name: "slipway-somebody-else",
      externalId: object)
    let refused = await call(.terminate, SampleRequests.json(stranger), externalID: object)
    if case .failed = refused {
      findings.tried(.foreign)
    } else {
      findings.broke(.foreign, "terminate under another attempt's id: \(refused.name); expected a failure")
    }
    let request = TerminateRequest(
      account: subject.account, attemptId: CheckSubject.attempt, name: Self.name, externalId: object, cookie: cookie)
    let until = Clock.monotonic() &+ UInt64(cloud.patience) * 1_000_000_000
    var cookie = cookie
    while Clock.monotonic() < until {
      let outcome = await call(.terminate, SampleRequests.json(request), externalID: object)
      if case .replied(let bytes) = outcome {
        cookie = (try? JSONDecoder().decode(TerminateReply.self, from: Data(bytes)))?.cookie ?? cookie
        break
      }
      guard case .failed(FailureCode.busy.rawValue, _) = outcome, await pause(5_000) else {
        return findings.broke(.ends, "terminate \(object): \(outcome.name); IT MAY STILL STAND")
      }
    }
    await awaitGone(object, cookie, until)
    let again = await call(.terminate, SampleRequests.json(request), externalID: object)
    switch again {
    case .replied, .failed(FailureCode.notFound.rawValue, _): findings.tried(.endsTwice)
    default: findings.broke(.endsTwice, "terminate of what is gone: \(again.name)")
    }
  }

  private func awaitGone(_ object: String, _ cookie: String?, _ until: UInt64) async {
    var cookie = cookie
    while Clock.monotonic() < until {
      let entry = PollEntry(
        attemptId: CheckSubject.attempt, name: Self.name, externalId: object, expect: "absent", cookie: cookie)
      guard let result = await look(entry, .ends) else { return }
      cookie = result.cookie ?? cookie
      if result.observations.contains(where: { $0.externalId == object && $0.state == .gone }) {
        return findings.tried(.ends)
      }
      guard await pause(result.pollAfterMs) else { return }
    }
    findings.broke(.ends, "\(object) is not gone after \(cloud.patience) s; IT MAY STILL STAND")
  }

  // MARK: Calls

  /// Waits as long as the plugin says, 0.2 to 20 s; false where the check is being ended.
  private func pause(_ ms: Int64?) async -> Bool {
    (try? await reactor.sleep(for: .milliseconds(min(max(ms ?? 2_000, 200), 20_000)))) != nil
  }

  private func look(_ entry: PollEntry, _ requirement: Requirement) async -> PollResult? {
    let reply: PollReply? = await ask(.poll, PollRequest(account: subject.account, entries: [entry]), requirement)
    guard let reply else { return nil }
    guard reply.results.count == 1, let result = reply.results.first, result.attemptId == entry.attemptId else {
      findings.broke(requirement, "poll of one entry answered \(reply.results.count)")
      return nil
    }
    return result
  }

  /// Calls a verb whose success is expected; repeats what the plugin says can be repeated.
  private func ask<Reply: Decodable>(
    _ verb: PluginVerb, _ request: some Encodable, _ requirement: Requirement
  ) async -> Reply? {
    for _ in 1...5 {
      switch await call(verb, SampleRequests.json(request)) {
      case .replied(let bytes):
        if let reply = try? JSONDecoder().decode(Reply.self, from: Data(bytes)) { return reply }
        findings.broke(.replies, "\(verb.name): the reply is not of docs/abi/\(verb.name).json")
        return nil
      case .failed(FailureCode.rateLimited.rawValue, _), .failed(FailureCode.busy.rawValue, _):
        guard await pause(2_000) else { return nil }
      case .failed(let code, let report):
        findings.broke(requirement, "\(verb.name): \(FailureCode(rawValue: code)?.name ?? "?"): \(text(report))")
        return nil
      case let other:
        findings.broke(requirement, "\(verb.name): \(other.name)")
        return nil
      }
    }
    findings.broke(requirement, "\(verb.name): busy or over the limit for too long")
    return nil
  }

  private func text(_ report: [UInt8]) -> String {
    (try? JSONDecoder().decode(FailureReport.self, from: Data(report)))?.message ?? "no message"
  }

  private func call(
    _ verb: PluginVerb, _ payload: [UInt8], externalID: String? = nil,
    altering alter: @escaping @Sendable (PluginHTTPRequest, BrokerResult) -> BrokerResult = { $1 }
  ) async -> CallOutcome {
    guard let brokerVerb = BrokerVerb(rawValue: verb.name) else { return .notServing("the verb is not known") }
    let routes = bench.manifest.routes[verb.name]?.map {
      BrokerRoute(method: $0.method, path: $0.path, endpoint: $0.endpoint)
    }
    return await bench.call(verb, payload, seconds: verb == .prepare ? 300 : 60) { request, responder in
      let wanted = BrokerRequest(
        grant: grant, verb: brokerVerb, endpoint: request.endpoint, method: request.method, path: request.path,
        query: request.query, headers: request.headers, body: request.body, timeoutMs: request.timeoutMs,
        maxResponseBytes: request.maxResponse, cacheTTLSeconds: request.cacheTTLS, routes: routes,
        postReads: bench.manifest.postReads, externalIds: externalID.map { [$0] })
      let receiver = request.streamed ? StreamReceiver(responder) : nil
      let ticket = broker.send(wanted, receiver: receiver) { result in
        PluginCaller.deliver(alter(request, result), to: responder, headSent: receiver?.wasHeadSent ?? false)
      }
      return PluginHTTPHandle(resume: { ticket.resume() }, stop: { ticket.cancel() })
    }
  }
}
