import Crypto
import Foundation
import Glibc
import RemoteProtocol
import System
import Testing

@testable import Remote

/// Servers on port 22 that are no SSH servers, or bad ones. Needs no sshd.
@Suite(.timeLimit(.minutes(1))) struct StrangeServerTests {
  let session: SSHSession
  let client: Ed25519Key
  let listener: Descriptor
  let address: SocketAddress

  init() throws {
    session = SSHSession(reactor: try Reactor(name: "ssh-tests"), program: Built.slipwaySSH)
    client = try Ed25519Key.generate()
    listener = try TCPSocket.listen(try #require(SocketAddress("127.0.0.1", port: 0)))
    address = try TCPSocket.localAddress(of: listener)
  }

  func run(timeout: Duration = .seconds(10)) -> SSHRun {
    let client = client
    return SSHRun(
      address: address, user: "root", acceptedHostKeys: [client.publicKey.blob], clientKey: client.publicKey.blob,
      sign: { (try? client.sign($0)) ?? [] }, command: "true", input: [], timeout: timeout)
  }

  /// Takes one connection, sends `bytes`, and closes it once the client has closed or, with `cut`, at once.
  func answer(_ bytes: [UInt8], cut: Bool = false) {
    let listener = listener
    Thread {
      var wanted = pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)
      guard poll(&wanted, 1, 10_000) == 1, let accepted = try? listener.accept() else { return }
      // Of this thread alone: it may block on it.
      let connection = accepted.release()
      _ = fcntl(connection, F_SETFL, 0)
      _ = bytes.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      var buffer = [UInt8](repeating: 0, count: 4_096)
      while !cut, read(connection, &buffer, buffer.count) > 0 {}
      close(connection)
    }.start()
  }

  @Test func `a refused connection says so`() async {
    listener.close()
    #expect(await session.run(run()).ending == .notConnected("\(address): Connection refused"))
  }

  @Test func `a server that never speaks is told apart from one that is slow`() async {
    #expect(await session.run(run(timeout: .milliseconds(700))).ending == .noGreeting)
  }

  @Test func `a server that greets and then hangs times out in the handshake`() async {
    answer(Array("SSH-2.0-Strange\r\n".utf8))
    #expect(await session.run(run(timeout: .seconds(3))).ending == .timedOut("the handshake"))
  }

  @Test func `a server that greets and hangs up is lost in the handshake`() async {
    answer(Array("SSH-2.0-Strange\r\n".utf8), cut: true)
    let ending = await session.run(run()).ending
    switch ending {
    case .connectionLost(let text), .handshakeFailed(let text): #expect(text.hasPrefix("the handshake: "))
    default: Issue.record("\(ending)")
    }
  }

  @Test func `a web server is no SSH server`() async {
    answer(Array("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".utf8), cut: true)
    let ending = await session.run(run()).ending
    switch ending {
    case .connectionLost, .handshakeFailed: break
    default: Issue.record("\(ending)")
    }
  }

  @Test(arguments: 0..<16) func `random bytes after the greeting fail the handshake and crash nothing`(_: Int)
    async throws
  {
    answer(Array("SSH-2.0-Strange\r\n".utf8) + [0, 0, 1, 0, 6, 20] + (try RandomBytes.make(4_096)), cut: true)
    let ending = await session.run(run(timeout: .seconds(5))).ending
    switch ending {
    case .connectionLost, .handshakeFailed, .timedOut: break
    default: Issue.record("\(ending)")
    }
  }
}
