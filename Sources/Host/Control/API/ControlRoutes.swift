import HTTP

/// Collects the routes; each file beside this one adds those of one noun.
struct ControlRoutes {
  let backend: any ControlBackend
  private(set) var router = HTTPRouter(missed: ControlAPI.missed)

  init(_ backend: any ControlBackend) { self.backend = backend }

  /// One request with what its handler needs.
  struct Call: Sendable {
    var request: HTTPRequest
    var parameters: [String: String]
    var peer: ConnectionInfo

    /// A parameter of the pattern; the router sets each.
    func parameter(_ name: String) -> String { parameters[name] ?? "" }

    /// A query member that is a truth value; nil where it is absent.
    func truth(_ name: String) throws(ControlFailure) -> Bool? {
      switch request.query(name) {
      case nil: return nil
      case "false": return false
      case "true": return true
      case let other?:
        throw Members.bad(
          "query member \(name)", "is not a truth value", expected: "true or false", found: Members.shown(other))
      }
    }
  }

  /// Adds a route; a failure that the handler throws becomes its response. Query members other than those in
  /// `query` are refused, as are bodies where `takesBody` is false.
  mutating func on(
    _ method: String, _ pattern: String, query: [String] = [], takesBody: Bool = false,
    _ handler: @escaping @Sendable (Call) async throws(ControlFailure) -> HTTPReply
  ) {
    router.on(method, pattern) { request, parameters, peer in
      do throws(ControlFailure) {
        try Self.check(request, query: query, takesBody: takesBody)
        return try await handler(Call(request: request, parameters: parameters, peer: peer))
      } catch {
        return .whole(ControlAPI.response(error))
      }
    }
  }

  private static func check(_ request: HTTPRequest, query: [String], takesBody: Bool) throws(ControlFailure) {
    guard let items = request.queryItems else {
      throw ControlFailure(.badRequest, "the query is not percent-encoded UTF-8")
    }
    var seen: Set<String> = []
    for item in items {
      guard query.contains(item.name) else {
        throw Members.bad(
          "query member \(Members.shown(item.name))", "is not known",
          expected: query.isEmpty ? "no query" : query.joined(separator: ", "), found: Members.shown(item.name),
          allowed: query)
      }
      guard seen.insert(item.name).inserted else {
        throw Members.bad("query member \(item.name)", "is repeated", expected: "one", found: "several")
      }
    }
    guard takesBody || request.body.isEmpty else {
      throw ControlFailure(
        .badRequest, "this request takes no body", expected: "nothing", found: "\(request.body.count) bytes")
    }
  }
}
