package import HTTP

/// The control API: requests in, replies out, everything else asked of the backend.
///
/// Only root and the daemon's own user may call it, by the peer credentials of the unix socket.
package struct ControlAPI: Sendable {
  private let router: HTTPRouter
  private let owner: UInt32

  /// Makes the API over a backend; `owner` is the daemon's own user id.
  package init(_ backend: any ControlBackend, owner: UInt32) {
    self.owner = owner
    var routes = ControlRoutes(backend)
    routes.addPlugins()
    routes.addAccounts()
    routes.addOfferings()
    routes.addResources()
    routes.addFindings()
    routes.addRecipes()
    router = routes.router
  }

  /// Answers one request: the handler of the server on the control socket.
  package func reply(to request: HTTPRequest, from peer: ConnectionInfo) async -> HTTPReply {
    guard let user = peer.peerUser, user == 0 || user == owner else {
      return .whole(
        Self.response(
          ControlFailure(
            .notPermitted, "this user may not control Slipway", expected: "root or user \(owner)",
            found: peer.peerUser.map { "user \($0)" } ?? "a connection without a user",
            remedy: "run the command as root or as the user that runs slipway serve")))
    }
    return await router.reply(to: request, from: peer)
  }

  /// The response of a failure.
  package static func response(_ failure: ControlFailure) -> HTTPResponse {
    json(ErrorEnvelope(failure), status: failure.code.status)
  }

  /// The response of a request that was not HTTP; for the server's options.
  package static func refusal(_ error: HTTPParseError) -> HTTPResponse {
    json(ErrorEnvelope(ControlFailure(.badRequest, error.reason)), status: error.status)
  }

  static func json(_ value: some Encodable, status: Int = 200) -> HTTPResponse {
    HTTPResponse(
      status: status, headers: [HTTPField("content-type", "application/json")],
      body: ControlCoding.encode(value) + [UInt8(ascii: "\n")])
  }

  static func missed(_ miss: HTTPRouter.Miss) -> HTTPResponse {
    switch miss {
    case .notFound:
      response(
        ControlFailure(.notFound, "nothing is at this path", remedy: "docs/control-api.md lists the paths"))
    case .methodNotAllowed(let allow):
      response(
        ControlFailure(
          .methodNotAllowed, "this path does not take that method", expected: allow.joined(separator: ", ")))
    case .malformedPath:
      response(ControlFailure(.badRequest, "the path is not percent-encoded UTF-8"))
    }
  }
}
