/// A request that kept every rule; only ``RequestRules/check(_:)`` makes one.
package struct CheckedRequest: Sendable {
  /// The request as it was asked for.
  package let request: BrokerRequest
  /// The approved service that it goes to.
  package let endpoint: ApprovedEndpoint
  /// Its method.
  package let method: BrokerMethod
  /// Its headers, without the credential.
  package let headers: [BrokerHeader]
  /// Milliseconds until the caller wants its answer, 1 ... 3,600,000.
  package let timeoutMs: Int64
  /// Decoded bytes of answer to accept, 1 ... 16 MiB.
  package let maxResponseBytes: Int
  /// How old an answer from the catalog cache may be; 0 for no cache.
  package let cacheTTLMs: Int64

  init(
    request: BrokerRequest, endpoint: ApprovedEndpoint, method: BrokerMethod, headers: [BrokerHeader]
  ) {
    self.request = request
    self.endpoint = endpoint
    self.method = method
    self.headers = headers
    timeoutMs = request.timeoutMs <= 0 ? 60_000 : Int64(min(request.timeoutMs, 3_600_000))
    maxResponseBytes = request.maxResponseBytes <= 0 ? 4 << 20 : min(request.maxResponseBytes, 16 << 20)
    let mayCache = request.verb.mayCache && method == .get
    cacheTTLMs = mayCache ? Int64(min(max(request.cacheTTLSeconds, 0), 86_400)) * 1000 : 0
  }

  /// The account's id.
  package var account: String { request.grant.account }
}
