/// How libcurl is told to make one transfer: every option that depends on the request, without the credential; pure.
///
/// The options that are the same for all transfers are in `CurlHandle`: no redirect, no netrc, no cookies, no alt-svc,
/// paths as they are, verified TLS of at least 1.2, no signals.
package struct TransferPlan: Sendable, Hashable {
  /// The only protocol that libcurl may speak.
  package let scheme: Origin.Scheme
  /// Host, IPv6 in brackets.
  package let host: String
  /// TCP port.
  package let port: UInt16
  /// Base path and path.
  package let path: String
  /// Query without `?`.
  package let query: String
  /// HTTP method.
  package let method: BrokerMethod
  /// Header lines in libcurl's form; a line that ends in `:` takes away a header that libcurl would add, one that ends
  /// in `;` sends an empty one.
  package let headerLines: [String]
  /// Whether a body is sent, which may be empty (then `Content-Length: 0`).
  package let sendsBody: Bool
  /// Proxy; empty means none, whatever the environment says.
  package let proxy: String
  /// Unix socket instead of TCP.
  package let unixSocket: String?
  /// The only certificate authorities, instead of the system's.
  package let caFile: String?
  /// Whether the request must have a connection of its own, never used before and never after: so for everything that
  /// is not a read, because libcurl repeats a request by itself when a reused connection dies.
  package let ownConnection: Bool
  /// Whether HTTP/2 may be negotiated. Not for requests with a connection of their own (nothing to multiplex, and a
  /// refused stream is repeated by libcurl), nor for streams (a paused one would hold up its neighbours).
  package let mayUseHTTP2: Bool
  /// Codings that libcurl undoes; nil for streams, whose pieces it would have to buffer while paused.
  package let acceptEncoding: String?
  /// Provider string of an AWS signature.
  package let awsSigV4: String?

  /// Plans the transfer of a checked request.
  package init(_ checked: CheckedRequest, streamed: Bool) {
    let request = checked.request
    let endpoint = checked.endpoint
    scheme = endpoint.base.origin.scheme
    host = endpoint.base.origin.host
    port = endpoint.base.origin.port
    path = endpoint.base.path + request.path
    query = request.query
    method = checked.method
    switch checked.method {
    case .get, .head: sendsBody = false
    case .delete: sendsBody = !request.body.isEmpty
    case .post, .put, .patch: sendsBody = true
    }
    proxy = endpoint.proxy ?? ""
    unixSocket = endpoint.unixSocket
    caFile = endpoint.caFile
    ownConnection = !checked.method.isRead
    mayUseHTTP2 = checked.method.isRead && !streamed && scheme == .https
    acceptEncoding = streamed ? nil : "gzip, deflate"
    if case .awsSigV4(let provider) = endpoint.auth { awsSigV4 = provider } else { awsSigV4 = nil }
    let names = Set(checked.headers.map(\.name.asciiLowercased))
    var lines = checked.headers.map { $0.value.isEmpty ? "\($0.name);" : "\($0.name): \($0.value)" }
    if !names.contains("user-agent") { lines.append("User-Agent: slipway") }
    if sendsBody {
      lines.append("Expect:")
      if !names.contains("content-type") { lines.append("Content-Type:") }
    }
    headerLines = lines
  }
}
