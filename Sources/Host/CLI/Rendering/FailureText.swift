package import Control

/// Failures for people; pure.
package enum FailureText {
  /// Message, facts, violations and remedy, a line each.
  package static func lines(_ failure: ControlFailure) -> String {
    var text = Plain.text(failure.message) + "\n"
    if let expected = failure.expected { text += "  expected: \(Plain.text(expected))\n" }
    if let found = failure.found { text += "  found: \(Plain.text(found))\n" }
    for violation in failure.violations ?? [] where !isSaid(violation, failure) {
      text += "  \(self.violation(violation))\n"
    }
    for line in failure.tail { text += "  stderr: \(line)\n" }
    if let remedy = failure.remedy { text += "  remedy: \(Plain.text(remedy))\n" }
    return text
  }

  /// Whether the message says all of it already.
  private static func isSaid(_ violation: ViolationView, _ failure: ControlFailure) -> Bool {
    violation.allowed.isEmpty && failure.message.contains(violation.path) && failure.message.contains(violation.message)
  }

  /// One line; at most 12 of what is allowed.
  package static func violation(_ violation: ViolationView) -> String {
    var text = "\(Plain.text(violation.path)): \(Plain.text(violation.message))"
    if !violation.allowed.isEmpty {
      let more = violation.allowed.count - 12
      text += "; allowed: " + violation.allowed.prefix(12).map { Plain.text($0) }.joined(separator: ", ")
      if more > 0 { text += " and \(more) more (--json lists them)" }
    }
    return text
  }
}

extension ControlFailure {
  /// The last lines that a recipe wrote to standard error, fit for a terminal.
  var tail: [String] { (stderrTail ?? "").split(separator: "\n").map { Plain.text(String($0)) } }
}
