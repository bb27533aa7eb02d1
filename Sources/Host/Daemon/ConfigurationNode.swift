/// A place in a configuration file; both from 1, the column counted in characters.
package struct ConfigurationPosition: Sendable, Hashable {
  /// Line.
  package var line: Int
  /// Column.
  package var column: Int
}

/// A value of a configuration file, with its place.
package struct ConfigurationNode: Sendable, Hashable {
  /// What it is.
  package var value: Value
  /// Where it begins.
  package var position: ConfigurationPosition

  /// One member of an object; order and repetition are kept, so that a repeated key can be refused.
  package struct Member: Sendable, Hashable {
    /// Name.
    package var name: String
    /// Where the name begins.
    package var position: ConfigurationPosition
    /// Value.
    package var node: ConfigurationNode
  }

  /// The kinds of value.
  package indirect enum Value: Sendable, Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([ConfigurationNode])
    case object([Member])
  }

  /// What it is, for messages.
  package var found: String {
    switch value {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .string(let value): "the text \"\(value.prefix(60))\""
    case .array: "a list"
    case .object: "a group in braces"
    }
  }
}

/// Why a configuration was refused; nothing of it was used.
package struct ConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The file.
  package var file: String
  /// Where in it, when that can be said.
  package var position: ConfigurationPosition?
  /// One sentence that names the key.
  package var message: String
  /// What would have been right.
  package var expected: String?
  /// What was there.
  package var found: String?
  /// What to do next.
  package var remedy: String?

  /// Makes an error.
  package init(
    file: String = "", at position: ConfigurationPosition? = nil, _ message: String, expected: String? = nil,
    found: String? = nil, remedy: String? = nil
  ) {
    self.file = file
    self.position = position
    self.message = message
    self.expected = expected
    self.found = found
    self.remedy = remedy
  }

  /// `file:line:column`.
  package var place: String { file + (position.map { ":\($0.line):\($0.column)" } ?? "") }

  /// `file:line:column: message; expected …, found …; remedy`.
  package var description: String {
    var text = place.isEmpty ? message : "\(place): \(message)"
    let facts = [expected.map { "expected \($0)" }, found.map { "found \($0)" }].compactMap { $0 }
    if !facts.isEmpty { text += "; " + facts.joined(separator: ", ") }
    if let remedy { text += "; \(remedy)" }
    return text
  }
}
