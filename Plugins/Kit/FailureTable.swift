public import PluginMessages

/// What a cloud said when it refused, in the cloud's own words.
public struct CloudError: Sendable, Hashable {
  /// HTTP status.
  public var status: Int
  /// The cloud's code or slug, where it has one.
  public var code: String?
  /// The cloud's message.
  public var message: String?
  /// The cloud's id of the request, for its support.
  public var correlationId: String?
  /// Name of a limit that was met.
  public var limit: String?
  /// Fields that the cloud refused.
  public var violations: [Violation]
  /// How long to wait, in milliseconds; 0 when the cloud does not say.
  public var retryAfterMs: Int64

  /// Makes an error from what could be read of an answer.
  public init(
    status: Int, code: String? = nil, message: String? = nil, correlationId: String? = nil, limit: String? = nil,
    violations: [Violation] = [], retryAfterMs: Int64 = 0
  ) {
    self.status = status
    self.code = code
    self.message = message
    self.correlationId = correlationId
    self.limit = limit
    self.violations = violations
    self.retryAfterMs = retryAfterMs
  }
}

/// One row of a cloud's table of errors. What is nil or empty matches everything.
public struct FailureRule: Sendable, Hashable {
  /// Exact code of the cloud.
  public var code: String?
  /// HTTP statuses.
  public var status: ClosedRange<Int>?
  /// Lower-case fragments, one of which is in the cloud's message.
  public var text: [String]
  /// What it is.
  public var becomes: FailureCode
  /// What to do next.
  public var remedy: String

  /// Makes a row.
  public init(
    _ becomes: FailureCode, code: String? = nil, status: ClosedRange<Int>? = nil, text: [String] = [], remedy: String
  ) {
    self.code = code
    self.status = status
    self.text = text
    self.becomes = becomes
    self.remedy = remedy
  }

  func matches(_ error: CloudError) -> Bool {
    if let code, code != error.code { return false }
    if let status, !status.contains(error.status) { return false }
    if text.isEmpty { return true }
    let message = error.message?.lowercased() ?? ""
    return text.contains { message.contains($0) }
  }
}

/// How a cloud's errors map to codes: data, the first row that matches wins, then HTTP's own meaning.
public struct FailureTable: Sendable {
  /// Name of the cloud, for messages.
  public var cloud: String
  /// Rows, the most particular first.
  public var rules: [FailureRule]
  /// Milliseconds to wait after a rate limit that names no time.
  public var rateLimitPauseMs: Int64

  /// Makes a table.
  public init(cloud: String, rules: [FailureRule], rateLimitPauseMs: Int64 = 5_000) {
    self.cloud = cloud
    self.rules = rules
    self.rateLimitPauseMs = rateLimitPauseMs
  }

  /// The failure that an error answer to `request` is.
  ///
  /// A row cannot turn an unknown outcome into a known one: after a request that changes something, only
  /// a row, or a status of 400 to 499 but 408, says that nothing was made.
  public func failure(_ error: CloudError, to request: CloudRequest) -> CloudFailure {
    let rule = rules.first { $0.matches(error) } ?? Self.meaning(of: error.status, changes: request.changes)
    var code = rule.becomes
    if code == .unavailable, request.changes, error.status >= 500 { code = .unknownOutcome }
    if code == .unknownOutcome, !request.changes { code = .unavailable }
    let said = error.message.map { ": \($0)" } ?? ""
    var report = FailureReport(
      message: "\(cloud) answered \(error.status) to \(request.method.rawValue) \(request.path)\(said)",
      remedy: rule.remedy, httpStatus: error.status, cloudCode: error.code, cloudMessage: error.message,
      correlationId: error.correlationId, mayExist: code == .unknownOutcome, limit: error.limit)
    if code == .rateLimited {
      report.retryAfterMs = error.retryAfterMs > 0 ? error.retryAfterMs : rateLimitPauseMs
    } else if error.retryAfterMs > 0 {
      report.retryAfterMs = error.retryAfterMs
    }
    if !error.violations.isEmpty { report.violations = error.violations }
    return CloudFailure(code, report: report)
  }

  private static func meaning(of status: Int, changes: Bool) -> FailureRule {
    switch status {
    case 401: FailureRule(.unauthenticated, remedy: "check the account's credential")
    case 402: FailureRule(.paymentRequired, remedy: "check the account's balance")
    case 403: FailureRule(.forbidden, remedy: "check what the account's credential may do")
    case 404: FailureRule(.notFound, remedy: "none; the object does not exist")
    case 408: FailureRule(.unknownOutcome, remedy: "the host looks for what was made")
    case 423: FailureRule(.busy, remedy: "wait; the host asks again")
    case 429: FailureRule(.rateLimited, remedy: "wait; the host asks again later")
    case 400..<500 where changes: FailureRule(.invalidSpec, remedy: "change what the cloud complains about")
    case 500...: FailureRule(.unknownOutcome, remedy: "wait; the cloud has a problem of its own")
    default: FailureRule(changes ? .unknownOutcome : .unavailable, remedy: "wait; the host asks again")
    }
  }
}
