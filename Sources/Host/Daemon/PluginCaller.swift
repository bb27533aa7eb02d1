package import Broker
import Core
import Crypto
package import Model
package import Plugins
package import PluginMessages
import Synchronization
import System

/// Calls plugins in their workers, and lets the broker perform their requests.
package final class PluginCaller: PluginCalling {
  private let router: PluginRouter
  private let broker: HTTPBroker
  private let deadlines: @Sendable (HostVerb) -> Duration
  private let evidence: EvidenceBook
  private let budgets: BudgetBook
  private let vault: @Sendable () -> Vault?
  private let note: @Sendable (TimelineEntry) -> Void
  private let serial = Atomic<UInt64>(0)
  /// What still counts as now, seconds: one question takes several requests, some of them alike.
  private static let now = 2

  /// Makes a caller, which tells `budgets` what manifests say of rates. `vault` opens credentials; `book` hears of what the broker records.
  package init(
    router: PluginRouter, broker: HTTPBroker, book: EvidenceBook, budgets: BudgetBook,
    vault: @escaping @Sendable () -> Vault?,
    deadlines: @escaping @Sendable (HostVerb) -> Duration,
    note: @escaping @Sendable (TimelineEntry) -> Void = { _ in }
  ) {
    self.note = note
    self.router = router
    self.broker = broker
    self.evidence = book
    self.budgets = budgets
    self.vault = vault
    self.deadlines = deadlines
  }

  /// Calls one verb and waits for its end, and for the end of every mutation that it began. An account whose settings do
  /// not fit the plugin's schema is not called.
  package func call(
    _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject
  ) async -> VerbOutcome {
    if let checked = await router.manifest(account.plugin), let failure = Misfit.settings(of: account, checked) {
      return VerbOutcome(ending: .notBegun(failure))
    }
    return await call(verb, on: account, payload: payload, subject: subject) { [router] in
      await router.call($0, http: $1)
    }
  }

  /// Why nothing can be made on the account for that placement with the build that serves; nil where it can.
  package func misfit(_ placement: Placement, on account: AccountRecord) async -> Failure? {
    guard let checked = await router.manifest(account.plugin) else { return nil }
    return Misfit.settings(of: account, checked) ?? Misfit.config(of: placement, checked)
  }

  /// What the image that serves, or did last, says of itself.
  func manifest(_ plugin: String) async -> CheckedManifest? { await router.manifest(plugin) }

  /// What is not called any more of a verb.
  package func parked(_ verb: HostVerb, plugin: String) async -> Set<String> {
    guard let verb = PluginVerb(name: verb.rawValue) else { return [] }
    return Set(await router.parked(verb, plugin: plugin).keys)
  }

  /// Whether the plugin's file is gone.
  package func isWithdrawn(_ plugin: String) async -> Bool { await router.isWithdrawn(plugin) }

  /// As `call`, by a way of the caller's: an image that does not serve yet is called by its own.
  func call(
    _ verb: HostVerb, on account: AccountRecord, payload: [UInt8], subject: CallSubject,
    by way: (PluginCall, @escaping PluginHTTPDelegate) async -> CallOutcome
  ) async -> VerbOutcome {
    guard let pluginVerb = PluginVerb(name: verb.rawValue), let brokerVerb = BrokerVerb(rawValue: verb.rawValue) else {
      return VerbOutcome(ending: .notBegun(Failure(.unsupported, "the verb \(verb.rawValue) is not known")))
    }
    let manifest = await router.manifest(account.plugin)?.manifest
    budgets.know(account.name, manifest?.rate)
    let grant: AccountGrant
    do {
      grant = try self.grant(account, perSecond: manifest?.rate?.perSecond)
    } catch {
      return VerbOutcome(ending: .notBegun(Failure(.invalidSpec, error.sentence)))
    }
    let directPayload: [UInt8]?
    do throws(Failure) {
      directPayload = try self.directPayload(payload, account)
    } catch {
      return VerbOutcome(ending: .notBegun(error))
    }
    let call = CallEvidence()
    let id = "\(serial.add(1, ordering: .relaxed).newValue)"
    evidence.open(id, call)
    defer { evidence.close(id) }
    let correlation = BrokerCorrelation(
      call: id, operation: subject.resource?.description, attempt: subject.attempt?.description)
    let externalIDs = subject.externalID.map { Set([$0]) }
    let begun = Clock.monotonic()
    let outcome = await way(
      PluginCall(
        plugin: account.plugin, verb: pluginVerb, account: account.name, payload: payload,
        deadline: Clock.monotonic() &+ deadlines(verb).nanoseconds,
        tag: "\(subject.resource?.description ?? "")/\(subject.attempt?.description ?? "")",
        subjects: subject.names, directPayload: directPayload),
      { [broker] request, responder in
        // Of the image that asks, which another one may have replaced since the call began.
        let declared = request.manifest?.manifest
        let routes = declared?.routes[verb.rawValue]?.map {
          BrokerRoute(method: $0.method, path: $0.path, endpoint: $0.endpoint)
        }
        var wanted = BrokerRequest(
          grant: grant, verb: brokerVerb, endpoint: request.endpoint, method: request.method, path: request.path,
          query: request.query, headers: request.headers, body: request.body, timeoutMs: request.timeoutMs,
          maxResponseBytes: request.maxResponse,
          cacheTTLSeconds: min(request.cacheTTLS, subject.isAskedNow ? Self.now : Int.max),
          notAfterWallMs: subject.notAfter?.ms, routes: routes, postReads: declared?.postReads ?? [],
          externalIds: externalIDs,
          correlation: correlation)
        wanted.isResolving = subject.isResolving
        let isMutation = request.method != "GET" && request.method != "HEAD"
        if isMutation { call.began() }
        let receiver = request.streamed ? StreamReceiver(responder) : nil
        let ticket = broker.send(wanted, receiver: receiver) { result in
          call.delivered(result, method: request.method, path: request.path, isMutation: isMutation)
          Self.deliver(result, to: responder, headSent: receiver?.wasHeadSent ?? false)
        }
        return PluginHTTPHandle(resume: { ticket.resume() }, stop: { ticket.cancel() })
      })
    await call.settled()
    let found = call.found
    if let resource = subject.resource {
      note(Self.entry(verb, account, outcome, found.requests, since: begun, resource, subject))
    }
    return VerbOutcome(
      ending: ending(outcome, verb, account), mutations: found.mutations, requests: found.requests,
      isBrokered: manifest?.network != "direct")
  }

  /// The call as a line of the resource's timeline.
  private static func entry(
    _ verb: HostVerb, _ account: AccountRecord, _ outcome: CallOutcome, _ requests: Int, since begun: UInt64,
    _ resource: ULID, _ subject: CallSubject
  ) -> TimelineEntry {
    let how =
      switch outcome {
      case .replied: "replied"
      case .failed(let code, _): FailureCode(rawValue: code)?.name ?? "failed with code \(code)"
      case .crashed(let how): "its worker ended: \(how)"
      case .overdue: "no answer in time"
      case .notServing, .parked: "not called; the plugin does not serve it"
      case .cancelled: "cancelled"
      }
    let spent = (Clock.monotonic() &- begun) / 1_000_000
    var fields = ["account": account.name]
    fields["attempt"] = subject.attempt?.description
    return TimelineEntry(
      resource: resource, at: Model.Instant(ms: Clock.wall()), kind: .call,
      text: "\(verb.rawValue): \(how) after \(spent) ms, \(requests) request\(requests == 1 ? "" : "s")", fields: fields
    )
  }

  private func ending(_ outcome: CallOutcome, _ verb: HostVerb, _ account: AccountRecord) -> VerbEnding {
    let what = "plugin \(account.plugin), \(verb.rawValue) on account \(account.name)"
    return switch outcome {
    case .replied(let bytes): .replied(bytes)
    case .failed(let code, let report): .failed(code, report)
    case .crashed(let how):
      .crashed(Failure(.internal, "\(what): \(how)", remedy: "see `slipway plugin show \(account.plugin)`"))
    case .parked(let reason): .notBegun(Failure(.internal, "\(what): \(reason)"))
    case .overdue: .lost(Failure(.internal, "\(what): no answer within its deadline"))
    case .cancelled(sent: true): .lost(Failure(.cancelled, "\(what): cancelled"))
    case .cancelled(sent: false): .notBegun(Failure(.cancelled, "\(what): cancelled"))
    case .notServing(let reason):
      .notBegun(
        Failure(.unavailable, "\(what): \(reason)", remedy: "see `slipway plugin show \(account.plugin)`"))
    }
  }

  /// Hands the broker's verdict to the plugin; `headSent` where a streamed answer's head went before.
  package static func deliver(_ result: BrokerResult, to responder: PluginHTTPResponder, headSent: Bool) {
    switch result.outcome {
    case .notSent(let why):
      responder.head(
        WorkerHTTPHead(outcome: 0, retryAfterMs: UInt32(clamping: why.retryAfterMs), error: why.reason))
      responder.end()
    case .sentNoAnswer(let reason, _):
      if headSent {
        responder.end(whole: false)
      } else {
        responder.head(WorkerHTTPHead(outcome: 1, error: reason))
        responder.end()
      }
    case .answered(let answer):
      if !headSent {
        responder.head(
          WorkerHTTPHead(
            outcome: 2, status: Int32(clamping: answer.status), retryAfterMs: UInt32(clamping: answer.retryAfterMs),
            headers: answer.headerLines))
        if !answer.body.isEmpty { _ = responder.body(answer.body) }
      }
      responder.end()
    }
  }

  /// The request as a plugin with its own networking gets it, where the operator approved that on the account: its
  /// settings have a member `credential`, the text that was given with the account. Nil: as everybody gets it.
  private func directPayload(_ payload: [UInt8], _ account: AccountRecord) throws(Failure) -> [UInt8]? {
    guard account.consent?.network == "direct", let secret = try? vault()?.credential(of: account) else { return nil }
    guard let text = secret.text() else {
      throw Failure(
        .invalidSpec, "the credential of account \(account.name) is no UTF-8 text, which its plugin would be given",
        remedy: "replace it: `slipway account rotate \(account.name)`")
    }
    return DirectSettings.adding(text, to: payload)
  }

  /// What the operator approved on the account, as the broker needs it.
  private func grant(_ account: AccountRecord, perSecond: Int?) throws(BrokerRefusal) -> AccountGrant {
    var endpoints: [String: ApprovedEndpoint] = [:]
    for (name, endpoint) in account.endpoints {
      endpoints[name] = try endpoint.approved()
    }
    return AccountGrant(account: account.name, endpoints: endpoints, perSecond: perSecond) { [vault] _ in
      guard let secret = try? vault()?.credential(of: account) else { return nil }
      return secret.copy()
    }
  }
}

extension EndpointRecord {
  /// The endpoint as the broker takes it.
  func approved() throws(BrokerRefusal) -> ApprovedEndpoint {
    try ApprovedEndpoint(
      baseURL: url, auth: CredentialScheme(auth), operatorSet: operatorSet, unixSocket: unixSocket)
  }
}

extension CredentialScheme {
  /// The scheme that a manifest declared.
  package init(_ scheme: AuthScheme) {
    switch scheme.kind {
    case .none: self = .none
    case .bearer: self = .bearer
    case .header: self = .header(scheme.name ?? "")
    case .basic: self = .basic
    case .query: self = .query(scheme.name ?? "")
    case .awsSigV4: self = .awsSigV4(scheme.name ?? "")
    }
  }
}

/// Hands a streamed body on as it comes.
package final class StreamReceiver: BrokerReceiver {
  private let responder: PluginHTTPResponder
  private let isHeadSent = Atomic<Bool>(false)

  /// Makes a receiver for one streamed request.
  package init(_ responder: PluginHTTPResponder) { self.responder = responder }

  /// Whether the head has been handed on.
  package var wasHeadSent: Bool { isHeadSent.load(ordering: .relaxed) }

  /// Hands the head on.
  package func head(_ head: BrokerHead) {
    isHeadSent.store(true, ordering: .relaxed)
    responder.head(
      WorkerHTTPHead(
        outcome: 2, status: Int32(clamping: head.status),
        headers: head.headers.map { "\($0.name): \($0.value)\n" }.joined()))
  }

  /// Hands a piece of the body on.
  package func piece(_ bytes: [UInt8]) -> BrokerFlow {
    switch responder.body(bytes) {
    case .more: .more
    case .pause: .pause
    case .stop: .stop
    }
  }
}

/// The open calls, by the id that the broker's records carry.
package final class EvidenceBook: Sendable {
  private let calls = Mutex<[String: CallEvidence]>([:])

  /// Makes an empty book.
  package init() {}

  func open(_ id: String, _ call: CallEvidence) { calls.withLock { $0[id] = call } }

  func close(_ id: String) { calls.withLock { $0[id] = nil } }

  /// Hands a record of the broker to the call that it belongs to.
  package func heard(_ record: BrokerRecord) {
    guard let id = record.correlation.call else { return }
    calls.withLock { $0[id] }?.recorded(record)
  }
}
