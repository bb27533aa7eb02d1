import CloudSim
import HTTP
@testable import Hetzner
import PluginKit
import PluginMessages

/// The plugin over the simulated Hetzner, in virtual time: what a host's broker does, without a host.
final class SimulatedHetzner: CallServices {
  var cloud: HetznerCloud
  /// Milliseconds since 1970.
  var nowMs: Int64
  /// Requests that reached the cloud.
  private(set) var requests = 0
  private let token: String
  private var cache: [String: (until: Int64, response: CloudResponse)] = [:]

  static let start: Int64 = 1_790_000_000_000

  init(settings: HetznerSettings = .realistic, token: String = "good", seed: UInt64 = 1) {
    cloud = HetznerCloud(token: "good", settings: settings, seed: seed, start: Self.start)
    nowMs = Self.start
    self.token = token
  }

  var call: Call { Call(self) }

  func perform(_ request: CloudRequest) -> CloudOutcome {
    let key = "\(request.path)?\(request.query)"
    if request.cacheTtlS > 0, let kept = cache[key], nowMs < kept.until { return .answered(kept.response) }
    requests += 1
    var headers = request.headers.map { HTTPField($0.name.lowercased(), $0.value) }
    headers.append(HTTPField("authorization", "Bearer \(token)"))
    let reply = cloud.handle(
      HTTPRequest(
        method: request.method.rawValue, path: "/v1" + request.path, query: request.query, headers: headers,
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
}

/// One server on its way through the plugin, as a host drives it.
struct Voyage {
  let attempt: String
  var externalId: String?
  var cookie: String?
  var expect = "present"
  var dueMs: Int64 = 0
  var createdMs: Int64 = 0

  init(_ number: Int) {
    attempt = "01J0000000000000000000" + String(1_000 + number)
  }

  var name: String { "slip-" + attempt.lowercased() }

  var entry: PollEntry {
    PollEntry(attemptId: attempt, name: name, externalId: externalId, expect: expect, cookie: cookie)
  }

  /// Validates, prepares and provisions.
  mutating func embark(_ hetzner: HetznerProvisioner, _ sim: SimulatedHetzner) throws(CloudFailure) {
    let placement = Ask.placement("cx23")
    let held = try hetzner.validate(ValidateRequest(account: Ask.account, placements: [placement]), sim.call)
    let ready = try hetzner.prepare(
      PrepareRequest(account: Ask.account, placement: placement, installationKey: Ask.key), sim.call)
    let reply = try hetzner.provision(
      ProvisionRequest(
        account: Ask.account, attemptId: attempt, operationId: attempt, resourceId: attempt, name: name,
        placement: placement, imageId: held.placements.first?.imageId ?? "", architecture: "x86_64",
        sshPublicKeys: [Ask.key], userData: "#cloud-config\n{}", cookie: ready.cookie), sim.call)
    (externalId, cookie, createdMs) = (reply.externalId, reply.cookie, sim.nowMs)
    dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
  }

  /// Terminates.
  mutating func land(_ hetzner: HetznerProvisioner, _ sim: SimulatedHetzner) throws(CloudFailure) {
    expect = "absent"
    let reply = try hetzner.terminate(
      TerminateRequest(
        account: Ask.account, attemptId: attempt, name: name, externalId: externalId ?? "", cookie: cookie), sim.call)
    cookie = reply.cookie ?? cookie
    dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
  }

  /// Takes a poll's result.
  mutating func take(_ result: PollResult, at nowMs: Int64) {
    cookie = result.cookie ?? cookie
    dueMs = nowMs + (result.pollAfterMs ?? 2_000)
  }
}
