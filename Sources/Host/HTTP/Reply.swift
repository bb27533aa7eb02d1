/// What a handler wants sent back.
package enum HTTPReply: Sendable {
  /// A whole response; for HEAD its body is measured and not sent.
  case whole(HTTPResponse)
  /// A response whose body comes piece by piece until the stream ends; the body in the head is not used.
  ///
  /// Chunked for HTTP/1.1, ended by the close for HTTP/1.0. The stream is dropped, and so its producer's
  /// `onTermination` runs, when the client hangs up; a client that only closes its sending side counts as hung up.
  /// Pieces are taken only as fast as the client reads them: choose a bounded buffering policy.
  case streamed(HTTPResponse, AsyncStream<[UInt8]>)
  /// Drops the connection after the first `after` bytes of the response on the wire, head included; of nothing when
  /// `of` is nil. For simulators that must break off in the middle.
  case abort(after: Int = 0, of: HTTPResponse? = nil)
}

/// Who is at the other end of a connection.
package struct ConnectionInfo: Sendable, Hashable {
  /// `unix` or `address:port` of the peer, for people.
  package var address: String
  /// User id of the peer when it connected, on a unix socket.
  package var peerUser: UInt32?
  /// Process id of the peer when it connected, on a unix socket; may have been reused since.
  package var peerProcess: Int32?

  /// Makes the description of a peer.
  package init(address: String, peerUser: UInt32? = nil, peerProcess: Int32? = nil) {
    self.address = address
    self.peerUser = peerUser
    self.peerProcess = peerProcess
  }
}
