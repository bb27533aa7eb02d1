/// What a server allows its clients.
package struct HTTPServerOptions: Sendable {
  /// Limits of one request.
  package var limits: HTTPLimits
  /// How long a connection may stay open between two requests.
  package var idleTimeout: Duration
  /// How long one request may take to arrive, from its first byte.
  package var requestTimeout: Duration
  /// How long a client may take no byte of what waits for it.
  package var stallTimeout: Duration
  /// How many connections may be open. One more closes the one that has waited longest for a request; where none does,
  /// it waits in the kernel's queue.
  package var maximumConnections: Int
  /// Bytes that may wait for one client before its stream and its further requests pause.
  package var sendBuffer: Int
  /// Words the answer to a request that could not be parsed; 400, 408, 413, 414, 417, 431, 501 or 505.
  package var refusal: @Sendable (HTTPParseError) -> HTTPResponse

  /// Makes options; the defaults suit a control API.
  package init(
    limits: HTTPLimits = HTTPLimits(), idleTimeout: Duration = .seconds(60), requestTimeout: Duration = .seconds(60),
    stallTimeout: Duration = .seconds(60), maximumConnections: Int = 1024, sendBuffer: Int = 1 << 18,
    refusal: @escaping @Sendable (HTTPParseError) -> HTTPResponse = { .text($0.reason, status: $0.status) }
  ) {
    self.limits = limits
    self.idleTimeout = idleTimeout
    self.requestTimeout = requestTimeout
    self.stallTimeout = stallTimeout
    self.maximumConnections = max(1, maximumConnections)
    self.sendBuffer = max(1, sendBuffer)
    self.refusal = refusal
  }
}
