import Crypto
import Foundation
import Glibc
import RemoteProtocol
import Synchronization
import System
import Testing

@testable import Remote

/// Machines that do not answer as they should: each way to fail has an ending of its own.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct SSHFailureTests {
  let scratch: Scratch
  let session: SSHSession

  init() throws {
    scratch = try Scratch()
    session = SSHSession(reactor: try Reactor(name: "ssh-tests"), program: Built.slipwaySSH)
  }

  @Test func `at a wrong host key nothing is sent that authenticates`() async throws {
    let machine = try await Machine(scratch, logLevel: "DEBUG1")
    let signed = Mutex(0)
    var run = machine.run("true", hostKeys: [try Ed25519Key.generate().publicKey.blob])
    let client = machine.client
    run.sign = { data in
      signed.withLock { $0 += 1 }
      return (try? client.sign(data)) ?? []
    }
    #expect(await session.run(run).ending == .hostKeyMismatch(machine.hostKey.publicKey.blob))
    try await machine.log.wait(for: "Connection closed by")
    #expect(machine.log.text.contains("KEX done"))
    for word in ["userauth-request", "authenticating user", "publickey"] { #expect(!machine.log.text.contains(word)) }
    #expect(signed.withLock { $0 } == 0)
  }

  @Test func `with no accepted host key every machine is a stranger`() async throws {
    let machine = try await Machine(scratch)
    let ending = await session.run(machine.run("true", hostKeys: [])).ending
    #expect(ending == .hostKeyMismatch(machine.hostKey.publicKey.blob))
  }

  @Test func `a client key that the machine does not know is refused, and nothing is signed with it`() async throws {
    let machine = try await Machine(scratch)
    let signed = Mutex(0)
    var run = machine.run("true", as: try Ed25519Key.generate())
    run.sign = { _ in
      signed.withLock { $0 += 1 }
      return []
    }
    let ending = await session.run(run).ending
    guard case .authenticationRefused = ending else {
      Issue.record("\(ending)")
      return
    }
    #expect(signed.withLock { $0 } == 0)
  }

  @Test func `a user that the machine does not know is refused`() async throws {
    let machine = try await Machine(scratch)
    let ending = await session.run(machine.run("true", user: "nobody-at-all")).ending
    guard case .authenticationRefused = ending else {
      Issue.record("\(ending)")
      return
    }
  }

  @Test(arguments: [[], [UInt8](repeating: 7, count: 64), [1, 2, 3]])
  func `a host that signs nothing, or nonsense, is refused`(signature: [UInt8]) async throws {
    let machine = try await Machine(scratch)
    var run = machine.run("true")
    run.sign = { _ in signature }
    let ending = await session.run(run).ending
    guard case .authenticationRefused = ending else {
      Issue.record("\(ending)")
      return
    }
  }

  @Test func `a connection that is cut while the command runs is lost, and what came before is kept`() async throws {
    let machine = try await Machine(scratch)
    // More than the window of the channel: what comes first was taken before the last was given.
    let result = await session.run(machine.run("echo begun; head -c 4000000 /dev/zero; kill -9 $PPID; read -r never"))
    guard case .connectionLost(let text) = result.ending else {
      Issue.record("\(result.ending)")
      return
    }
    #expect(text.hasPrefix("the command: "))
    #expect(result.out.hasPrefix("begun\n"))
  }

  @Test func `a command that never ends is left at the deadline`() async throws {
    let machine = try await Machine(scratch)
    let pipe = try scratch.pipe("gate")
    let result = await session.run(machine.run("echo begun; cat '\(pipe)'", timeout: .seconds(4)))
    #expect(result == RemoteResult(.timedOut("the command"), output: Array("begun\n".utf8)))
  }

  @Test func `a command that never stops talking is left at the deadline, too`() async throws {
    let machine = try await Machine(scratch)
    let result = await session.run(machine.run("yes", timeout: .seconds(4)))
    #expect(result.ending == .timedOut("the command"))
    #expect(result.output.count == 262_144)
    #expect(result.isCut)
  }

  @Test func `slipway-ssh killed in the middle of a run is said to be`() async throws {
    let machine = try await Machine(scratch)
    let own = SSHSession(reactor: try Reactor(), program: Built.slipwaySSH, environment: ["MARK": scratch.path])
    let pipe = try scratch.pipe("gate")
    async let result = own.run(machine.run("cat '\(pipe)'"))
    let gate = await meet(pipe)
    kill(try process(marked: scratch.path), SIGKILL)
    #expect(await result.ending == .runnerFailed("slipway-ssh gave no result: it killed by signal 9 (SIGKILL)"))
    try gate.close()
  }

  @Test func `a cancelled run ends at once`() async throws {
    let machine = try await Machine(scratch)
    let pipe = try scratch.pipe("gate")
    let task = Task { [session] in await session.run(machine.run("cat '\(pipe)'")) }
    let gate = await meet(pipe)
    task.cancel()
    #expect(await task.value.ending == .runnerFailed("slipway-ssh was killed: the run was cancelled"))
    try gate.close()
  }

  @Test func `input that is too much for a frame is refused before anything starts`() async throws {
    let machine = try await Machine(scratch)
    let run = machine.run("cat", input: [UInt8](repeating: 0, count: RemoteCodec.limit))
    let ending = await session.run(run).ending
    let text = "the command and its input are too big: they may have \(RemoteCodec.limit) bytes together"
    #expect(ending == .runnerFailed(text))
    #expect(!machine.log.text.contains("Accepted"))
  }
}
