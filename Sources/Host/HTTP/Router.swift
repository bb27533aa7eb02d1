/// Finds the handler of a request by method and path pattern.
///
/// A pattern is literal segments and `{name}` segments, such as `/v1/resources/{id}`; a literal wins over a
/// name. GET also serves HEAD. Build it once, then share it.
package struct HTTPRouter: Sendable {
  /// Answers one request; `parameters` holds the decoded segments by the names in the pattern.
  package typealias Handler =
    @Sendable (_ request: HTTPRequest, _ parameters: [String: String], _ connection: ConnectionInfo) async -> HTTPReply

  /// Why no handler was found.
  package enum Miss: Sendable, Hashable {
    /// No pattern fits the path.
    case notFound
    /// Patterns fit, but none for the method; the methods that would do, sorted.
    case methodNotAllowed(allow: [String])
    /// A segment is not valid percent-encoded UTF-8.
    case malformedPath
  }

  /// Result of a search.
  package enum Match: Sendable {
    /// The handler and the parameters for it.
    case handler(Handler, parameters: [String: String])
    /// No handler.
    case miss(Miss)
  }

  private struct Route: Sendable {
    var names: [String]
    var handler: Handler
  }

  private struct Node: Sendable {
    var literals: [String: Int] = [:]
    var parameter: Int?
    var routes: [String: Route] = [:]
  }

  private var nodes = [Node()]
  private let missed: @Sendable (Miss) -> HTTPResponse

  /// Makes an empty router. `missed` words the answer to a request that no handler fits; the router itself adds
  /// the Allow header.
  package init(missed: @escaping @Sendable (Miss) -> HTTPResponse = HTTPRouter.plainAnswer) { self.missed = missed }

  /// Adds a handler; the same method and pattern again replaces it. `pattern` begins with `/`.
  package mutating func on(_ method: String, _ pattern: String, _ handler: @escaping Handler) {
    var at = 0
    var names: [String] = []
    for segment in Self.segments(pattern) {
      let next: Int?
      if segment.hasPrefix("{"), segment.hasSuffix("}") {
        names.append(String(segment.dropFirst().dropLast()))
        next = nodes[at].parameter
        if next == nil { nodes[at].parameter = nodes.count }
      } else {
        next = nodes[at].literals[String(segment)]
        if next == nil { nodes[at].literals[String(segment)] = nodes.count }
      }
      if next == nil { nodes.append(Node()) }
      at = next ?? nodes.count - 1
    }
    nodes[at].routes[method] = Route(names: names, handler: handler)
  }

  /// Finds the handler for a method and a percent-encoded path.
  package func match(_ method: String, path: String) -> Match {
    var segments: [String] = []
    for segment in Self.segments(path) {
      guard let text = Percent.decoded(segment) else { return .miss(.malformedPath) }
      segments.append(text)
    }
    var allowed: Set<String> = []
    if let (route, values) = find(method, segments[...], at: 0, values: [], allowed: &allowed) {
      return .handler(route.handler, parameters: Dictionary(zip(route.names, values)) { _, last in last })
    }
    guard !allowed.isEmpty else { return .miss(.notFound) }
    if allowed.contains("GET") { allowed.insert("HEAD") }
    return .miss(.methodNotAllowed(allow: allowed.sorted()))
  }

  /// Answers a request: the handler of a server.
  package func reply(to request: HTTPRequest, from connection: ConnectionInfo) async -> HTTPReply {
    switch match(request.method, path: request.path) {
    case .handler(let handler, let parameters): return await handler(request, parameters, connection)
    case .miss(let miss):
      var response = missed(miss)
      if case .methodNotAllowed(let allow) = miss {
        response.headers.removeAll { $0.name == "allow" }
        response.headers.append(HTTPField("allow", allow.joined(separator: ", ")))
      }
      return .whole(response)
    }
  }

  /// Answers a miss with 404, 405 or 400 and one line of text.
  package static func plainAnswer(_ miss: Miss) -> HTTPResponse {
    switch miss {
    case .notFound: .text("nothing is at this path", status: 404)
    case .methodNotAllowed(let allow): .text("this path takes \(allow.joined(separator: ", "))", status: 405)
    case .malformedPath: .text("the path is not percent-encoded UTF-8", status: 400)
    }
  }

  /// Depth first, literal before parameter; depth is bounded by the patterns, not by the path.
  private func find(
    _ method: String, _ segments: ArraySlice<String>, at index: Int, values: [String], allowed: inout Set<String>
  ) -> (Route, [String])? {
    let node = nodes[index]
    guard let segment = segments.first else {
      allowed.formUnion(node.routes.keys)
      let route = node.routes[method] ?? (method == "HEAD" ? node.routes["GET"] : nil)
      return route.map { ($0, values) }
    }
    if let next = node.literals[segment],
      let found = find(method, segments.dropFirst(), at: next, values: values, allowed: &allowed)
    {
      return found
    }
    guard let next = node.parameter, !segment.isEmpty else { return nil }
    return find(method, segments.dropFirst(), at: next, values: values + [segment], allowed: &allowed)
  }

  private static func segments(_ path: String) -> [Substring] {
    path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
  }
}
