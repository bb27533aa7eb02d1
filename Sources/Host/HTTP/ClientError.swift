package import System

/// Why a client got no answer.
package enum HTTPClientError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Nobody listens, or the way is barred; nothing was sent.
  case unreachable(HTTPEndpoint, SystemError)
  /// The connection was lost, or what came was not HTTP; the server may have acted on the request.
  case broken(HTTPEndpoint, String)
  /// The answer did not come in time; the server may have acted on the request.
  case timedOut(HTTPEndpoint)
  /// The task was cancelled; the server may have acted on the request.
  case cancelled

  /// One line for people.
  package var description: String {
    switch self {
    case .unreachable(let endpoint, let error): "nothing answers at \(endpoint): \(error.text)"
    case .broken(let endpoint, let reason): "no proper answer from \(endpoint): \(reason)"
    case .timedOut(let endpoint): "no answer from \(endpoint) in time"
    case .cancelled: "cancelled"
    }
  }
}
