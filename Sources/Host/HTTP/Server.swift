import Glibc
package import System

/// An HTTP/1.1 server on one address.
///
/// Sockets live on the reactor's thread, which never waits for a handler or a client; handlers run on Swift's
/// own threads, one at a time for each connection. It keeps itself alive until `stop`.
///
/// `@unchecked Sendable`: what changes after `init` is touched on the reactor's thread only.
package final class HTTPServer: @unchecked Sendable {
  /// Answers one request. A client that hangs up does not cancel it.
  package typealias Handler = @Sendable (HTTPRequest, ConnectionInfo) async -> HTTPReply

  /// Where it listens, with the port that the kernel chose.
  package let endpoint: HTTPEndpoint

  private let listener: Descriptor
  private let reactor: Reactor
  private let options: HTTPServerOptions
  private let handler: Handler
  private var watch: Watch?
  private var connections: [ObjectIdentifier: ServerSocket] = [:]
  private var accepting = true
  private var stopping = false
  private var stoppers: [CheckedContinuation<Void, Never>] = []

  /// Listens and answers from now on.
  ///
  /// A unix socket gets mode 0600; a socket file that nobody answers is replaced, one that is answered is EADDRINUSE.
  package init(
    _ endpoint: HTTPEndpoint, on reactor: Reactor, options: HTTPServerOptions = HTTPServerOptions(),
    handler: @escaping Handler
  ) throws(SystemError) {
    switch endpoint {
    case .unix(let path):
      listener = try UnixSocket.listen(path: path)
      self.endpoint = endpoint
    case .tcp(let address):
      listener = try TCPSocket.listen(address)
      self.endpoint = .tcp(try TCPSocket.localAddress(of: listener))
      Self.sendAtOnce(listener)
    }
    self.reactor = reactor
    self.options = options
    self.handler = handler
    let watch = try reactor.watch(listener, .read) { [self] _ in accept() }
    reactor.submit { [self] in self.watch = watch }
  }

  /// Stops: takes no more connections, closes idle ones, lets requests under way finish for at most `grace`, then
  /// cancels their handlers and drops them. Removes the unix socket's file.
  package func stop(grace: Duration = .seconds(5)) async {
    await withCheckedContinuation { continuation in
      reactor.submit { [self] in
        stoppers.append(continuation)
        beginStop(grace)
      }
    }
  }

  private func beginStop(_ grace: Duration) {
    if !stopping {
      stopping = true
      watch?.cancel()
      watch = nil
      if case .unix(let path) = endpoint { unlink(path) }
      listener.close()
      for connection in Array(connections.values) { connection.stop() }
      if !connections.isEmpty {
        reactor.schedule(after: grace) { [self] in
          for connection in Array(connections.values) { connection.kill() }
        }
      }
    }
    endStopIfDone()
  }

  private func endStopIfDone() {
    guard stopping, connections.isEmpty else { return }
    let waiting = stoppers
    stoppers = []
    for stopper in waiting { stopper.resume() }
  }

  private func accept() {
    // A few at a time, so that a flood of clients leaves room for those that are connected.
    for taken in 0..<16 {
      guard !stopping else { return }
      if connections.count >= options.maximumConnections {
        // Somebody waits for sure only the first time: the loop asks again where there are more.
        if taken > 0 { return }
        guard makeRoom() else { return setAccepting(false) }
      }
      do throws(SystemError) {
        guard let socket = try listener.accept() else { return }
        adopt(socket)
      } catch {
        // Out of descriptors or memory: one that closes, or a moment, helps.
        setAccepting(false)
        reactor.schedule(after: .milliseconds(100)) { [self] in setAccepting(true) }
        return
      }
    }
  }

  /// Closes the connection that has waited longest for a request; false where none does.
  private func makeRoom() -> Bool {
    let idle = connections.values.filter { $0.idleSince != nil }
    idle.min { $0.idleSince ?? .max < $1.idleSince ?? .max }?.stop()
    return connections.count < options.maximumConnections
  }

  private func adopt(_ socket: Descriptor) {
    let connection = ServerSocket(
      socket, info(of: socket), on: reactor, options: options, handler: handler,
      rests: { [self] in setAccepting(true) },
      closed: { [self] connection in
        connections[ObjectIdentifier(connection)] = nil
        setAccepting(true)
        endStopIfDone()
      })
    connections[ObjectIdentifier(connection)] = connection
    connection.begin()
  }

  private func setAccepting(_ on: Bool) {
    guard on != accepting, !stopping else { return }
    accepting = on
    // Fails only for a descriptor that is not watched, and this one is.
    try? watch?.update(on ? .read : [])
  }

  private func info(of socket: Descriptor) -> ConnectionInfo {
    guard case .unix = endpoint else {
      return ConnectionInfo(address: (try? TCPSocket.peerAddress(of: socket))?.description ?? "tcp")
    }
    let peer = try? UnixSocket.peer(of: socket)
    return ConnectionInfo(address: "unix", peerUser: peer?.uid, peerProcess: peer?.pid)
  }

  /// Accepted sockets inherit it (Linux): pieces of a stream are not held back until the one before is confirmed.
  private static func sendAtOnce(_ listener: Descriptor) {
    var on: Int32 = 1
    _ = setsockopt(listener.raw, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }
}
