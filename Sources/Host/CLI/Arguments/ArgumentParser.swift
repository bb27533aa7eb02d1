import Control

/// Turns words into an invocation by a table of commands; pure, total, and silent about what may be a secret.
package struct ArgumentParser: Sendable {
  private let commands: [CommandSpec]

  /// Makes a parser.
  package init(_ commands: [CommandSpec] = CommandTable.all) { self.commands = commands }

  /// Understands the words after the program's name.
  package func parse(_ words: [String]) throws(UsageError) -> ParsedLine {
    let (leading, words) = Self.leadingOptions(words)
    guard let first = words.first else { return .help(topic: "") }
    switch first {
    case "help": return try help(Array(words.dropFirst()))
    case "--help", "-h": return .help(topic: "")
    case "--version", "-V": return .invocation(Invocation(command: "version", operands: [:], options: [:]))
    default: break
    }
    let (spec, rest) = try command(words)
    guard let spec else { return .help(topic: first) }
    return try arguments(of: spec, leading + rest)
  }

  /// Splits off options of every client command that stand before the command itself.
  private static func leadingOptions(_ words: [String]) -> (leading: [String], rest: [String]) {
    var count = 0
    while count < words.count {
      let word = words[count]
      guard let option = OptionSpec.client.first(where: { word == "--\($0.name)" || word.hasPrefix("--\($0.name)=") })
      else { break }
      count += option.value != nil && !word.contains("=") ? 2 : 1
    }
    count = min(count, words.count)
    return (Array(words[..<count]), Array(words[count...]))
  }

  private func help(_ words: [String]) throws(UsageError) -> ParsedLine {
    let topic = words.filter { !$0.hasPrefix("-") }.joined(separator: " ")
    if topic.isEmpty || HelpText.topics.contains(topic) { return .help(topic: topic) }
    if commands.contains(where: { $0.name == topic || $0.name.hasPrefix("\(topic) ") }) { return .help(topic: topic) }
    throw unknown(topic, among: commands.map(\.name) + HelpText.topics)
  }

  /// The command that the first words name; nil where they name a group and ask for its help.
  private func command(_ words: [String]) throws(UsageError) -> (CommandSpec?, ArraySlice<String>) {
    let first = words.first ?? ""
    let group = commands.filter { $0.name.hasPrefix("\(first) ") }
    if group.isEmpty {
      guard let spec = commands.first(where: { $0.name == first }) else {
        throw unknown(first, among: commands.compactMap { $0.name.split(separator: " ").first.map(String.init) })
      }
      return (spec, words.dropFirst())
    }
    guard words.count > 1, !["--help", "-h", "help"].contains(words[1]) else {
      if words.count > 1 { return (nil, []) }
      throw UsageError(
        "slipway \(first) needs one more word: \(group.map { String($0.name.dropFirst(first.count + 1)) }.joined(separator: ", "))",
        remedy: "see `slipway \(first) --help`")
    }
    let name = "\(first) \(words[1])"
    guard let spec = group.first(where: { $0.name == name }) else { throw unknown(name, among: group.map(\.name)) }
    return (spec, words.dropFirst(2))
  }

  private func unknown(_ name: String, among known: [String]) -> UsageError {
    let nearest = Nearest.candidate(to: name, among: known)
    return UsageError(
      "there is no command \(Secrecy.shown(name))",
      remedy: nearest.map { "did you mean `slipway \($0)`?" } ?? "`slipway help` lists the commands")
  }

  private func arguments(of spec: CommandSpec, _ words: [String]) throws(UsageError) -> ParsedLine {
    var rest = words[...]
    var found: [String] = []
    var options: [String: [String]] = [:]
    var onlyOperands = false
    while let word = rest.popFirst() {
      if onlyOperands || word == "-" || !word.hasPrefix("-") {
        found.append(word)
      } else if word == "--" {
        onlyOperands = true
      } else if word == "--help" || word == "-h" {
        return .help(topic: spec.name)
      } else {
        let (option, attached) = try self.option(word, of: spec)
        guard option.repeats || options[option.name] == nil else {
          throw UsageError("--\(option.name) is given twice", remedy: "give it once")
        }
        options[option.name, default: []].append(try value(of: option, attached, from: &rest, spec))
      }
    }
    for option in spec.options where option.isRequired && options[option.name] == nil {
      throw UsageError(
        "slipway \(spec.name) needs --\(option.name) \(option.value ?? "")", remedy: "see `slipway \(spec.name) --help`"
      )
    }
    return .invocation(
      Invocation(command: spec.name, operands: try operands(of: spec, found), options: options))
  }

  private func option(_ word: String, of spec: CommandSpec) throws(UsageError) -> (OptionSpec, String?) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first?.drop { $0 == "-" } ?? "")
    if word.hasPrefix("--"), let option = spec.allOptions.first(where: { $0.name == name }) {
      return (option, parts.count > 1 ? String(parts[1]) : nil)
    }
    if Secrecy.namesSecret(name) { throw Secrecy.refusal(spec.name) }
    let nearest = Nearest.candidate(to: name, among: spec.allOptions.map(\.name))
    throw UsageError(
      "slipway \(spec.name) has no option \(Secrecy.shown(word.hasPrefix("--") ? "--\(name)" : "-\(name)"))",
      remedy: nearest.map { "did you mean --\($0)?" } ?? "see `slipway \(spec.name) --help`")
  }

  private func value(
    of option: OptionSpec, _ attached: String?, from rest: inout ArraySlice<String>, _ spec: CommandSpec
  ) throws(UsageError) -> String {
    guard let placeholder = option.value else {
      guard attached == nil else {
        throw UsageError("--\(option.name) takes no value", remedy: "write --\(option.name) alone")
      }
      return ""
    }
    if let attached { return attached }
    guard let next = rest.first, next == "-" || !next.hasPrefix("-") else {
      throw UsageError(
        "--\(option.name) needs a value: \(placeholder)", remedy: "see `slipway \(spec.name) --help`")
    }
    rest = rest.dropFirst()
    return next
  }

  private func operands(of spec: CommandSpec, _ words: [String]) throws(UsageError) -> [String: [String]] {
    var rest = words[...]
    var result: [String: [String]] = [:]
    for operand in spec.operands {
      let values = operand.repeats ? Array(rest) : Array(rest.prefix(1))
      rest = rest.dropFirst(values.count)
      if values.isEmpty || values.contains("") {
        guard !operand.isRequired else {
          throw UsageError("slipway \(spec.name) needs \(operand.name): \(operand.help)", remedy: spec.usage)
        }
        continue
      }
      result[operand.name] = values
    }
    guard let extra = rest.first else { return result }
    if Secrecy.looksSecret(extra) { throw Secrecy.refusal(spec.name) }
    throw UsageError("\(Secrecy.shown(extra)) is one argument too many", remedy: spec.usage)
  }
}

/// Keeps secrets that somebody put on the command line out of messages.
package enum Secrecy {
  /// Whether an option or setting of that name would hold a secret.
  package static func namesSecret(_ name: String) -> Bool {
    let name = name.lowercased().filter { $0 != "-" && $0 != "_" }
    let words = ["token", "secret", "password", "passwd", "credential", "apikey", "accesskey", "privatekey"]
    return words.contains { name.contains($0) }
  }

  /// Whether a word is long and mixed as only keys and tokens are; a ULID is not.
  package static func looksSecret(_ word: String) -> Bool {
    guard word.utf8.count >= 20, word.utf8.allSatisfy({ isTokenByte($0) }), !isULID(word) else { return false }
    return word.contains(where: \.isNumber) && word.contains(where: \.isLetter)
  }

  /// Foreign text for a message: short, printable, and without what looks like a secret.
  package static func shown(_ text: String) -> String {
    guard text.utf8.count <= 160 else { return "(hidden)" }
    let words = text.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
      guard let equals = word.firstIndex(of: "="), namesSecret(String(word[..<equals])) else {
        return looksSecret(String(word)) || word.utf8.count > 80 ? "(hidden)" : Plain.text(String(word))
      }
      return Plain.text(String(word[...equals])) + "(hidden)"
    }
    return words.joined(separator: " ")
  }

  /// What somebody is told who puts a secret on the command line.
  static func refusal(_ command: String) -> UsageError {
    UsageError(
      "a credential is never taken from the command line: other users see it in the process list, and the shell "
        + "keeps it in its history",
      remedy: ["account add", "account rotate"].contains(command)
        ? "put it in a file and pass --credential-file FILE, or send it to standard input; then replace the one "
          + "that you typed"
        : "only `slipway account add` and `account rotate` take one, from --credential-file FILE or standard input; replace the one "
          + "that you typed")
  }

  private static func isULID(_ word: String) -> Bool {
    word.utf8.count == 26 && word.utf8.first.map { (48...55).contains($0) } == true
      && word.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
  }

  private static func isTokenByte(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || "-_.~+=:".utf8.contains(byte)
  }
}
