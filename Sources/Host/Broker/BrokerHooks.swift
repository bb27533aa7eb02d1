/// Where the broker asks and reports; every closure is called on the broker's thread and must not block.
package struct BrokerHooks: Sendable {
  /// Asked as a request is about to be started: may its account send one now?
  package var gate: @Sendable (BrokerGateQuestion) -> BrokerGateAnswer = { _ in .go }
  /// Told of every answer's status and headers as they arrive; the rate limits in them are the core's to read.
  package var onHead: @Sendable (BrokerHead) -> Void = { _ in }
  /// Given the evidence of every request that is not a read, when its transfer has ended.
  package var record: @Sendable (BrokerRecord) -> Void = { _ in }
  /// Called at each crash point; nil outside tests.
  package var onPassage: (@Sendable (BrokerPassage) -> Void)?

  /// Makes hooks that allow everything and report nothing.
  package init() {}
}

/// A request that wants to start.
package struct BrokerGateQuestion: Sendable, Hashable {
  /// The account's id.
  package var account: String
  /// The verb in whose call it is made.
  package var verb: BrokerVerb
  /// Its method.
  package var method: BrokerMethod
  /// Whether it decides if something exists.
  package var isResolving = false

  /// Makes a question.
  package init(account: String, verb: BrokerVerb, method: BrokerMethod, isResolving: Bool = false) {
    self.account = account
    self.verb = verb
    self.method = method
    self.isResolving = isResolving
  }
}

/// Whether a request may start.
package enum BrokerGateAnswer: Sendable, Hashable {
  /// It may, and has been counted.
  case go
  /// Not before that many milliseconds have passed; it is reported as not sent.
  case wait(Int64)
}

/// Status and headers of an answer, as they arrived.
package struct BrokerHead: Sendable, Hashable {
  /// The account's id.
  package var account: String
  /// Name of the endpoint.
  package var endpoint: String
  /// HTTP status.
  package var status: Int
  /// Header fields in order, names in lower case, without cookies.
  package var headers: [BrokerHeader]
  /// Wall clock, milliseconds since 1970.
  package var wallMs: Int64

  /// Makes a head.
  package init(account: String, endpoint: String, status: Int, headers: [BrokerHeader], wallMs: Int64) {
    self.account = account
    self.endpoint = endpoint
    self.status = status
    self.headers = headers
    self.wallMs = wallMs
  }
}

/// A point at which a crash of the host must do no harm.
package struct BrokerPassage: Sendable, Hashable {
  /// Which point.
  package var point: Point
  /// The account's id.
  package var account: String
  /// The verb in whose call the request is made.
  package var verb: BrokerVerb
  /// Its method.
  package var method: BrokerMethod
  /// Its path below the endpoint's base.
  package var path: String

  /// The points.
  package enum Point: String, Sendable, Hashable {
    /// Just before the request's bytes go out.
    case bytesOut
    /// The whole answer has been read, and nobody has been told.
    case bytesIn
  }
}
