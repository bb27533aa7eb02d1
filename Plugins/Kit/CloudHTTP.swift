/// What performs a plugin's requests: the host, or in tests and simulations a scripted or simulated cloud.
public protocol CloudHTTP {
  /// Performs one request and waits for its end. Called on the call's thread.
  func perform(_ request: CloudRequest) -> CloudOutcome

  /// Performs one request whose answer, where its status is 200 to 299, arrives in pieces.
  ///
  /// `receive` runs on the call's thread, before this returns, and takes the pieces of the decoded body in order; a
  /// piece may end anywhere, also within a character. The answer's own body is then empty. Once `receive` returns
  /// `.stop` it is not called again and the request is ended, so that its outcome is usually `sentNoAnswer`.
  func perform(_ request: CloudRequest, receive: (_ piece: [UInt8]) -> StreamFlow) -> CloudOutcome
}

/// Whether the receiver of a streamed body wants more of it.
public enum StreamFlow: Sendable, Hashable {
  /// The next piece.
  case more
  /// The end of the request.
  case stop
}

extension CloudHTTP {
  /// Performs the request whole, and then hands its body over in one piece.
  public func perform(_ request: CloudRequest, receive: (_ piece: [UInt8]) -> StreamFlow) -> CloudOutcome {
    let outcome = perform(request)
    guard case .answered(var response) = outcome, response.succeeded else { return outcome }
    if !response.body.isEmpty { _ = receive(response.body) }
    response.body = []
    return .answered(response)
  }
}

/// What became of a request.
public enum CloudOutcome: Sendable, Hashable {
  /// No byte left this machine. `retryAfterMs` is above 0 when the account's request budget was empty.
  case notSent(reason: String, retryAfterMs: Int64)
  /// It may have reached the cloud; no whole answer came.
  case sentNoAnswer(reason: String)
  /// The cloud answered, with whatever status.
  case answered(CloudResponse)
  /// The call is over, cancelled or overdue; the request may have been sent.
  case closed
  /// The host found the request malformed, or not allowed by the manifest.
  case refused(reason: String)
}

/// A cloud's answer.
public struct CloudResponse: Sendable, Hashable {
  /// HTTP status.
  public var status: Int
  /// Names in lower case.
  public var headers: [CloudRequest.Header]
  /// Decoded body.
  public var body: [UInt8]
  /// How long the cloud, or the account's budget, asks to wait; 0 when nobody asked.
  public var retryAfterMs: Int64

  /// Makes an answer.
  public init(status: Int, headers: [CloudRequest.Header] = [], body: [UInt8] = [], retryAfterMs: Int64 = 0) {
    self.status = status
    self.headers = headers
    self.body = body
    self.retryAfterMs = retryAfterMs
  }

  /// First value of the header of that lower-case name, or nil.
  public func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// Whether the status says that it was done, 200 to 299.
  public var succeeded: Bool { (200..<300).contains(status) }
}
