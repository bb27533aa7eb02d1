/// Why a request or an endpoint was refused before anything was sent.
package struct BrokerRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  /// The rule that it broke.
  package var rule: Rule
  /// One sentence for a person: the part that is wrong, what was expected, what was found; holds no secret. Which
  /// request it was is said by whoever shows it.
  package var sentence: String

  /// Makes a refusal.
  package init(_ rule: Rule, _ sentence: String) {
    self.rule = rule
    self.sentence = sentence
  }

  /// The sentence.
  package var description: String { sentence }

  /// The rules of a request, and of an endpoint.
  package enum Rule: String, Sendable, Hashable {
    case endpoint, method, path, query, header, body, verb, route
  }
}

/// Foreign text as a sentence may show it: ASCII without control bytes, at most 120 characters.
func shown(_ text: some StringProtocol) -> String {
  var result = ""
  for byte in text.utf8.prefix(120) {
    result.unicodeScalars.append((0x20...0x7e).contains(byte) ? Unicode.Scalar(byte) : "?")
  }
  return text.utf8.count > 120 ? result + "..." : result
}
