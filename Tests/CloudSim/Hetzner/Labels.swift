/// Label syntax and label selectors, hetzner-cloud.json, "Labels" and "Label Selector".
package enum HetznerLabels {
  /// What is wrong with labels; empty where nothing is.
  package static func problems(_ labels: [String: String]) -> [FieldRule.Problem] {
    labels.sorted { $0.key < $1.key }.flatMap { key, value -> [FieldRule.Problem] in
      var found: [FieldRule.Problem] = []
      if !isKey(key) { found.append(FieldRule.Problem("labels", "label key '\(key)' is invalid")) }
      if key.hasPrefix("hetzner.cloud/") {
        found.append(FieldRule.Problem("labels", "label key '\(key)' has a reserved prefix"))
      }
      if !isValue(value) {
        found.append(FieldRule.Problem("labels", "label value '\(value)' of key '\(key)' is invalid"))
      }
      return found
    }
  }

  /// Whether a text is a key: `[prefix/]name`.
  package static func isKey(_ text: String) -> Bool {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let name = parts.last, isName(name) else { return false }
    guard parts.count == 2 else { return true }
    let prefix = parts[0]
    return prefix.utf8.count <= 253 && isDomain(prefix)
  }

  /// Whether a text is a value: empty, or as a name.
  package static func isValue(_ text: String) -> Bool { text.isEmpty || isName(text[...]) }

  private static func isName(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63, isAlphanumeric(first),
      isAlphanumeric(last)
    else { return false }
    return bytes.allSatisfy { isAlphanumeric($0) || "-_.".utf8.contains($0) }
  }

  private static func isDomain(_ text: Substring) -> Bool {
    text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy(isHostLabel)
  }

  /// Whether a text is one label of a host name (RFC 1123).
  static func isHostLabel(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, bytes.count <= 63 else { return false }
    return isAlphanumeric(first) && isAlphanumeric(last)
      && bytes.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
  }

  /// Whether a text is a host name (RFC 1123): labels with dots between, 253 bytes at most.
  package static func isHostName(_ text: String) -> Bool { text.utf8.count <= 253 && isDomain(text[...]) }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }
}

/// A label selector: requirements that all have to hold.
package struct LabelSelector: Sendable, Hashable {
  private let requirements: [Requirement]

  private enum Requirement: Sendable, Hashable {
    case present(String)
    case absent(String)
    case among(String, Set<String>)
    case notAmong(String, Set<String>)
  }

  /// Parses a selector; nil where it is none. The empty selector lets everything through.
  package init?(_ text: String) {
    var parsed: [Requirement] = []
    for term in LabelSelector.terms(text) {
      guard let requirement = LabelSelector.requirement(term) else { return nil }
      parsed.append(requirement)
    }
    requirements = parsed
  }

  /// Whether labels fulfil every requirement.
  package func matches(_ labels: [String: String]) -> Bool {
    requirements.allSatisfy { requirement in
      switch requirement {
      case .present(let key): labels[key] != nil
      case .absent(let key): labels[key] == nil
      case .among(let key, let values): labels[key].map(values.contains) ?? false
      case .notAmong(let key, let values): !(labels[key].map(values.contains) ?? false)
      }
    }
  }

  /// Splits at the commas outside parentheses.
  private static func terms(_ text: String) -> [String] {
    guard text.contains(where: { $0 != " " }) else { return [] }
    var terms = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == ",", depth == 0 { terms.append("") } else { terms[terms.count - 1].append(character) }
    }
    return terms
  }

  private static func requirement(_ raw: String) -> Requirement? {
    let term = trim(raw[...])
    if term.hasPrefix("!") {
      let key = trim(term.dropFirst())
      return HetznerLabels.isKey(String(key)) ? .absent(String(key)) : nil
    }
    if term.hasSuffix(")"), let open = term.firstIndex(of: "(") {
      return set(trim(term[..<open]), term[term.index(after: open)...].dropLast())
    }
    guard let sign = term.firstIndex(where: { $0 == "=" || $0 == "!" }) else {
      return HetznerLabels.isKey(String(term)) ? .present(String(term)) : nil
    }
    let key = String(trim(term[..<sign]))
    let rest = term[sign...]
    let operation = rest.hasPrefix("!=") ? "!=" : rest.hasPrefix("==") ? "==" : rest.hasPrefix("=") ? "=" : ""
    let value = String(trim(rest.dropFirst(operation.count)))
    guard !operation.isEmpty, HetznerLabels.isKey(key), HetznerLabels.isValue(value) else { return nil }
    return operation == "!=" ? .notAmong(key, [value]) : .among(key, [value])
  }

  private static func set(_ head: Substring, _ list: Substring) -> Requirement? {
    let words = head.split(separator: " ")
    let values = list.split(separator: ",", omittingEmptySubsequences: false).map { String(trim($0)) }
    guard words.count == 2, HetznerLabels.isKey(String(words[0])), values.allSatisfy(HetznerLabels.isValue)
    else { return nil }
    switch words[1] {
    case "in": return .among(String(words[0]), Set(values))
    case "notin": return .notAmong(String(words[0]), Set(values))
    default: return nil
    }
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while text.first == " " { text = text.dropFirst() }
    while text.last == " " { text = text.dropLast() }
    return text
  }
}
