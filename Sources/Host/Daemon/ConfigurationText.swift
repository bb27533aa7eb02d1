/// Reads JSON5 (spec.json5.org) into nodes that know their place; pure.
///
/// Foundation's reader says neither line nor column here, and keeps one of two equal keys. At most 1 MiB and 32
/// levels. Infinity, NaN and line continuations are refused: no key could mean them.
package struct ConfigurationText {
  private let text: [Character]
  private var index = 0
  private var line = 1
  private var column = 1
  private var depth = 0

  /// Reads a whole file.
  package static func parse(_ bytes: [UInt8]) throws(ConfigurationError) -> ConfigurationNode {
    guard bytes.count <= 1 << 20 else {
      throw ConfigurationError("the file is too long", expected: "at most 1 MiB", found: "\(bytes.count) bytes")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw ConfigurationError("the file is not text", expected: "UTF-8", found: "other bytes")
    }
    var reader = ConfigurationText(text: Array(text))
    try reader.skip()
    guard reader.peek != nil else {
      throw reader.error("the file is empty", expected: "a group in braces: { … }", found: "nothing")
    }
    let node = try reader.value()
    try reader.skip()
    guard reader.peek == nil else { throw reader.unexpected("the end of the file") }
    return node
  }

  private init(text: [Character]) { self.text = text }

  private var peek: Character? { index < text.count ? text[index] : nil }
  private var position: ConfigurationPosition { ConfigurationPosition(line: line, column: column) }

  private mutating func take() -> Character? {
    guard let character = peek else { return nil }
    index += 1
    if character.isNewline {
      line += 1
      column = 1
    } else {
      column += 1
    }
    return character
  }

  private func error(_ message: String, expected: String, found: String) -> ConfigurationError {
    ConfigurationError(at: position, message, expected: expected, found: found)
  }

  private func unexpected(_ expected: String) -> ConfigurationError {
    error(
      "the file is not valid JSON5", expected: expected,
      found: peek.map { $0.isNewline ? "the end of the line" : "\"\($0)\"" } ?? "the end of the file")
  }

  /// Passes blanks and comments.
  private mutating func skip() throws(ConfigurationError) {
    while let character = peek {
      if character.isWhitespace || character == "\u{FEFF}" {
        _ = take()
      } else if character == "/" {
        try comment()
      } else {
        return
      }
    }
  }

  private mutating func comment() throws(ConfigurationError) {
    let start = position
    _ = take()
    switch peek {
    case "/": while let next = peek, !next.isNewline { _ = take() }
    case "*":
      _ = take()
      while let next = take() {
        if next == "*", peek == "/" {
          _ = take()
          return
        }
      }
      throw ConfigurationError(at: start, "a comment does not end", expected: "*/", found: "the end of the file")
    default: throw unexpected("a comment, // or /*")
    }
  }

  private mutating func value() throws(ConfigurationError) -> ConfigurationNode {
    let start = position
    guard depth < 32 else { throw error("too many levels", expected: "at most 32", found: "more") }
    depth += 1
    defer { depth -= 1 }
    return ConfigurationNode(value: try bare(), position: start)
  }

  private mutating func bare() throws(ConfigurationError) -> ConfigurationNode.Value {
    switch peek {
    case "{": return .object(try members())
    case "[": return .array(try elements())
    case "\"", "'": return .string(try string())
    case .some(let character) where character.isLetter:
      let start = position
      let word = name()
      switch word {
      case "true": return .bool(true)
      case "false": return .bool(false)
      case "null": return .null
      default:
        throw ConfigurationError(
          at: start, "the file is not valid JSON5", expected: "a value", found: word,
          remedy: "put text in quotes: \"\(word)\"")
      }
    case .some(let character) where "+-.0123456789".contains(character): return try number()
    default: throw unexpected("a value")
    }
  }

  private mutating func members() throws(ConfigurationError) -> [ConfigurationNode.Member] {
    var members: [ConfigurationNode.Member] = []
    _ = take()
    while true {
      try skip()
      if peek == "}" {
        _ = take()
        return members
      }
      let start = position
      let name: String
      switch peek {
      case "\"", "'": name = try string()
      case .some(let character) where character.isLetter || character == "_" || character == "$": name = self.name()
      default: throw unexpected("a key or }")
      }
      try skip()
      guard peek == ":" else { throw unexpected("a colon after \"\(name)\"") }
      _ = take()
      try skip()
      members.append(ConfigurationNode.Member(name: name, position: start, node: try value()))
      try separator(before: "}")
    }
  }

  private mutating func elements() throws(ConfigurationError) -> [ConfigurationNode] {
    var elements: [ConfigurationNode] = []
    _ = take()
    while true {
      try skip()
      if peek == "]" {
        _ = take()
        return elements
      }
      elements.append(try value())
      try separator(before: "]")
    }
  }

  private mutating func separator(before end: Character) throws(ConfigurationError) {
    try skip()
    if peek == "," { _ = take() } else if peek != end { throw unexpected("a comma or \(end)") }
  }

  private mutating func name() -> String {
    var word = ""
    while let character = peek, character.isLetter || character.isNumber || character == "_" || character == "$" {
      word.append(character)
      _ = take()
    }
    return word
  }

  private mutating func string() throws(ConfigurationError) -> String {
    let start = position
    let quote = take()
    var result = ""
    while let character = peek, !character.isNewline {
      _ = take()
      if character == quote { return result }
      result.append(character == "\\" ? try escape() : character)
    }
    throw ConfigurationError(
      at: start, "a text does not end", expected: quote.map { "\($0)" } ?? "\"",
      found: peek == nil ? "the end of the file" : "the end of the line")
  }

  private mutating func escape() throws(ConfigurationError) -> Character {
    switch peek {
    case "n": _ = take(); return "\n"
    case "t": _ = take(); return "\t"
    case "r": _ = take(); return "\r"
    case "b": _ = take(); return "\u{8}"
    case "f": _ = take(); return "\u{c}"
    case "u": return try unicode()
    case .some(let character) where "\\\"'/".contains(character): _ = take(); return character
    default: throw unexpected("an escape such as \\n, \\\" or \\u0041")
    }
  }

  private mutating func unicode() throws(ConfigurationError) -> Character {
    _ = take()
    var code: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = peek?.hexDigitValue else { throw unexpected("four hexadecimal digits") }
      _ = take()
      code = code * 16 + UInt32(digit)
    }
    guard let scalar = Unicode.Scalar(code) else {
      throw error("half a character", expected: "the character itself", found: "a surrogate \\u escape")
    }
    return Character(scalar)
  }

  private mutating func number() throws(ConfigurationError) -> ConfigurationNode.Value {
    let start = position
    var word = ""
    while let character = peek, character.isLetter || character.isNumber || "+-.".contains(character) {
      word.append(character)
      _ = take()
    }
    if let integer = Int64(word) { return .integer(integer) }
    let unsigned = word.hasPrefix("+") ? String(word.dropFirst()) : word
    if unsigned.lowercased().hasPrefix("0x"), let integer = Int64(unsigned.dropFirst(2), radix: 16) {
      return .integer(integer)
    }
    let isPlain = unsigned.allSatisfy { $0.isASCII && ($0.isNumber || "eE+-.".contains($0)) }
    guard isPlain, let number = Double(unsigned), number.isFinite else {
      throw ConfigurationError(at: start, "the file is not valid JSON5", expected: "a number", found: word)
    }
    return .number(number)
  }
}
