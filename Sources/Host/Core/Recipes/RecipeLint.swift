import Model

/// What can be said of a script by reading it alone; pure. Syntax is for the language's own tools.
package enum RecipeLint {
  /// Every finding, in order. Stops early where a script is no text at all.
  package static func findings(_ body: [UInt8]) -> [LintFinding] {
    var found: [LintFinding] = []
    if body.allSatisfy({ $0 == 10 || $0 == 13 || $0 == 32 || $0 == 9 }) {
      return [LintFinding(.error, "empty", "the script is empty", remedy: "put the commands into it")]
    }
    if body.count > RecipeLimits.bodyBytes {
      return [
        LintFinding(
          .error, "too_big", "the script has \(body.count) bytes; at most \(RecipeLimits.bodyBytes) are possible",
          remedy: "fetch what is big from a place of your own, and check its digest")
      ]
    }
    found += bytes(body)
    found += shebang(body)
    let header = RecipeHeader(body)
    found += header.findings
    let language = (Shebang(body) ?? .usual).language
    let text = String(decoding: body, as: UTF8.self)
    found += SecretRules.findings(text)
    if language == .shell || language == .bash { found += DangerRules.findings(ShellCommand.all(of: text), text) }
    return found.inOrder
  }

  private static func bytes(_ body: [UInt8]) -> [LintFinding] {
    var found: [LintFinding] = []
    if body.starts(with: [0xEF, 0xBB, 0xBF]) {
      found.append(
        LintFinding(
          .error, "byte_order_mark", line: 1,
          "the script begins with a byte-order mark, so its first line is not seen as #!",
          remedy: "save it as UTF-8 without a byte-order mark"))
    }
    if let line = line(of: 0, in: body) {
      found.append(
        LintFinding(
          .error, "nul", line: line, "there is a NUL byte", remedy: "remove it; binary data can travel as base 64"))
    }
    if let at = body.indices.first(where: { body[$0] == 13 && (body.count == $0 + 1 || body[$0 + 1] == 10) }) {
      found.append(
        LintFinding(
          .error, "crlf", line: 1 + body[..<at].count(where: { $0 == 10 }),
          "lines end with CR LF, and the CR becomes part of every command",
          remedy: "save it with Unix line ends, as `tr -d '\\r'` makes them"))
    }
    if String(validating: body, as: UTF8.self) == nil {
      found.append(
        LintFinding(.warning, "not_utf8", "the script is not UTF-8", remedy: "save it as UTF-8"))
    }
    return found
  }

  private static func line(of byte: UInt8, in body: [UInt8]) -> Int? {
    body.firstIndex(of: byte).map { 1 + body[..<$0].count(where: { $0 == 10 }) }
  }

  private static func shebang(_ body: [UInt8]) -> [LintFinding] {
    guard let shebang = Shebang(body) else {
      return [
        LintFinding(
          .warning, "no_shebang", line: 1, "the script does not say what runs it; /bin/sh will",
          remedy: "begin with #!/bin/sh, or another interpreter")
      ]
    }
    guard shebang.path.hasPrefix("/") else {
      return [
        LintFinding(
          .error, "shebang", line: 1, "the interpreter is not named by an absolute path",
          remedy: "write it as #!/bin/sh or #!/usr/bin/env NAME")
      ]
    }
    if shebang.isEnv {
      let words = (shebang.argument ?? "").split(separator: " ")
      guard let first = words.first else {
        return [
          LintFinding(.error, "shebang", line: 1, "env is told no program", remedy: "write #!/usr/bin/env NAME")
        ]
      }
      if words.count > 1 && !first.hasPrefix("-S") {
        return [
          LintFinding(
            .error, "shebang", line: 1,
            "the kernel passes everything behind env as one argument, so no program has that name",
            remedy: "write #!/usr/bin/env -S PROGRAM ARGUMENTS, or the program's own path")
        ]
      }
    }
    return []
  }
}
