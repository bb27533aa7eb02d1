/// One thing about a script that its author should know.
package struct LintFinding: Sendable, Hashable, Codable {
  /// How much it matters.
  package enum Severity: String, Sendable, Hashable, Codable, CaseIterable {
    /// It cannot work, or destroys the machine: the recipe is not taken.
    case error
    /// It works, but is likely not what was meant, or is dangerous: shown, and taken.
    case warning
  }

  /// How much it matters.
  package var severity: Severity
  /// Short name of the rule, such as `crlf`; `SC2086` and the like are shellcheck's.
  package var code: String
  /// Line in the script, from 1; nil: the script as a whole.
  package var line: Int?
  /// What is there, one sentence.
  package var message: String
  /// What to do, one sentence.
  package var remedy: String

  /// Makes a finding.
  package init(_ severity: Severity, _ code: String, line: Int? = nil, _ message: String, remedy: String) {
    self.severity = severity
    self.code = code
    self.line = line
    self.message = message
    self.remedy = remedy
  }
}

extension [LintFinding] {
  /// In the order of lines, errors first on each; what concerns the whole script comes first.
  package var inOrder: [LintFinding] {
    sorted {
      ($0.line ?? 0, $0.severity == .error ? 0 : 1, $0.code) < ($1.line ?? 0, $1.severity == .error ? 0 : 1, $1.code)
    }
  }

  /// Whether one of them stands in the recipe's way.
  package var hasErrors: Bool { contains { $0.severity == .error } }
}
