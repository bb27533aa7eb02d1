import PluginKit
import PluginMessages

/// Pebble: `POST /machines`, `GET /machines/{id}`, `GET /machines?name=`, `DELETE /machines/{id}`, `GET /account`.
///
/// Each verb asks the cloud once and answers; the host waits, retries and remembers.
struct Cloud: Provisioner {
  static let manifest = PluginManifest(
    id: "pebble", name: "Pebble", version: "1.0.0",
    endpoints: [ManifestEndpoint(name: "api", baseUrl: "https://api.pebble.invalid", auth: AuthScheme(.bearer))],
    routes: [
      "provision": [RouteTemplate(method: "POST", path: "/machines")],
      "poll": [
        RouteTemplate(method: "GET", path: "/machines"), RouteTemplate(method: "GET", path: "/machines/{}"),
      ],
      "terminate": [
        RouteTemplate(method: "GET", path: "/machines/{external_id}"),
        RouteTemplate(method: "DELETE", path: "/machines/{external_id}"),
      ],
      "self_test": [RouteTemplate(method: "GET", path: "/account")],
    ],
    maxConcurrency: 4, uniqueNames: true)

  func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    try request.settle { spec, index in
      guard spec.type == "small" else {
        return .wrong([
          Violation(path: "placements[\(index)].type", message: "Pebble has no such type", allowed: ["small"])
        ])
      }
      return .holds(
        ValidatedPlacement(
          index: index, type: "small", location: "beach", imageId: "debian-12", architecture: "x86_64", vcpu: 1,
          memoryMb: 1024, diskGb: 10, price: Price(hourly: "0.01", currency: "EUR")))
    }
  }

  /// Pebble takes the key from user_data.
  func prepare(_ request: PrepareRequest, _ call: Call) throws(CloudFailure) -> PrepareReply { PrepareReply() }

  func provision(_ request: ProvisionRequest, _ call: Call) throws(CloudFailure) -> ProvisionReply {
    if let id = request.externalId {
      guard let machine = try machine(id, call) else {
        throw CloudFailure(.notFound, "Pebble has no machine \(id)", remedy: "none; it is gone", mayExist: false)
      }
      return ProvisionReply(externalId: machine.id, state: machine.observed.rawValue, pollAfterMs: 2_000)
    }
    let body = NewMachine(
      name: request.name, attempt: request.attemptId, installation: request.account.installationId,
      userData: request.userData)
    let post = CloudRequest(
      .post, "/machines", headers: [.init("Content-Type", "application/json")], body: try JSON.encode(body))
    let made: Machine = try send(post, call)
    return ProvisionReply(externalId: made.id, state: made.observed.rawValue, pollAfterMs: 2_000)
  }

  func poll(_ request: PollRequest, _ call: Call) throws(CloudFailure) -> PollReply {
    var tally = LookTally()
    var results: [(entry: PollEntry, result: PollResult?)] = []
    for entry in request.entries {
      var local: CloudFailure?
      let result = tally.ask(call, local: &local) { () throws(CloudFailure) in try look(at: entry, call) }
      results.append((entry, result ?? local.map(entry.failed)))
    }
    return try tally.reply(results)
  }

  private func look(at entry: PollEntry, _ call: Call) throws(CloudFailure) -> PollResult {
    let found: [Machine]
    if let id = entry.externalId {
      guard let machine = try machine(id, call) else {
        let gone = ObjectObservation(externalId: id, state: .gone)
        return PollResult(attemptId: entry.attemptId, observations: [gone], scope: .byID, allPagesRead: true)
      }
      found = [machine]
    } else {
      // Names are unique: none or one.
      found = try send(CloudRequest(.get, "/machines", query: ["name": entry.name]), call)
    }
    guard found.allSatisfy({ $0.attempt == entry.attemptId }) else {
      return entry.failed(
        CloudFailure(.nameTaken, "the machine does not carry our label", remedy: "look whose it is", mayExist: false))
    }
    return PollResult(
      attemptId: entry.attemptId,
      observations: found.map {
        ObjectObservation(externalId: $0.id, state: $0.observed, addresses: Addresses(ipv4: $0.ip))
      }, scope: entry.externalId == nil ? .byName : .byID, allPagesRead: true, pollAfterMs: 2_000)
  }

  func terminate(_ request: TerminateRequest, _ call: Call) throws(CloudFailure) -> TerminateReply {
    guard let machine = try machine(request.externalId, call) else { return TerminateReply(state: "gone") }
    guard machine.attempt == request.attemptId else {
      throw CloudFailure(
        .nameTaken, "the machine does not carry our label; nothing was done to it",
        remedy: "end it by hand, if it is yours", mayExist: false)
    }
    let delete = CloudRequest(.delete, "/machines/\(PercentEncoding.encode(machine.id))")
    let response = try call.http(delete)
    if response.status == 404 { return TerminateReply(state: "gone") }
    guard response.succeeded else { throw Self.errors.failure(CloudError(status: response.status), to: delete) }
    return TerminateReply(state: "terminating", pollAfterMs: 1_000)
  }

  /// Honest: nothing was read, so nothing may be concluded from it.
  func list(_ request: ListRequest, _ call: Call) throws(CloudFailure) -> ListReply {
    ListReply(objects: [], allPagesRead: false)
  }

  func catalog(_ request: CatalogRequest, _ call: Call) throws(CloudFailure) -> CatalogReply {
    CatalogReply(types: [
      CatalogType(
        name: "small", vcpu: 1, memoryMb: 1024, diskGb: 10, architecture: "x86_64",
        offers: [CatalogOffer(location: "beach", available: true)])
    ])
  }

  func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    let account: Account = try send(CloudRequest(.get, "/account"), call)
    return SelfTestReply(accountIdentity: account.account, credentialValid: true)
  }
}

// The API, as the verbs use it.
extension Cloud {
  private struct NewMachine: Encodable {
    var name: String
    var attempt: String
    var installation: String
    var userData: String

    enum CodingKeys: String, CodingKey {
      case name, attempt, installation
      case userData = "user_data"
    }
  }

  private struct Machine: Decodable {
    var id: String
    var attempt: String?
    var state: String?
    var ip: String?

    var observed: ObjectState { state == "up" ? .running : .pending }
  }

  private struct Account: Decodable { var account: String }

  /// What Pebble means by its errors, where HTTP does not say it already.
  private static let errors = FailureTable(
    cloud: "Pebble",
    rules: [FailureRule(.nameTaken, status: 409...409, remedy: "look whose it is")])

  /// Performs a request and reads its answer; an error becomes a failure by the table.
  private func send<Value: Decodable>(_ request: CloudRequest, _ call: Call) throws(CloudFailure) -> Value {
    let response = try call.http(request)
    guard response.succeeded else { throw Self.errors.failure(CloudError(status: response.status), to: request) }
    return try response.decode(Value.self, of: request)
  }

  /// The machine of that id, or nil when Pebble says that there is none.
  private func machine(_ id: String, _ call: Call) throws(CloudFailure) -> Machine? {
    do {
      return try send(CloudRequest(.get, "/machines/\(PercentEncoding.encode(id))"), call)
    } catch  where error.code == .notFound {
      return nil
    }
  }
}
