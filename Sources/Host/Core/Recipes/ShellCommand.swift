/// One command of a shell script: words without quotes, for rules that look for what is dangerous; pure.
///
/// Not a shell's grammar: what stands in quotes is text, in a here-document is passed over, and keywords are words. A script
/// that hides what it does is not found out.
struct ShellCommand: Sendable, Hashable {
  /// The words; redirections are words of their own.
  var words: [String]
  /// Line of its first word.
  var line: Int
  /// Whether its output goes to the next command.
  var isPiped: Bool

  /// The program's name without its folder: the first word that is no assignment, keyword or runner such as `sudo`.
  var program: String { programWords.first.flatMap { $0.split(separator: "/").last }.map(String.init) ?? "" }

  /// What follows the program's name.
  var arguments: ArraySlice<String> { programWords.dropFirst() }

  private var programWords: ArraySlice<String> {
    let passed = [
      "if", "then", "else", "elif", "while", "until", "do", "!", "{", "}", "sudo", "exec", "command", "nohup", "env",
      "time",
      "nice", "doas",
    ]
    var rest = words[...]
    while let word = rest.first {
      let isRunner = passed.contains(word)
      guard isRunner || Self.isAssignment(word) else { break }
      rest = rest.dropFirst()
      if isRunner { rest = rest.drop { $0.hasPrefix("-") } }
    }
    return rest
  }

  /// Whether the option is there, alone (`-r`) or among others (`-rf`).
  func has(_ letter: Character, _ long: String) -> Bool {
    arguments.contains { $0 == long || ($0.hasPrefix("-") && !$0.hasPrefix("--") && $0.dropFirst().contains(letter)) }
  }

  /// Arguments that are no options.
  var operands: [String] { arguments.filter { !$0.hasPrefix("-") } }

  /// Whether the word is `NAME=…`.
  static func isAssignment(_ word: String) -> Bool {
    guard let equals = word.firstIndex(of: "="), equals != word.startIndex else { return false }
    return word[..<equals].utf8.allSatisfy {
      (65...90).contains($0) || (97...122).contains($0) || (48...57).contains($0) || $0 == 95
    }
  }

  /// Every command of a script.
  static func all(of text: String) -> [ShellCommand] {
    var reader = ShellReader(Array(text.utf8))
    return reader.read()
  }
}

/// Splits a script into commands; total.
private struct ShellReader {
  private let bytes: [UInt8]
  private var at = 0
  private var line = 1
  private var word: [UInt8]?
  private var words: [String] = []
  private var wordLine = 1
  private var commands: [ShellCommand] = []
  /// Terminators of here-documents that begin at the next line.
  private var documents: [(mark: String, isIndented: Bool)] = []
  private var awaitsMark: Bool?

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func read() -> [ShellCommand] {
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\\"):
        guard let escaped = next() else { break }
        if escaped != 10 { append(escaped) }
      case UInt8(ascii: "'"): quoted(by: byte)
      case UInt8(ascii: "\""): quoted(by: byte)
      case UInt8(ascii: "#") where word == nil: while let other = peek, other != 10 { at += 1 }
      case 10:
        endCommand(isPiped: false)
        for document in documents { skip(document) }
        documents = []
      case 32, 9, 13: endWord()
      case UInt8(ascii: "|"):
        let isOr = peek == byte
        if isOr || peek == UInt8(ascii: "&") { _ = next() }
        endCommand(isPiped: !isOr)
      case UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"): endCommand(isPiped: false)
      case UInt8(ascii: "&"):
        // `2>&1` and `&>` are redirections.
        if word?.last == UInt8(ascii: ">") || peek == UInt8(ascii: ">") {
          append(byte)
        } else {
          endCommand(isPiped: false)
        }
      case UInt8(ascii: ">"):
        endWord()
        append(byte)
        if peek == byte { append(next() ?? byte) }
        if peek != UInt8(ascii: "&") { endWord() }
      case UInt8(ascii: "<"): redirection()
      default: append(byte)
      }
    }
    endCommand(isPiped: false)
    return commands
  }

  private var peek: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func next() -> UInt8? {
    guard let byte = peek else { return nil }
    at += 1
    if byte == 10 { line += 1 }
    return byte
  }

  private mutating func append(_ byte: UInt8) {
    if word == nil {
      word = []
      if words.isEmpty { wordLine = line }
    }
    word?.append(byte)
  }

  private mutating func quoted(by quote: UInt8) {
    if word == nil {
      word = []
      if words.isEmpty { wordLine = line }
    }
    while let byte = next(), byte != quote {
      if quote == UInt8(ascii: "\""), byte == UInt8(ascii: "\\"), let escaped = next() {
        if escaped != 10 { word?.append(escaped) }
      } else {
        word?.append(byte)
      }
    }
  }

  private mutating func redirection() {
    endWord()
    guard peek == UInt8(ascii: "<") else { return }
    _ = next()
    if peek == UInt8(ascii: "<") {
      _ = next()
    } else {
      let isIndented = peek == UInt8(ascii: "-")
      if isIndented { _ = next() }
      awaitsMark = isIndented
    }
  }

  private mutating func endWord() {
    guard let done = word else { return }
    word = nil
    let text = String(decoding: done, as: UTF8.self)
    if let isIndented = awaitsMark {
      documents.append((text, isIndented))
      awaitsMark = nil
    } else {
      words.append(text)
    }
  }

  private mutating func endCommand(isPiped: Bool) {
    endWord()
    guard !words.isEmpty else { return }
    commands.append(ShellCommand(words: words, line: wordLine, isPiped: isPiped))
    words = []
  }

  private mutating func skip(_ document: (mark: String, isIndented: Bool)) {
    while at < bytes.count {
      var content: [UInt8] = []
      while let byte = next(), byte != 10 { content.append(byte) }
      if content.last == 13 { content.removeLast() }
      let bare = document.isIndented ? Array(content.drop { $0 == 9 }) : content
      if bare.elementsEqual(document.mark.utf8) { return }
    }
  }
}
