package import HTTP

/// A token of a cloud's API.
package struct SimToken: Sendable, Hashable {
  /// The project, team or account that it opens.
  package var project: String
  /// Whether it may only read.
  package var readOnly: Bool
  /// Whether it is taken as unknown.
  package var revoked: Bool

  /// Makes a token.
  package init(project: String, readOnly: Bool = false, revoked: Bool = false) {
    self.project = project
    self.readOnly = readOnly
    self.revoked = revoked
  }

  /// The token of an `Authorization: Bearer` header; nil where the request has none.
  package static func bearer(of request: HTTPRequest) -> String? {
    let words = (request.header("authorization") ?? "").split(separator: " ")
    guard words.count == 2, words[0].lowercased() == "bearer" else { return nil }
    return String(words[1])
  }
}

extension SimFrame {
  /// Adds, changes or revokes a token: `{"token", "project"?, "read_only"?, "revoked"?}`; the project of a new
  /// one is `default`.
  package mutating func changeToken(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("token", .string(1...200), required: true), FieldRule("project", .string(1...100)),
        FieldRule("read_only", .boolean), FieldRule("revoked", .boolean),
      ], "tokens")
    let name = json["token"]?.string ?? ""
    var token = tokens[name] ?? SimToken(project: "default")
    if let project = json["project"]?.string { token.project = project }
    if let readOnly = json["read_only"]?.bool { token.readOnly = readOnly }
    if let revoked = json["revoked"]?.bool { token.revoked = revoked }
    tokens[name] = token
  }
}
