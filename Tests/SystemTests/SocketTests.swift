import Foundation
import System
import Testing

@Suite struct SocketTests {
  @Test func `a unix socket is private to its owner and tells who connected`() async throws {
    let path = try temporaryDirectory() + "/control.sock"
    let listener = try UnixSocket.listen(path: path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try listener.accept() == nil)
    let client = try UnixSocket.connect(path: path)
    let server = try #require(try listener.accept())
    let peer = try UnixSocket.peer(of: server)
    #expect(peer.pid == getpid() && peer.uid == getuid() && peer.gid == getgid())
    _ = try client.send([42])
    #expect(try server.receive(atMost: 8) == .bytes([42]))
    #expect(try server.receive(atMost: 8) == .wouldBlock)
    client.close()
    #expect(try server.receive(atMost: 8) == .end)
  }

  @Test func `a dead socket file is replaced and a live one is not`() throws {
    let path = try temporaryDirectory() + "/control.sock"
    try UnixSocket.listen(path: path).close()
    let live = try UnixSocket.listen(path: path)
    let error = #expect(throws: SystemError.self) { try UnixSocket.listen(path: path) }
    #expect(error?.code == EADDRINUSE)
    live.close()
  }

  @Test func `a file that is no socket stays as it is`() throws {
    let path = try temporaryDirectory() + "/notes"
    try Data("mine".utf8).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: SystemError.self) { try UnixSocket.listen(path: path) }
    #expect(error?.code == ENOTSOCK)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
  }

  @Test func `a path that is too long is an error that says so`() throws {
    let error = #expect(throws: SystemError.self) {
      try UnixSocket.listen(path: "/tmp/" + String(repeating: "x", count: 200))
    }
    #expect(error?.code == ENAMETOOLONG)
    #expect(error?.context.contains("at most 107 bytes") == true)
  }

  @Test func `tcp connects, and a refused port is an error that names the address`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let listener = try TCPSocket.listen(try #require(SocketAddress("127.0.0.1", port: 0)))
    let address = try TCPSocket.localAddress(of: listener)
    #expect(address.host == "127.0.0.1" && address.port != 0)
    let deadline = Clock.monotonic() + 5_000_000_000
    let client = try await TCPSocket.connect(address, on: reactor, deadline: deadline)
    #expect(try listener.accept() != nil)
    client.close()
    // An address on which nobody has ever listened: a child of another test may hold a closed listener for a moment.
    let refused = try #require(SocketAddress("127.213.\(Int.random(in: 0...255)).\(Int.random(in: 1...254))", port: 1))
    let error = await #expect(throws: SystemError.self) {
      try await TCPSocket.connect(refused, on: reactor, deadline: deadline)
    }
    #expect(error?.description == "connect \(refused): Connection refused (errno 111)")
  }

  @Test func `a connect that gets no answer ends at its deadline`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    // A listener with a full queue lets a SYN wait: no address outside this machine is needed.
    let listener = try TCPSocket.listen(try #require(SocketAddress("127.0.0.1", port: 0)), backlog: 0)
    let address = try TCPSocket.localAddress(of: listener)
    var open: [Descriptor] = []
    var last: SystemError?
    for _ in 0..<8 where last == nil {
      do {
        open.append(
          try await TCPSocket.connect(address, on: reactor, deadline: Clock.monotonic() + 200_000_000))
      } catch { last = error }
    }
    #expect(last?.code == ETIMEDOUT)
  }

  @Test func `addresses are read and written in canonical form`() {
    #expect(SocketAddress("127.0.0.1", port: 22)?.description == "127.0.0.1:22")
    #expect(SocketAddress("0:0::1", port: 22)?.description == "[::1]:22")
    #expect(SocketAddress("::1", port: 1)?.isLoopback == true)
    #expect(SocketAddress("127.9.9.9", port: 1)?.isLoopback == true)
    #expect(SocketAddress("10.0.0.1", port: 1)?.isLoopback == false)
    for text in ["", "localhost", "127.0.0.1:1", "1.2.3", "::g"] { #expect(SocketAddress(text, port: 1) == nil) }
  }

  @Test func `a descriptor can be passed to another process's end`() throws {
    let (near, far) = try UnixSocket.pair()
    let (reader, writer) = try Descriptor.pipe()
    try UnixSocket.send(reader, over: near)
    let passed = try #require(try UnixSocket.receiveDescriptor(over: far))
    try writer.writeAll([7])
    #expect(try passed.receive(atMost: 1) == .bytes([7]))
    near.close()
    #expect(try UnixSocket.receiveDescriptor(over: far) == nil)
  }

  @Test func `writing to a closed socket says closed and raises no signal`() throws {
    let (near, far) = try UnixSocket.pair()
    far.close()
    #expect(try near.send([1]) == .closed)
  }
}
