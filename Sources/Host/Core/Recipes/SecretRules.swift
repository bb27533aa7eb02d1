/// Secrets that stand in a script in the open; pure. No message holds one.
enum SecretRules {
  /// What looks like a secret, at most one finding a line.
  static func findings(_ text: String) -> [LintFinding] {
    var found: [LintFinding] = []
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      guard let kind = kind(of: line) else { continue }
      found.append(
        LintFinding(
          .warning, "secret", line: index + 1, "\(kind) stands in the script, where everyone can read it",
          remedy: "make it a secret input, and replace the one that was here"))
    }
    return found
  }

  private static func kind(of line: Substring) -> String? {
    if line.contains("-----BEGIN"), line.contains("PRIVATE KEY-----") { return "a private key" }
    for (prefix, least) in [
      ("AKIA", 16), ("ghp_", 30), ("gho_", 30), ("github_pat_", 30), ("xoxb-", 20), ("sk_live_", 16), ("glpat-", 20),
    ] {
      guard let range = line.firstRange(of: prefix) else { continue }
      let rest = line[range.upperBound...].prefix {
        $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || $0 == "-")
      }
      if rest.count >= least { return "what looks like a key of a service" }
    }
    let bare = line.drop(while: \.isWhitespace)
    guard !bare.hasPrefix("#"), let equals = bare.firstIndex(of: "=") else { return nil }
    let name = bare[..<equals].split(separator: " ").last?.lowercased() ?? ""
    let words = ["password", "passwd", "secret", "token", "api_key", "apikey", "private_key"]
    guard words.contains(where: { name.hasSuffix($0) }) else { return nil }
    let value = bare[bare.index(after: equals)...].prefix { !$0.isWhitespace && $0 != ";" }.filter {
      $0 != "\"" && $0 != "'"
    }
    let isLiteral =
      value.count >= 6 && !value.contains("$") && !value.contains("`") && !value.hasPrefix("/") && !value.contains("<")
    return isLiteral ? "what looks like a password or token" : nil
  }
}
