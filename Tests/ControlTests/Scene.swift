import Control
import ControlFixture
import HTTP

/// Requests straight into the handlers, without a socket.
struct Scene {
  let backend = FakeBackend()

  func send(
    _ method: String, _ target: String, _ body: String = "", key: String? = nil, user: UInt32? = 1000
  ) async -> HTTPResponse {
    switch await reply(method, target, body, key: key, user: user) {
    case .whole(let response): return response
    case .streamed(var response, let stream):
      for await piece in stream { response.body += piece }
      return response
    case .abort: return HTTPResponse(status: 599)
    }
  }

  func reply(_ method: String, _ target: String, _ body: String = "", key: String? = nil, user: UInt32? = 1000) async
    -> HTTPReply
  {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let request = HTTPRequest(
      method: method, path: parts[0], query: parts.count > 1 ? parts[1] : "",
      headers: key.map { [HTTPField("idempotency-key", $0)] } ?? [], body: Array(body.utf8))
    return await ControlAPI(backend, owner: 1000).reply(
      to: request, from: ConnectionInfo(address: "unix", peerUser: user))
  }
}

extension HTTPResponse {
  var failure: ControlFailure? { try? ControlCoding.decode(ErrorEnvelope.self, from: body).error }
  var tree: JSON? { ControlCoding.tree(body) }
  var text: String { String(decoding: body, as: UTF8.self) }
  func view<View: Decodable>(_ type: View.Type) throws -> View { try ControlCoding.decode(type, from: body) }
}
