package import Model

/// What a script says of itself, in the comments at its beginning; pure.
///
/// A line is `# slipway-KEY: VALUE`, before the first line that is neither empty nor a comment. The keys are `description`,
/// `author`, `notes`, `idempotent` (`yes` or `no`), `timeout` (such as `15m`), and `input`, once for each:
/// `NAME KIND [required] [secret] [default=VALUE]; DESCRIPTION`, with `choice(a,b,c)` for a choice.
package struct RecipeHeader: Sendable, Hashable {
  /// What it makes of a machine.
  package var description: String?
  /// Who wrote it.
  package var author: String?
  /// What changed.
  package var notes: String?
  /// Whether it may be run again.
  package var idempotent: Bool?
  /// When a run is ended, milliseconds.
  package var timeoutMs: Int64?
  /// What it takes, in order.
  package var inputs: [RecipeInput] = []
  /// What is wrong with those lines.
  package var findings: [LintFinding] = []

  private static let keys = ["description", "author", "notes", "idempotent", "timeout", "input"]

  /// Reads the comments at the beginning of a script.
  package init(_ body: [UInt8]) {
    var number = 0
    for line in body.split(separator: 10, omittingEmptySubsequences: false) {
      number += 1
      let text = Self.trimmed(String(decoding: line, as: UTF8.self)[...])
      guard text.isEmpty || text.hasPrefix("#") else { break }
      let words = Self.trimmed(text.drop { $0 == "#" })
      guard words.hasPrefix("slipway-") else { continue }
      read(words.dropFirst(8), line: number)
    }
    for violation in InputRules.violations(inputs) {
      findings.append(
        LintFinding(
          .error, "header", "\(violation.path) \(violation.message)", remedy: "correct its slipway-input line"))
    }
  }

  private mutating func read(_ words: Substring, line: Int) {
    func wrong(_ message: String, _ remedy: String) {
      findings.append(LintFinding(.error, "header", line: line, message, remedy: remedy))
    }
    guard let colon = words.firstIndex(of: ":") else {
      return wrong("the line has no colon", "write `# slipway-description: What it does`")
    }
    let key = String(words[..<colon])
    let value = String(Self.trimmed(words[words.index(after: colon)...]))
    switch key {
    case "description": description = value
    case "author": author = value
    case "notes": notes = value
    case "idempotent":
      guard value == "yes" || value == "no" else {
        return wrong("slipway-idempotent is neither yes nor no", "write `# slipway-idempotent: yes`")
      }
      idempotent = value == "yes"
    case "timeout":
      guard let ms = Self.milliseconds(value), RecipeLimits.timeoutMs.contains(ms) else {
        return wrong("slipway-timeout is not a time from 1s to 6h", "write `# slipway-timeout: 15m`")
      }
      timeoutMs = ms
    case "input":
      guard let input = Self.input(value) else {
        return wrong(
          "slipway-input is not `NAME KIND [required] [secret] [default=VALUE]; DESCRIPTION`",
          "write `# slipway-input: PORT integer default=8080; where it listens`; kinds are string, integer, boolean and choice(a,b)"
        )
      }
      inputs.append(input)
    default:
      wrong("slipway-\(key.prefix(40)) is not known", "the keys are \(Self.keys.joined(separator: ", "))")
    }
  }

  /// Milliseconds of `90s`, `15m` or `2h`.
  private static func milliseconds(_ text: String) -> Int64? {
    let units: [Character: Int64] = ["s": 1_000, "m": 60_000, "h": 3_600_000]
    guard let last = text.last, let unit = units[last], text.utf8.count <= 8, let number = Int64(text.dropLast()),
      number > 0
    else { return nil }
    return number * unit
  }

  private static func input(_ text: String) -> RecipeInput? {
    var (words, rest) = words(text)
    guard words.count >= 2 else { return nil }
    var input = RecipeInput(name: words.removeFirst(), description: String(trimmed(rest)))
    let kind = words.removeFirst()
    if kind.hasPrefix("choice("), kind.hasSuffix(")") {
      input.kind = .choice
      input.choices = kind.dropFirst(7).dropLast().split(separator: ",").map { String(trimmed($0)) }
    } else if let known = RecipeInputKind(rawValue: kind), known != .choice {
      input.kind = known
    } else {
      return nil
    }
    for word in words {
      switch word {
      case "required": input.required = true
      case "secret": input.secret = true
      case _ where word.hasPrefix("default="): input.defaultValue = String(word.dropFirst(8))
      default: return nil
      }
    }
    return input
  }

  /// Words before the first semicolon, quotes taken off, and what is behind it.
  private static func words(_ text: String) -> ([String], Substring) {
    var words: [String] = []
    var word: String?
    var quoted = false
    var index = text.startIndex
    while index < text.endIndex {
      let character = text[index]
      index = text.index(after: index)
      if character == "\"" {
        quoted.toggle()
        word = word ?? ""
      } else if quoted {
        word?.append(character)
      } else if character == ";" {
        break
      } else if character == " " || character == "\t" {
        if let word { words.append(word) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if let word { words.append(word) }
    return (words, text[index...])
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
