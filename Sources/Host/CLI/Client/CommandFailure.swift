package import Control

/// Why a command failed, with the exit code that says so.
package struct CommandFailure: Error, Sendable, Hashable {
  /// How the process ends.
  package var exit: ExitCode
  /// What is said.
  package var failure: ControlFailure

  /// Makes a failure; the code decides the exit unless told otherwise.
  package init(_ failure: ControlFailure, exit: ExitCode? = nil) {
    self.failure = failure
    self.exit = exit ?? failure.code.exit
  }

  /// A failure of what was typed or of a file that was named.
  package static func usage(_ message: String, expected: String? = nil, found: String? = nil, remedy: String? = nil)
    -> CommandFailure
  {
    CommandFailure(ControlFailure(.badRequest, message, expected: expected, found: found, remedy: remedy))
  }

  /// A mistake on the command line.
  package init(_ error: UsageError) {
    self.init(ControlFailure(.badRequest, error.message, remedy: error.remedy))
  }
}
