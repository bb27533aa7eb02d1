/// Why a request to the control API was not carried out: the body of every error response.
package struct ControlFailure: Error, Codable, Sendable, Hashable {
  /// The kind; decides the HTTP status and the exit code.
  package var code: ControlCode
  /// One sentence for people that names the thing; holds no secret.
  package var message: String
  /// What would have been right.
  package var expected: String?
  /// What was there instead; never a secret.
  package var found: String?
  /// What to do next, one line.
  package var remedy: String?
  /// For INVALID_SPEC and BAD_REQUEST: each thing that is wrong.
  package var violations: [ViolationView]?
  /// For RECIPE_FAILED: the last lines that the recipe wrote to stderr, without secrets.
  package var stderrTail: String?

  /// Makes a failure.
  package init(
    _ code: ControlCode, _ message: String, expected: String? = nil, found: String? = nil, remedy: String? = nil,
    violations: [ViolationView]? = nil
  ) {
    self.code = code
    self.message = message
    self.expected = expected
    self.found = found
    self.remedy = remedy
    self.violations = violations
  }
}

/// One thing that is wrong with a request.
package struct ViolationView: Codable, Sendable, Hashable {
  /// Where, such as `placements[0].type`.
  package var path: String
  /// What is wrong, for a person.
  package var message: String
  /// What would have been right, best first; empty where that cannot be listed.
  package var allowed: [String]

  /// Makes a violation.
  package init(path: String, message: String, allowed: [String] = []) {
    self.path = path
    self.message = message
    self.allowed = allowed
  }
}

/// The body of an error response.
package struct ErrorEnvelope: Codable, Sendable, Hashable {
  /// The failure.
  package var error: ControlFailure

  /// Wraps a failure.
  package init(_ error: ControlFailure) { self.error = error }
}
