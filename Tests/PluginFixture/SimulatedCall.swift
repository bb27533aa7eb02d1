package import CloudSim
import HTTP
package import PluginKit

/// A plugin's requests answered by a pure simulator, in virtual time: what a host's broker does, without a host.
package final class SimulatedCall<Cloud: SimulatedCloud>: CallServices {
  /// The simulator.
  package var cloud: Cloud
  /// Milliseconds since 1970.
  package var nowMs: Int64
  /// Requests that reached the cloud, as "METHOD path".
  package private(set) var lines: [String] = []
  /// The token that requests carry.
  package var token: String
  /// Milliseconds that pass before each request reaches the cloud, as where a broker keeps to a rate.
  package var paceMs: Int64 = 0
  private var cache: [String: (until: Int64, response: CloudResponse)] = [:]

  /// Starts at an instant, with the token that requests carry.
  package init(_ cloud: Cloud, token: String, nowMs: Int64) {
    self.cloud = cloud
    self.token = token
    self.nowMs = nowMs
  }

  /// A call over this cloud.
  package var call: Call { Call(self) }

  /// How many requests reached the cloud.
  package var requests: Int { lines.count }

  /// Answers from the cache, where the plugin allows it, or from the cloud.
  package func perform(_ request: CloudRequest) -> CloudOutcome {
    let key = "\(request.path)?\(request.query)"
    if request.cacheTtlS > 0, let kept = cache[key], nowMs < kept.until { return .answered(kept.response) }
    nowMs += paceMs
    lines.append("\(request.method.rawValue) \(request.path)")
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
}
