import PluginMessages

/// One invocation of a verb: the plugin's view of its host.
///
/// Valid until the verb returns, on the verb's own thread.
public struct Call {
  /// Urgency of a log line; numbers as in slipway_plugin.h.
  public enum Level: Int32, Sendable, Hashable {
    case debug = 0
    case info = 1
    case warning = 2
    case error = 3
  }

  private let services: any CallServices

  /// Makes a call over the host's services, or over those of a test.
  public init(_ services: any CallServices) { self.services = services }

  /// Performs one request; an answer comes back whatever its status.
  ///
  /// Throws when there is no answer: RATE_LIMITED or UNAVAILABLE when nothing was sent; UNKNOWN_OUTCOME,
  /// or UNAVAILABLE for a request that only reads, when it was sent and no answer came; CANCELLED when
  /// the call is over; INTERNAL when the host refuses the request as malformed or undeclared.
  public func http(_ request: CloudRequest) throws(CloudFailure) -> CloudResponse {
    try answer(services.perform(request), to: request)
  }

  /// Performs one request whose body arrives in pieces, such as the lines of a long piece of work.
  ///
  /// `receive` gets the pieces of a 2xx answer while they come, on this thread; a piece may end anywhere. The answer
  /// that is returned then has no body. An answer of another status has its body as usual, and `receive` is not
  /// called. To go beyond 60 s give the request a `timeoutMs`. Throws as `http(_:)`; a body that was cut short, also by
  /// `.stop`, is a missing answer.
  public func http(
    _ request: CloudRequest, receive: (_ piece: [UInt8]) -> StreamFlow
  ) throws(CloudFailure) -> CloudResponse {
    try answer(services.perform(request, receive: receive), to: request)
  }

  private func answer(_ outcome: CloudOutcome, to request: CloudRequest) throws(CloudFailure) -> CloudResponse {
    switch outcome {
    case .answered(let response): return response
    case .notSent(let reason, let wait): throw .notSent(request, reason, wait)
    case .sentNoAnswer(let reason): throw .noAnswer(request, reason)
    case .closed: throw .closed(request)
    case .refused(let reason): throw .refused(request, reason)
    }
  }

  /// Writes a line to the operator's log. Never log what user_data or an answer's secrets hold.
  public func log(_ level: Level, _ message: String, _ fields: [String: String] = [:]) {
    services.log(level, message, fields)
  }

  /// Tells a person how a slow prepare is getting on; permille 0 to 1000, nil when unknown.
  public func progress(_ message: String, permille: Int? = nil) {
    services.progress(min(1000, max(-1, permille ?? -1)), message)
  }

  /// Milliseconds until the call's deadline; 0 when it has passed.
  public var remainingMs: Int64 { services.remainingMs }

  /// Whether the host cancelled the call or its deadline passed.
  public var cancelled: Bool { services.cancelled }

  /// The wall clock, in milliseconds since 1970: for dates that the cloud states, never for durations.
  public var nowMs: Int64 { services.nowMs }
}

/// What stands behind a call. Tests and simulations need to write `perform` only.
public protocol CallServices: CloudHTTP {
  /// Writes a line to the log.
  func log(_ level: Call.Level, _ message: String, _ fields: [String: String])
  /// Reports progress; permille -1 to 1000.
  func progress(_ permille: Int, _ message: String)
  /// Milliseconds until the deadline.
  var remainingMs: Int64 { get }
  /// Whether the call is over.
  var cancelled: Bool { get }
  /// Milliseconds since 1970.
  var nowMs: Int64 { get }
}

extension CallServices {
  /// Drops the line.
  public func log(_ level: Call.Level, _ message: String, _ fields: [String: String]) {}
  /// Drops the report.
  public func progress(_ permille: Int, _ message: String) {}
  /// One minute.
  public var remainingMs: Int64 { 60_000 }
  /// Never.
  public var cancelled: Bool { false }
}

extension CloudFailure {
  static func notSent(_ request: CloudRequest, _ reason: String, _ wait: Int64) -> CloudFailure {
    let said = "\(request.method.rawValue) \(request.path) was not sent: \(reason)"
    guard wait > 0 else {
      return CloudFailure(
        .unavailable, said, remedy: "check that the account's endpoint can be reached from this machine",
        mayExist: false)
    }
    return CloudFailure(
      .rateLimited, said, remedy: "wait; the account's request budget refills by itself", mayExist: false,
      retryAfterMs: wait)
  }

  static func noAnswer(_ request: CloudRequest, _ reason: String) -> CloudFailure {
    CloudFailure(
      request.changes ? .unknownOutcome : .unavailable,
      "\(request.method.rawValue) \(request.path) was sent and got no whole answer: \(reason)",
      remedy: request.changes ? "the host looks for what was made" : "the host asks again", mayExist: request.changes)
  }

  static func closed(_ request: CloudRequest) -> CloudFailure {
    CloudFailure(
      .cancelled, "the call ended during \(request.method.rawValue) \(request.path)",
      remedy: "none; the host ended this call", mayExist: request.changes)
  }

  static func refused(_ request: CloudRequest, _ reason: String) -> CloudFailure {
    CloudFailure(
      .internal, "the host refused \(request.method.rawValue) \(request.path): \(reason)",
      remedy: "report this to the plugin's author", mayExist: false)
  }
}
