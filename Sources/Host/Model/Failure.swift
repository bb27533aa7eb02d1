/// What went wrong, in the terms on which the core decides; docs/plugin-abi.md lists the reactions.
package enum FailureCode: String, Codable, Hashable, Sendable, CaseIterable {
  case invalidSpec = "INVALID_SPEC"
  case noCapacity = "NO_CAPACITY"
  case quota = "QUOTA"
  case rateLimited = "RATE_LIMITED"
  case unauthenticated = "UNAUTHENTICATED"
  case forbidden = "FORBIDDEN"
  case paymentRequired = "PAYMENT_REQUIRED"
  case busy = "BUSY"
  case protected = "PROTECTED"
  case notFound = "NOT_FOUND"
  case nameTaken = "NAME_TAKEN"
  case unavailable = "UNAVAILABLE"
  case unknownOutcome = "UNKNOWN_OUTCOME"
  case cancelled = "CANCELLED"
  case unsupported = "UNSUPPORTED"
  case `internal` = "INTERNAL"
  /// The operation's deadline passed.
  case deadline = "DEADLINE"
  /// The object disappeared without our doing.
  case vanished = "VANISHED"
  /// The offering's recipe did not end well.
  case recipeFailed = "RECIPE_FAILED"
  /// SSH presented another host key than the one expected.
  case hostKeyMismatch = "HOST_KEY_MISMATCH"
}

/// One thing that is wrong with a request.
package struct Violation: Codable, Hashable, Sendable {
  /// Where, such as `placements[0].type`.
  package var path: String
  /// What is wrong, for a person.
  package var message: String
  /// What would have been right, best first.
  package var allowed: [String]

  /// Makes a violation.
  package init(path: String, message: String, allowed: [String] = []) {
    self.path = path
    self.message = message
    self.allowed = allowed
  }
}

/// A failure as it crosses boundaries: what, why, what to do.
package struct Failure: Error, Codable, Hashable, Sendable {
  /// The kind.
  package var code: FailureCode
  /// One sentence for a person.
  package var message: String
  /// What would have been right, where the message alone does not say.
  package var expected: String?
  /// What was there instead; never a secret.
  package var found: String?
  /// What to do next, one line.
  package var remedy: String?
  /// HTTP status of the cloud's answer.
  package var httpStatus: Int?
  /// The cloud's own code.
  package var cloudCode: String?
  /// The cloud's id of the request.
  package var correlationID: String?
  /// When to try again, in milliseconds, 0 to a day.
  package var retryAfterMs: Int64?
  /// For RECIPE_FAILED: the last lines that it wrote to standard error, without secrets; at most 5 lines and 1 KiB.
  package var lastWords: String?
  /// For INVALID_SPEC.
  package var violations: [Violation]

  /// Makes a failure.
  package init(
    _ code: FailureCode, _ message: String, remedy: String? = nil, httpStatus: Int? = nil, cloudCode: String? = nil,
    correlationID: String? = nil, retryAfterMs: Int64? = nil, violations: [Violation] = []
  ) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.httpStatus = httpStatus
    self.cloudCode = cloudCode
    self.correlationID = correlationID
    self.retryAfterMs = retryAfterMs
    self.violations = violations
  }
}
