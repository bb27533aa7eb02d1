package import System

/// Where a server listens, or a client finds it.
package enum HTTPEndpoint: Sendable, Hashable, CustomStringConvertible {
  /// A unix socket; at most 107 bytes of path.
  case unix(path: String)
  /// A numeric address; port 0 lets the kernel choose.
  case tcp(SocketAddress)

  /// For people: `unix:/run/x.sock` or `127.0.0.1:80`.
  package var description: String {
    switch self {
    case .unix(let path): "unix:\(path)"
    case .tcp(let address): address.description
    }
  }
}
