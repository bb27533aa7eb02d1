import CloudSim
import HTTP
import PluginKit
import PluginMessages

/// A plugin over a pure simulator, in virtual time: what a host's broker does, without a host.
final class SimulatedCloudUnderTest<Cloud: SimulatedCloud>: CloudUnderTest {
  /// What differs from cloud to cloud.
  struct Traits {
    /// The simulator, with the token `good` and, for another project, `other`.
    var cloud: Cloud
    var plugin: any Provisioner
    var sold: PlacementSpec
    var wrong: [PlacementSpec]
    /// Path at which machines are created, without the base path.
    var createPath: String
    /// A machine for the admin endpoint: of an attempt where one is given.
    var planted: (_ name: String, _ attempt: String?) -> CloudSim.JSON
  }

  private let traits: Traits
  private var cloud: Cloud
  private var token = TestCredential.good.rawValue
  private var cache: [String: (until: Int64, response: CloudResponse)] = [:]
  let account = AccountContext(id: "acc", installationId: "inst")
  /// Milliseconds since 1970.
  private(set) var nowMs: Int64

  init(_ traits: Traits, startMs: Int64 = CloudTable.startMs) {
    self.traits = traits
    cloud = traits.cloud
    nowMs = startMs
  }

  var plugin: any Provisioner { traits.plugin }
  var sold: PlacementSpec { traits.sold }
  var wrong: [PlacementSpec] { traits.wrong }
  var standing: Set<String> { Set(cloud.frame.ledger.open.map { "\($0.id)" }) }

  func perform(_ request: CloudRequest) -> CloudOutcome {
    let key = "\(request.path)?\(request.query)"
    if request.cacheTtlS > 0, let kept = cache[key], nowMs < kept.until { return .answered(kept.response) }
    // The host's broker keeps to the rate that the manifest states.
    if let perSecond = manifest.rate?.perSecond, perSecond > 0 { nowMs += Int64(1_000 / perSecond + 1) }
    var headers = request.headers.map { HTTPField($0.name.lowercased(), $0.value) }
    headers.append(HTTPField("authorization", "Bearer \(token)"))
    let reply = cloud.handle(
      HTTPRequest(
        method: request.method.rawValue, path: Cloud.basePath + request.path, query: request.query, headers: headers,
        body: request.body), at: nowMs)
    guard reply.delivery == .whole else { return .sentNoAnswer(reason: "connection closed") }
    let response = CloudResponse(
      status: reply.response.status,
      headers: reply.response.headers.map { CloudRequest.Header($0.name, $0.value) }, body: reply.response.body)
    if request.cacheTtlS > 0, response.succeeded {
      cache[key] = (nowMs + Int64(request.cacheTtlS) * 1_000, response)
    }
    return .answered(response)
  }

  func pass(ms: Int64) {
    nowMs += max(1, ms)
    cloud.settle(to: nowMs)
  }

  func befall(_ misfortune: Misfortune) {
    let create = Cloud.basePath + traits.createPath + "$"
    let fault =
      switch misfortune {
      case .createAnswerLost: Fault(.dropAnswer, method: "POST", path: create)
      case .createAnswered503:
        Fault(
          .respond(status: 503, code: "unavailable", message: "try later", body: nil, headers: [], execute: true),
          method: "POST", path: create)
      case .soldOut: Fault(.stockOut(ms: 600_000), method: "POST", path: create)
      case .rateLimited(let seconds): Fault(.rateLimit(seconds: seconds))
      case .deletedBetweenPages: Fault(.deleteListed, method: "GET", path: create)
      case .garbage: Fault(.garbage, method: "GET")
      case .hidden(let ms): Fault(.hidden(ms: ms), method: "POST", path: create)
      }
    cloud.frame.faults.add(fault)
  }

  func use(_ credential: TestCredential) { token = credential.rawValue }

  func plantForeign(named name: String) throws -> String { try plant(traits.planted(name, nil)) }

  func plantTwin(of attempt: String, named name: String) throws -> String { try plant(traits.planted(name, attempt)) }

  private func plant(_ json: CloudSim.JSON) throws -> String {
    let before = standing
    _ = try cloud.plant(json)
    guard let id = standing.subtracting(before).first else { throw MatrixError("nothing was planted") }
    return id
  }

  func vanish(_ id: String) throws {
    guard cloud.vanish(id) else { throw MatrixError("there is no machine \(id)") }
  }
}

/// What the matrix itself cannot do.
struct MatrixError: Error {
  let message: String

  init(_ message: String) { self.message = message }
}
