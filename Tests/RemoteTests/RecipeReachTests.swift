import Crypto
import Foundation
import Glibc
import RemoteProtocol
import System
import Testing

@testable import Remote

/// VMs that are not there, not yet, or that hang. Needs no sshd.
@Suite(.timeLimit(.minutes(1))) struct RecipeReachTests {
  let reactor: Reactor
  let runner: RecipeRunner
  let listener: Descriptor
  let address: SocketAddress

  init() throws {
    reactor = try Reactor(name: "reach-tests")
    runner = RecipeRunner(session: SSHSession(reactor: reactor, program: Built.slipwaySSH), reactor: reactor)
    listener = try TCPSocket.listen(try #require(SocketAddress("127.0.0.1", port: 0)))
    address = try TCPSocket.localAddress(of: listener)
  }

  func run(reach: Duration, login: Duration) async throws -> (outcome: RunEnding.Outcome, retries: Int) {
    let client = try Ed25519Key.generate()
    let target = SSHTarget(
      address: address, user: "root", acceptedHostKeys: [client.publicKey.blob], clientKey: client.publicKey.blob,
      sign: { (try? client.sign($0)) ?? [] })
    let job = RecipeJob(run: RecipeBench.name(), body: try RunBody([1]), timeout: .seconds(5))
    var retries = 0
    let patience = RecipePatience(
      reach: reach, streaming: SSHStreaming(login: login), shortestPause: .milliseconds(20),
      longestPause: .milliseconds(100))
    let ending = await runner.run(job, on: target, patience: patience) { event in
      if case .retrying = event { retries += 1 }
    }
    #expect(!ending.hasBegun)
    return (ending.outcome, retries)
  }

  @Test func `without an sshd it is tried until the time is up`() async throws {
    listener.close()
    let told = try await run(reach: .seconds(3), login: .seconds(1))
    #expect(told.outcome == .unreachable(.notConnected("\(address): Connection refused")))
    #expect(told.retries >= 1)
  }

  @Test func `an sshd that never speaks is tried again after each login's limit`() async throws {
    let told = try await run(reach: .seconds(8), login: .milliseconds(400))
    #expect(told.outcome == .unreachable(.noGreeting))
    #expect(told.retries >= 1)
  }

  @Test func `an sshd that hangs after its greeting is tried again after each login's limit`() async throws {
    let listener = listener
    Thread {
      var open: [Int32] = []
      while true {
        var wanted = pollfd(fd: listener.raw, events: Int16(POLLIN), revents: 0)
        guard open.count < 30, poll(&wanted, 1, 10_000) == 1, let accepted = try? listener.accept() else { break }
        let connection = accepted.release()
        let greeting = Array("SSH-2.0-Strange\r\n".utf8)
        _ = greeting.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        open.append(connection)
      }
      // Each stays until its client has gone.
      var buffer = [UInt8](repeating: 0, count: 4_096)
      for connection in open {
        _ = fcntl(connection, F_SETFL, 0)
        while read(connection, &buffer, buffer.count) > 0 {}
        close(connection)
      }
    }.start()
    let told = try await run(reach: .seconds(8), login: .milliseconds(600))
    #expect(told.retries >= 1)
    switch told.outcome {
    case .unreachable(.timedOut("the handshake")), .unreachable(.noGreeting): break
    default: Issue.record("\(told.outcome)")
    }
  }

  @Test func `pauses double up to the longest`() {
    let patience = RecipePatience(reach: .seconds(60))
    #expect(
      (1...6).map { patience.pause(after: $0) }
        == [.milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(3), .seconds(3)])
    #expect(patience.pause(after: .max) == .seconds(3))
  }
}
