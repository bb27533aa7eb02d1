/// What one command takes; help, parsing and suggestions are all made from it.
package struct CommandSpec: Sendable, Hashable {
  /// Its words, such as `account add`.
  package var name: String
  /// One line.
  package var summary: String
  /// What stands by position.
  package var operands: [OperandSpec] = []
  /// What stands behind `--`.
  package var options: [OptionSpec] = []
  /// Whole lines that work, with what each does.
  package var examples: [Example] = []
  /// More than a line, where that is needed.
  package var detail: String?
  /// Whether it speaks to the daemon, and so takes --socket and --json.
  package var isClient = true

  /// A line that works.
  package struct Example: Sendable, Hashable {
    /// The command.
    package var line: String
    /// What it does.
    package var meaning: String
  }

  /// The options, those of every command among them.
  package var allOptions: [OptionSpec] { options + (isClient ? OptionSpec.client : []) + [OptionSpec.help] }

  /// `slipway account add NAME --plugin ID [options]`.
  package var usage: String {
    var words = ["slipway \(name)"]
    words += operands.map { $0.isRequired ? $0.name : "[\($0.name)]" }
    words += options.filter(\.isRequired).map { "--\($0.name) \($0.value ?? "")" }
    return words.joined(separator: " ") + " [options]"
  }
}

/// What stands by position.
package struct OperandSpec: Sendable, Hashable {
  /// Name in capitals.
  package var name: String
  /// One line.
  package var help: String
  /// Whether it must be there.
  package var isRequired = true
  /// Whether everything that follows belongs to it; only the last can.
  package var repeats = false
}

/// What stands behind `--`.
package struct OptionSpec: Sendable, Hashable {
  /// Name without the dashes.
  package var name: String
  /// Placeholder of its value; nil for a switch.
  package var value: String?
  /// One line.
  package var help: String
  /// Whether it may come several times.
  package var repeats = false
  /// Whether it must be there.
  package var isRequired = false

  static let help = OptionSpec(name: "help", help: "show this text")
  static let client = [
    OptionSpec(name: "json", help: "print JSON for programs, errors among it"),
    OptionSpec(name: "socket", value: "PATH", help: "control socket of the daemon (also SLIPWAY_SOCKET)"),
  ]
}

/// A command line that was understood.
package struct Invocation: Sendable, Hashable {
  /// Name of the command.
  package var command: String
  /// Operands by name.
  package var operands: [String: [String]]
  /// Values by option name; a switch has one empty value.
  package var options: [String: [String]]

  /// The only value of an option, or nil.
  package func option(_ name: String) -> String? { options[name]?.last }

  /// All values of an option.
  package func all(_ name: String) -> [String] { options[name] ?? [] }

  /// Whether the option is there.
  package func has(_ name: String) -> Bool { options[name] != nil }

  /// The operand; empty only where it is not required.
  package func operand(_ name: String) -> String { operands[name]?.first ?? "" }
}

/// What a command line asks for.
package enum ParsedLine: Sendable, Hashable {
  /// A command.
  case invocation(Invocation)
  /// The help of a command or topic; of everything where empty.
  case help(topic: String)
}

/// Why a command line was not understood; holds nothing that may be a secret.
package struct UsageError: Error, Sendable, Hashable {
  /// What is wrong.
  package var message: String
  /// What to do.
  package var remedy: String

  /// Makes an error.
  package init(_ message: String, remedy: String) {
    self.message = message
    self.remedy = remedy
  }
}
