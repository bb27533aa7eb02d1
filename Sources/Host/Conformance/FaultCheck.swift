import Broker
import FoundationEssentials
import PluginMessages
import Plugins
import Synchronization

/// Tries a plugin without a cloud: each verb, each fault.
struct FaultCheck: Sendable {
  let bench: Bench
  let samples: SampleRequests
  let findings: Findings
  /// Verbs that did not return by a deadline.
  private let looping = Verbs()
  /// Verbs that returned without an answer.
  private let silent = Verbs()
  private let say: @Sendable (String) -> Void

  init(bench: Bench, samples: SampleRequests, findings: Findings, say: @escaping @Sendable (String) -> Void) {
    self.bench = bench
    self.samples = samples
    self.findings = findings
    self.say = say
  }

  func run() async {
    await faults()
    say("requests that are no requests, unknown members, foreign cookies")
    await malformed()
    await unknownFields()
    await cookies()
    say("many calls at the same time, and a request that is never answered")
    await concurrency()
    await deadline()
  }

  /// Answers every request of one call with a fault, and counts them, and those among them that may change something.
  private func answering(
    _ verb: PluginVerb, _ fault: Fault, _ count: Counter, changes: Counter = Counter()
  ) -> PluginHTTPDelegate {
    { [self] request, responder in
      count.add()
      if request.method != "GET", request.method != "HEAD" { changes.add() }
      judge(request, verb)
      fault.answer(responder)
      return PluginHTTPHandle()
    }
  }

  /// The verbs that are worth a call: one that did not return costs a whole deadline, and shows the same each time.
  private var verbs: [PluginVerb] { bench.verbs.filter { !looping.contains($0) } }

  /// Calls a verb, and holds its answer against what is asked of every call.
  private func call(
    _ verb: PluginVerb, _ payload: [UInt8], _ what: String, http: @escaping PluginHTTPDelegate
  ) async -> CallOutcome {
    let what = "\(verb.name), \(what)"
    let outcome = await bench.call(verb, payload, tag: what, http: http)
    if outcome.notCalled != nil { return outcome }
    findings.tried(.answers)
    switch outcome {
    case .failed, .replied: if outcome.isSilence { silent.add(verb) } else { findings.tried(.replies) }
    case .overdue:
      looping.add(verb)
      say("\(verb.name) did not return by its deadline: it is not called again")
    default: break
    }
    for (requirement, detail) in AnswerRules.answered(verb, what, outcome) { findings.broke(requirement, detail) }
    return outcome
  }

  private func faults() async {
    for (place, verb) in bench.verbs.enumerated() {
      say("\(verb.name) (\(place + 1) of \(bench.verbs.count))")
      // poll both ways: by id, and by name. Clouds have ids of different forms, and a plugin may know its own.
      let asksByID = [.poll, .terminate, .power].contains(verb)
      var payloads = [samples.payload(verb)]
      if asksByID { payloads += SampleRequests.otherIDs.map { samples.asking($0).payload(verb) } }
      if verb == .poll { payloads.append(samples.lookup) }
      for payload in payloads {
        for fault in Fault.allCases where !looping.contains(verb) { await meet(verb, payload, fault) }
      }
    }
  }

  private func meet(_ verb: PluginVerb, _ payload: [UInt8], _ fault: Fault) async {
    let (count, changes) = (Counter(), Counter())
    let outcome = await call(
      verb, payload, "after \(fault.name)", http: answering(verb, fault, count, changes: changes))
    if let reason = outcome.notCalled {
      return findings.cannotTry(fault.requirement, "\(verb.name) was not called: \(reason)")
    }
    guard count.value > 0 else {
      return findings.cannotTry(
        fault.requirement, "\(verb.name) sent no request; give --placement TYPE/LOCATION and --image")
    }
    findings.tried(fault.requirement)
    for (requirement, detail) in AnswerRules.judge(verb, fault, outcome, mayHaveChanged: changes.value > 0) {
      findings.broke(requirement, detail)
    }
  }

  /// Holds a request against the rules that the broker keeps.
  private func judge(_ request: PluginHTTPRequest, _ verb: PluginVerb) {
    findings.tried(.requests)
    let isReading = ![.prepare, .provision, .terminate, .power].contains(verb)
    if isReading { findings.tried(.reads) }
    guard let brokerVerb = BrokerVerb(rawValue: verb.name) else { return }
    do throws(BrokerRefusal) {
      let wanted = BrokerRequest(
        grant: try CheckGrant.dummy(bench.manifest), verb: brokerVerb, endpoint: request.endpoint,
        method: request.method, path: request.path, query: request.query, headers: request.headers,
        body: request.body, timeoutMs: request.timeoutMs, maxResponseBytes: request.maxResponse,
        cacheTTLSeconds: request.cacheTTLS,
        routes: bench.manifest.routes[verb.name]?.map {
          BrokerRoute(method: $0.method, path: $0.path, endpoint: $0.endpoint)
        }, postReads: bench.manifest.postReads,
        externalIds: verb == .terminate || verb == .power ? Set([samples.externalID] + SampleRequests.otherIDs) : nil)
      _ = try RequestRules.check(wanted)
    } catch {
      let isWrite = request.method != "GET" && request.method != "HEAD"
      let which = BrokerRequest.title(request.method, request.path)
      findings.broke(isReading && isWrite ? .reads : .requests, "\(verb.name), \(which): \(error.sentence)")
    }
  }

  private func malformed() async {
    for (what, payload) in [("no JSON", "}{"), ("an empty object", "{}"), ("a list", "[1,2]"), ("nothing", "")] {
      for verb in verbs where [.provision, .terminate, .power].contains(verb) {
        let outcome = await call(
          verb, Array(payload.utf8), "asked with \(what)", http: answering(verb, .refused, Counter()))
        if case .failed = outcome { findings.tried(.malformed); continue }
        if let reason = outcome.notCalled {
          findings.cannotTry(.malformed, "\(verb.name) was not called: \(reason)")
          continue
        }
        findings.broke(.malformed, "\(verb.name), asked with \(what): \(outcome.name); expected a failure")
      }
    }
  }

  private func unknownFields() async {
    for verb in verbs {
      let (plain, strange) = (Counter(), Counter())
      let payload = samples.payload(verb)
      let first = await call(verb, payload, "asked plainly", http: answering(verb, .refused, plain))
      let second = await call(
        verb, SampleRequests.withUnknownMember(payload), "asked with an unknown member",
        http: answering(verb, .refused, strange))
      if let reason = first.notCalled ?? second.notCalled {
        findings.cannotTry(.unknownFields, "\(verb.name) was not called: \(reason)")
        continue
      }
      findings.expect(
        .unknownFields, first.name == second.name && plain.value == strange.value,
        "\(verb.name): \(first.name) after \(plain.value) requests; with an unknown member \(second.name) after \(strange.value)"
      )
    }
  }

  /// What another version of the plugin may have left: it changes neither the answer nor the requests.
  private func cookies() async {
    for verb in verbs where [.provision, .poll, .terminate, .power].contains(verb) {
      for fault in [Fault.refused, .notFound] {
        let plain = Counter()
        let first = await call(
          verb, samples.payload(verb), "after \(fault.name)", http: answering(verb, fault, plain))
        for cookie in SampleRequests.foreignCookies {
          let strange = Counter()
          let payload = samples.carrying(cookie).payload(verb)
          guard !looping.contains(verb) else { break }
          let second = await call(
            verb, payload, "asked with a foreign cookie", http: answering(verb, fault, strange))
          if let reason = first.notCalled ?? second.notCalled {
            findings.cannotTry(.cookies, "\(verb.name) was not called: \(reason)")
            continue
          }
          findings.expect(
            .cookies, first.name == second.name && plain.value == strange.value,
            "\(verb.name), after \(fault.name): \(first.name) after \(plain.value) requests without a cookie; with one "
              + "that nobody can read \(second.name) after \(strange.value)")
        }
      }
    }
  }

  private func concurrency() async {
    let most = min(max(1, bench.manifest.maxConcurrency), 64)
    // Those that do not answer alone show nothing here.
    let verbs = verbs.filter { !silent.contains($0) }
    guard !verbs.isEmpty else { return findings.cannotTry(.concurrency, "no verb answers") }
    let outcomes = await withTaskGroup(of: CallOutcome.self) { group in
      for number in 0..<most * 4 {
        let verb = verbs[number % verbs.count]
        group.addTask {
          await call(
            verb, samples.payload(verb), "among others", http: answering(verb, .unavailable, Counter()))
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    let called = outcomes.filter { $0.notCalled == nil }
    let answered = called.count { outcome in
      switch outcome {
      case .replied, .failed: !outcome.isSilence
      default: false
      }
    }
    if let reason = outcomes.lazy.compactMap(\.notCalled).first, answered == called.count {
      return findings.cannotTry(.concurrency, "\(outcomes.count - called.count) calls were not made: \(reason)")
    }
    findings.expect(
      .concurrency, answered == called.count,
      "\(answered) of \(called.count) calls were answered, \(most) at the same time")
  }

  /// A request that is never answered: the host ends it at the deadline, and the verb has to return.
  private func deadline() async {
    guard !looping.contains(.poll) else { return findings.cannotTry(.deadline, "poll did not return") }
    let count = Counter()
    let outcome = await bench.call(.poll, samples.lookup, seconds: 1) { request, _ in
      count.add()
      return PluginHTTPHandle()
    }
    guard count.value > 0 else {
      return findings.cannotTry(.deadline, "poll sent no request")
    }
    // The worker serves on where the verb returned: its slot is free again.
    let after = await bench.call(.poll, samples.lookup, http: answering(.poll, .unavailable, Counter()))
    switch (outcome, after) {
    case (.overdue, .failed), (.overdue, .replied), (.failed, .failed), (.failed, .replied):
      findings.expect(.deadline, count.value == 1, "\(count.value) requests were sent, though the first had no answer")
    default:
      findings.broke(.deadline, "poll, never answered: \(outcome.name); the next call: \(after.name)")
    }
  }
}

/// A set of verbs; any thread.
private final class Verbs: Sendable {
  private let verbs = Mutex<Set<PluginVerb>>([])
  func contains(_ verb: PluginVerb) -> Bool { verbs.withLock { $0.contains(verb) } }
  func add(_ verb: PluginVerb) { verbs.withLock { _ = $0.insert(verb) } }
}

/// Counts, on any thread.
final class Counter: Sendable {
  private let count = Atomic<Int>(0)
  var value: Int { count.load(ordering: .relaxed) }
  func add() { count.add(1, ordering: .relaxed) }
}

extension CallOutcome {
  /// For people, without the bytes.
  var name: String {
    switch self {
    case .replied: "a reply"
    case .failed(let code, _): FailureCode(rawValue: code)?.name ?? "failure \(code)"
    case .crashed(let how): "the worker ended: \(how)"
    case .overdue: "no answer until the deadline"
    case .notServing(let reason), .parked(let reason): "not called: \(reason)"
    case .cancelled: "cancelled"
    }
  }
}
