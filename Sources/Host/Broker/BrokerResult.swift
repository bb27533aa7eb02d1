/// What became of one request.
package struct BrokerResult: Sendable, Hashable {
  /// The transport's verdict.
  package var outcome: BrokerOutcome
  /// When what happened.
  package var times: BrokerTimes

  /// Makes a result.
  package init(outcome: BrokerOutcome, times: BrokerTimes) {
    self.outcome = outcome
    self.times = times
  }
}

/// The transport's verdict on one request: evidence that outranks a plugin's word.
package enum BrokerOutcome: Sendable, Hashable {
  /// No byte of the request left this machine.
  case notSent(NotSent)
  /// It may have reached the cloud; no whole answer came. `reason` is the rest of the sentence "no whole answer came:
  /// ..."; `status` is what was seen of the answer, if anything.
  case sentNoAnswer(reason: String, status: Int?)
  /// A whole answer came.
  case answered(BrokerAnswer)
}

/// Why a request was not sent.
package struct NotSent: Sendable, Hashable {
  /// The kind of reason.
  package var cause: Cause
  /// The rest of the sentence "the request was not sent: ...", for a person, with the remedy; holds no secret. Which
  /// request it was is said by whoever shows it.
  package var reason: String
  /// When to try again, in milliseconds; 0 where nobody can say.
  package var retryAfterMs: Int64

  /// Makes a reason.
  package init(_ cause: Cause, _ reason: String, retryAfterMs: Int64 = 0) {
    self.cause = cause
    self.reason = reason
    self.retryAfterMs = retryAfterMs
  }

  /// The kinds of reason.
  package enum Cause: String, Sendable, Hashable {
    /// It broke a rule; asking again is no use.
    case refused
    /// The account has no usable credential.
    case noCredential
    /// The account's budget, or too many requests waiting: try again after `retryAfterMs`.
    case held
    /// `notAfterWallMs` had passed when the bytes were about to go out.
    case tooLate
    /// The name did not resolve, the connection or TLS failed.
    case unreachable
    /// The caller's time ran out first.
    case timeout
    /// The caller took it back.
    case cancelled
    /// The broker is closing.
    case closing
  }
}

/// A whole answer.
package struct BrokerAnswer: Sendable, Hashable {
  /// HTTP status, 200 to 999.
  package var status: Int
  /// Header fields in order, names in lower case, without cookies.
  package var headers: [BrokerHeader]
  /// Body, decoded; empty where it was streamed.
  package var body: [UInt8]
  /// Whether it came from the catalog cache.
  package var fromCache: Bool

  /// Makes an answer.
  package init(status: Int, headers: [BrokerHeader] = [], body: [UInt8] = [], fromCache: Bool = false) {
    self.status = status
    self.headers = headers
    self.body = body
    self.fromCache = fromCache
  }

  /// First value of the header of that lower-case name, or nil.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

  /// Lines `name: value\n`, as a plugin receives them.
  package var headerLines: String { headers.map { "\($0.name): \($0.value)\n" }.joined() }

  /// `Retry-After` in milliseconds where it is a number of seconds, at most a day; else 0.
  package var retryAfterMs: Int64 {
    guard let seconds = header("retry-after").flatMap(Int64.init), seconds > 0 else { return 0 }
    return min(seconds, 86_400) * 1000
  }
}

/// When what happened to one request; milliseconds, CLOCK_MONOTONIC and wall clock since 1970.
package struct BrokerTimes: Sendable, Hashable {
  /// When the broker took the request up.
  package var startedMonotonicMs: Int64
  /// When the broker took the request up.
  package var startedWallMs: Int64
  /// When its bytes were about to go out; nil where they never did.
  package var sentMonotonicMs: Int64?
  /// When its bytes were about to go out; nil where they never did.
  package var sentWallMs: Int64?
  /// When the transfer ended, after which no byte of it can leave any more; nil while it is still on the wire.
  package var endedMonotonicMs: Int64?
  /// When the transfer ended; nil while it is still on the wire.
  package var endedWallMs: Int64?
  /// Whether a connection was made for it; nil where it got none.
  package var newConnection: Bool?
  /// `1.0`, `1.1` or `2`; nil where no answer came.
  package var httpVersion: String?

  /// Makes the facts of a request that was just taken up.
  package init(startedMonotonicMs: Int64, startedWallMs: Int64) {
    self.startedMonotonicMs = startedMonotonicMs
    self.startedWallMs = startedWallMs
  }

  /// Whether a first byte may have been sent.
  package var wasSent: Bool { sentMonotonicMs != nil }
  /// Whether the broker still works on it, to finish it and record its answer.
  package var isOnWire: Bool { wasSent && endedMonotonicMs == nil }
}
