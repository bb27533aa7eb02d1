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

  func run() async {
    await faults()
    await malformed()
    await unknownFields()
    await cookies()
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

  private func faults() async {
    for verb in bench.verbs {
      // poll both ways: by id, and by name. Clouds have ids of different forms, and a plugin may know its own.
      let asksByID = [.poll, .terminate, .power].contains(verb)
      var payloads = [samples.payload(verb)]
      if asksByID { payloads += SampleRequests.otherIDs.map { samples.asking($0).payload(verb) } }
      if verb == .poll { payloads.append(samples.lookup) }
      for payload in payloads {
        for fault in Fault.allCases { await meet(verb, payload, fault) }
      }
    }
  }

  private func meet(_ verb: PluginVerb, _ payload: [UInt8], _ fault: Fault) async {
    let (count, changes) = (Counter(), Counter())
    let outcome = await bench.call(verb, payload, http: answering(verb, fault, count, changes: changes))
    findings.tried(.answers)
    switch outcome {
    case .failed, .replied: findings.tried(.replies)
    default: break
    }
    guard count.value > 0 else {
      if case .crashed(let how) = outcome { findings.broke(.answers, "\(verb.name): the worker ended: \(how)") }
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
      for verb in bench.verbs where [.provision, .terminate, .power].contains(verb) {
        let outcome = await bench.call(verb, Array(payload.utf8), http: answering(verb, .refused, Counter()))
        if case .failed = outcome { findings.tried(.malformed); continue }
        findings.broke(.malformed, "\(verb.name), asked with \(what): \(outcome.name); expected a failure")
      }
    }
  }

  private func unknownFields() async {
    for verb in bench.verbs {
      let (plain, strange) = (Counter(), Counter())
      let payload = samples.payload(verb)
      let first = await bench.call(verb, payload, http: answering(verb, .refused, plain))
      let second = await bench.call(
        verb, SampleRequests.withUnknownMember(payload), http: answering(verb, .refused, strange))
      findings.expect(
        .unknownFields, first.name == second.name && plain.value == strange.value,
        "\(verb.name): \(first.name) after \(plain.value) requests; with an unknown member \(second.name) after \(strange.value)"
      )
    }
  }

  /// What another version of the plugin may have left: it changes neither the answer nor the requests.
  private func cookies() async {
    for verb in bench.verbs where [.provision, .poll, .terminate, .power].contains(verb) {
      for fault in [Fault.refused, .notFound] {
        let plain = Counter()
        let first = await bench.call(verb, samples.payload(verb), http: answering(verb, fault, plain))
        for cookie in SampleRequests.foreignCookies {
          let strange = Counter()
          let payload = samples.carrying(cookie).payload(verb)
          let second = await bench.call(verb, payload, http: answering(verb, fault, strange))
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
    let answered = await withTaskGroup(of: Bool.self) { group in
      for number in 0..<most * 4 {
        let verb = bench.verbs[number % bench.verbs.count]
        group.addTask {
          switch await bench.call(verb, samples.payload(verb), http: answering(verb, .unavailable, Counter())) {
          case .replied, .failed: true
          default: false
          }
        }
      }
      return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    findings.expect(
      .concurrency, answered == most * 4, "\(answered) of \(most * 4) calls were answered, \(most) at the same time")
  }

  /// A request that is never answered: the host ends it at the deadline, and the verb has to return.
  private func deadline() async {
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
