/// What the first line of a script says of its interpreter; pure.
package struct Shebang: Sendable, Hashable {
  /// What can be said of a script's language.
  package enum Language: Sendable, Hashable {
    /// POSIX shell: `sh`, `dash`, `ash`.
    case shell
    case bash, python
    /// Another one, by the name of its program.
    case other(String)
  }

  /// Path of the program.
  package var path: String
  /// The one argument that the kernel passes on, blanks and all; nil: none.
  package var argument: String?

  /// What runs a script that does not say: `/bin/sh`.
  package static let usual = Shebang(path: "/bin/sh", argument: nil)

  /// Makes it from its parts.
  package init(path: String, argument: String?) {
    self.path = path
    self.argument = argument
  }

  /// Reads the first line; nil where it does not begin with `#!` or names nothing.
  package init?(_ body: some Sequence<UInt8>) {
    var line: [UInt8] = []
    for byte in body.prefix(4_096) {
      guard byte != 10 else { break }
      line.append(byte)
    }
    guard line.starts(with: [0x23, 0x21]) else { return nil }
    if line.last == 13 { line.removeLast() }
    let words = String(decoding: line.dropFirst(2), as: UTF8.self).drop { $0 == " " || $0 == "\t" }
    let path = words.prefix { $0 != " " && $0 != "\t" }
    guard !path.isEmpty else { return nil }
    self.path = String(path)
    var rest = words.dropFirst(path.count).drop { $0 == " " || $0 == "\t" }
    while let last = rest.last, last == " " || last == "\t" { rest.removeLast() }
    argument = rest.isEmpty ? nil : String(rest)
  }

  /// Reads it as it is kept on a version: the path, and the argument behind a blank.
  package init(interpreter: String) {
    let parts = interpreter.split(separator: " ", maxSplits: 1)
    self.init(path: parts.first.map(String.init) ?? "/bin/sh", argument: parts.dropFirst().first.map(String.init))
  }

  /// The form that is kept on a version.
  package var interpreter: String { argument.map { "\(path) \($0)" } ?? path }

  /// Whether it looks its program up in PATH.
  package var isEnv: Bool { path.split(separator: "/").last == "env" }

  /// The program that runs in the end, without its folder.
  package var program: String {
    var name = path.split(separator: "/").last.map(String.init) ?? path
    if isEnv, let argument {
      let words = argument.split(separator: " ").filter { !$0.hasPrefix("-") && !$0.contains("=") }
      name = words.first.flatMap { $0.split(separator: "/").last }.map(String.init) ?? name
    }
    return name
  }

  /// Its language, by the program's name.
  package var language: Language {
    switch program {
    case "sh", "dash", "ash": .shell
    case "bash": .bash
    case let name where name == "python" || name.hasPrefix("python3"): .python
    case let name: .other(name)
    }
  }
}
