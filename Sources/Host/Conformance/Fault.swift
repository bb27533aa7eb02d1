import Plugins

/// What the check answers a plugin's request with.
enum Fault: Sendable, Hashable, CaseIterable {
  case refused, held, cut, unauthorized, forbidden, notFound, tooMany, serverError, unavailable, empty, html, truncated
  case huge

  /// The requirement that it tries.
  var requirement: Requirement {
    switch self {
    case .refused: .refused
    case .held: .held
    case .cut: .cut
    case .unauthorized, .forbidden: .unauthorized
    case .notFound: .notFound
    case .tooMany: .tooMany
    case .serverError, .unavailable: .serverError
    case .empty, .html, .truncated: .nonsense
    case .huge: .huge
    }
  }

  /// For people.
  var name: String {
    switch self {
    case .refused: "a request that was not sent"
    case .held: "a request held back for 1.5 s"
    case .cut: "a connection cut after the request"
    case .unauthorized: "401"
    case .forbidden: "403"
    case .notFound: "404"
    case .tooMany: "429"
    case .serverError: "500"
    case .unavailable: "503"
    case .empty: "200 without a body"
    case .html: "200 with a page of HTML"
    case .truncated: "200 with half a JSON object"
    case .huge: "200 with 3 MiB of JSON"
    }
  }

  /// Answers a request with it.
  func answer(_ responder: PluginHTTPResponder) {
    switch self {
    case .refused: responder.head(WorkerHTTPHead(outcome: 0, error: "the connection was refused"))
    case .held: responder.head(WorkerHTTPHead(outcome: 0, retryAfterMs: 1_500, error: "the account's budget is empty"))
    case .cut: responder.head(WorkerHTTPHead(outcome: 1, error: "the connection was cut"))
    default:
      let (status, body) = content
      responder.head(WorkerHTTPHead(outcome: 2, status: status, headers: headers))
      if !body.isEmpty { _ = responder.body(Array(body.utf8)) }
    }
    responder.end()
  }

  private var headers: String {
    switch self {
    case .tooMany: "retry-after: 2\n"
    case .html: "content-type: text/html\n"
    default: "content-type: application/json\n"
    }
  }

  private var content: (Int32, String) {
    switch self {
    case .refused, .held, .cut: (0, "")
    case .unauthorized: (401, #"{"error":{"code":"unauthorized","message":"unauthorized"},"message":"unauthorized"}"#)
    case .forbidden: (403, #"{"error":{"code":"forbidden","message":"forbidden"},"message":"forbidden"}"#)
    case .notFound: (404, #"{"error":{"code":"not_found","message":"not found"},"message":"not found"}"#)
    case .tooMany: (429, #"{"error":{"code":"rate_limit_exceeded","message":"too many"},"message":"too many"}"#)
    case .serverError: (500, #"{"error":{"code":"server_error","message":"oh"},"message":"oh"}"#)
    case .unavailable: (503, #"{"error":{"code":"unavailable","message":"later"},"message":"later"}"#)
    case .empty: (200, "")
    case .html: (200, "<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>")
    case .truncated: (200, #"{"meta":{"total":1},"items":[{"id":"#)
    case .huge: (200, "{\"padding\":\"\(String(repeating: "x", count: 3 << 20))\"}")
    }
  }
}
