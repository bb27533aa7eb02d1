package import HTTP

/// A rule that makes requests go wrong.
package struct Fault: Sendable, Hashable {
  /// What goes wrong.
  package var kind: Kind
  /// Upper-case method that it applies to; nil for every one.
  package var method: String?
  /// Beginning of the path, with the API's base path; a `{}` segment matches any one segment. A trailing `$` asks
  /// for the whole path.
  package var path: String
  /// Text that the query has to contain, percent-encoded as it is sent; empty for any.
  package var query: String
  /// Matching requests that are let through first.
  package var skip: Int
  /// Matching requests that are hit after that; nil for all.
  package var count: Int?

  /// Everything that can go wrong (docs/simulator.md describes each).
  package enum Kind: Sendable, Hashable {
    case dropUnread
    case dropAnswer
    case respond(status: Int, code: String, message: String, body: String?, headers: [HTTPField], execute: Bool)
    case delay(ms: Int64)
    case late(ms: Int64)
    case twice(ms: Int64)
    case truncate(bytes: Int)
    case garbage
    case extraFields
    case hidden(ms: Int64)
    case createFails(ms: Int64, code: String, message: String)
    case actionFails(code: String, message: String)
    case lock(ms: Int64)
    case stockOut(ms: Int64)
    case rateLimit(seconds: Int64)
    case stale(ms: Int64)
    case deleteListed
    case revokeToken
    case keepAddress
    case ignore
  }

  /// Makes a rule.
  package init(
    _ kind: Kind, method: String? = nil, path: String = "/", query: String = "", skip: Int = 0, count: Int? = 1
  ) {
    self.kind = kind
    self.method = method
    self.path = path
    self.query = query
    self.skip = max(0, skip)
    self.count = count.map { max(0, $0) }
  }

  /// Whether the rule is about a request, its count aside.
  package func matches(_ request: HTTPRequest) -> Bool {
    if let method, method != request.method { return false }
    guard query.isEmpty || Fault.contains(request.query, query) else { return false }
    let whole = path.hasSuffix("$")
    let wanted = (whole ? path.dropLast() : path[...]).split(separator: "/")
    let found = request.path.split(separator: "/")
    guard whole ? wanted.count == found.count : wanted.count <= found.count else { return false }
    return zip(wanted, found).allSatisfy { $0 == "{}" || $0 == $1 }
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    guard part.count <= text.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }
}

/// The rules in force, in the order in which they are asked.
package struct FaultBook: Sendable {
  /// The rules that may still hit; the first that matches a request takes it.
  package private(set) var rules: [Fault]

  /// Makes a book.
  package init(_ rules: [Fault] = []) { self.rules = rules }

  /// Puts a rule at the end.
  package mutating func add(_ rule: Fault) { rules.append(rule) }

  /// Forgets every rule.
  package mutating func clear() { rules = [] }

  /// The rule that a request falls under, counted; nil where it goes well.
  package mutating func take(for request: HTTPRequest) -> Fault? {
    for at in rules.indices where rules[at].count != 0 && rules[at].matches(request) {
      if rules[at].skip > 0 {
        rules[at].skip -= 1
        continue
      }
      let rule = rules[at]
      if let count = rule.count {
        if count == 1 { rules.remove(at: at) } else { rules[at].count = count - 1 }
      }
      return rule
    }
    return nil
  }

  /// Whether a rule reads the past, so that the past must be kept, and how far back, in milliseconds.
  package var reach: Int64? {
    rules.compactMap { if case .stale(let ms) = $0.kind { ms } else { nil } }.max()
  }
}
