package import HTTP

/// A token of a cloud's API.
package struct SimToken: Sendable, Hashable {
  /// The project, team or account that it opens.
  package var project: String
  /// Whether it may only read.
  package var readOnly: Bool
  /// Whether it is taken as unknown.
  package var revoked: Bool
  /// What it may do, in the cloud's own words; nil for everything. A cloud without such words ignores it.
  package var scopes: Set<String>?
  /// Where it may be used from; empty for everywhere. A cloud without access lists ignores it.
  package var sources: [SourceNetwork]

  /// Makes a token.
  package init(
    project: String, readOnly: Bool = false, revoked: Bool = false, scopes: Set<String>? = nil,
    sources: [SourceNetwork] = []
  ) {
    self.project = project
    self.readOnly = readOnly
    self.revoked = revoked
    self.scopes = scopes
    self.sources = sources
  }

  /// The token of an `Authorization: Bearer` header; nil where the request has none.
  package static func bearer(of request: HTTPRequest) -> String? {
    let words = (request.header("authorization") ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    return String(words[1])
  }
}

extension SimFrame {
  /// Adds, changes or revokes a token: `{"token", "project"?, "read_only"?, "revoked"?, "scopes"?, "sources"?}`; the
  /// project of a new one is `default`.
  package mutating func changeToken(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("token", .string(1...200), required: true), FieldRule("project", .string(1...100)),
        FieldRule("read_only", .boolean), FieldRule("revoked", .boolean),
        FieldRule("scopes", .array(.string(1...100)), nullable: true), FieldRule("sources", .array(.string(1...49))),
      ], "tokens")
    let name = json["token"]?.string ?? ""
    var token = tokens[name] ?? SimToken(project: "default")
    if let project = json["project"]?.string { token.project = project }
    if let readOnly = json["read_only"]?.bool { token.readOnly = readOnly }
    if let revoked = json["revoked"]?.bool { token.revoked = revoked }
    if let scopes = json["scopes"] { token.scopes = scopes.array.map { Set($0.compactMap(\.string)) } }
    if let sources = json["sources"]?.array?.compactMap(\.string) {
      token.sources = sources.compactMap { SourceNetwork($0) }
      if let wrong = sources.first(where: { SourceNetwork($0) == nil }) {
        throw AdminProblem("tokens: sources: expected an address such as 192.0.2.1 or 192.0.2.0/24, found \(wrong)")
      }
    }
    tokens[name] = token
  }
}
