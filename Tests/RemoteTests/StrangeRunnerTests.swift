import Foundation
import RemoteProtocol
import Synchronization
import System
import Testing

@testable import Remote

/// A slipway-ssh that a hostile machine has taken over: here a script that says on descriptor 4 what the test wants.
@Suite(.timeLimit(.minutes(1))) struct StrangeRunnerTests {
  let scratch: Scratch
  let reactor: Reactor
  let listener: Descriptor
  let address: SocketAddress

  init() throws {
    scratch = try Scratch()
    reactor = try Reactor(name: "ssh-tests")
    listener = try TCPSocket.listen(try #require(SocketAddress("127.0.0.1", port: 0)))
    address = try TCPSocket.localAddress(of: listener)
  }

  /// Runs a script in the place of slipway-ssh, which finds `frames` in the file `$frames`.
  func run(
    _ script: String, _ frames: [UInt8] = [], timeout: Duration = .seconds(10)
  ) async throws -> (ending: RemoteResult.Ending, signed: Int) {
    // Not a program of its own: one that is written while another test forks cannot be executed (ETXTBSY).
    let startup = try scratch.write("startup", "frames=\(scratch.file("frames"))\n\(script)\n")
    try Data(frames).write(to: URL(fileURLWithPath: scratch.file("frames")))
    let signed = Mutex(0)
    let session = SSHSession(
      reactor: reactor, program: "/bin/bash", environment: ["PATH": "/usr/bin:/bin", "BASH_ENV": startup])
    let result = await session.run(
      SSHRun(
        address: address, user: "root", acceptedHostKeys: [], clientKey: [1, 2, 3],
        sign: { _ in
          signed.withLock { $0 += 1 }
          return [9]
        }, command: "true", input: [], timeout: timeout))
    return (result.ending, signed.withLock { $0 })
  }

  func login(user: String = "root", key: [UInt8] = [1, 2, 3], session: Int = 32) -> [UInt8] {
    func string(_ bytes: [UInt8]) -> [UInt8] { [0, 0, 0, UInt8(bytes.count)] + bytes }
    return string([UInt8](repeating: 5, count: session)) + [50] + string(Array(user.utf8))
      + string(Array("ssh-connection".utf8)) + string(Array("publickey".utf8)) + [1]
      + string(Array("ssh-ed25519".utf8)) + string(key)
  }

  @Test func `one login is signed, and no second one`() async throws {
    let sign = RemoteCodec.encode(.sign(login()))
    let once = try await run("cat $frames >&4; exit 0", sign)
    #expect(once.signed == 1)
    let twice = try await run("cat $frames >&4; cat <&4", sign + sign)
    #expect(twice.signed == 1)
    #expect(
      twice.ending
        == .runnerFailed("slipway-ssh was killed: it asked for a signature of something that is not this login"))
  }

  @Test func `nothing but this login is signed`() async throws {
    let wrong: [[UInt8]] = [
      [], [1, 2, 3], login(user: "admin"), login(key: [1, 2, 4]), login(session: 8), login(session: 65), login() + [0],
      login().dropLast(), [0, 0, 1] + login().dropFirst(3), Array("SSHSIG".utf8) + login(),
    ]
    for data in wrong {
      #expect(!SignRequest.isLogin(data, user: "root", key: [1, 2, 3]))
      let told = try await run("cat $frames >&4; cat <&4", RemoteCodec.encode(.sign(data)))
      #expect(told.signed == 0)
      guard case .runnerFailed = told.ending else { Issue.record("\(told.ending)"); continue }
    }
    #expect(SignRequest.isLogin(login(session: 20), user: "root", key: [1, 2, 3]))
    #expect(SignRequest.isLogin(login(session: 64), user: "root", key: [1, 2, 3]))
  }

  @Test func `the first result counts`() async throws {
    let frames =
      RemoteCodec.encode(.result(RemoteResult(.exited(5)))) + RemoteCodec.encode(.result(RemoteResult(.exited(0))))
    #expect(try await run("cat $frames >&4", frames).ending == .exited(5))
  }

  @Test func `frames of another kind, or none at all, end it`() async throws {
    for bytes in [RemoteCodec.encode(.signature([1])), [255, 255, 255, 255, 0], [0, 0, 0, 0], [1, 0, 0, 0, 99]] {
      let told = try await run("cat $frames >&4; cat <&4", bytes)
      guard case .runnerFailed(let text) = told.ending else { Issue.record("\(told.ending)"); continue }
      #expect(text.hasPrefix("slipway-ssh was killed: it sent a "))
    }
  }

  @Test func `output beyond the credit, or that was not asked for, ends it`() async throws {
    let told = try await run("cat $frames >&4; cat <&4", RemoteCodec.encode(.output(.output, [1])))
    #expect(told.ending == .runnerFailed("slipway-ssh was killed: it sent output that was not asked for"))
    let pieces = [[UInt8]](repeating: [1, 2, 3], count: 3)
    try Data(pieces.flatMap { RemoteCodec.encode(.output(.error, $0)) })
      .write(to: URL(fileURLWithPath: scratch.file("frames")))
    let startup = try scratch.write("startup", "cat \(scratch.file("frames")) >&4; cat <&4 >/dev/null\n")
    let session = SSHSession(
      reactor: reactor, program: "/bin/bash", environment: ["PATH": "/usr/bin:/bin", "BASH_ENV": startup])
    let request = SSHRun(
      address: address, user: "root", acceptedHostKeys: [], clientKey: [], sign: { _ in [] }, command: "true",
      input: [], timeout: .seconds(10))
    let patient = await session.stream(request, SSHStreaming(credit: 9)) { stream, bytes in
      #expect(stream == .error && bytes == [1, 2, 3])
      return .goOn
    }
    // All of it was within the credit; then it hung until its deadline.
    #expect(patient.ending == .runnerFailed("slipway-ssh was killed: it hung past its deadline"))
    let strict = await session.stream(request, SSHStreaming(credit: 5)) { _, bytes in
      bytes == [1, 2, 3] ? .goOn : .stop
    }
    #expect(strict.ending == .runnerFailed("slipway-ssh was killed: it sent output that was not asked for"))
  }

  @Test func `an exit without a result is told with its code`() async throws {
    #expect(try await run("exit 42").ending == .runnerFailed("slipway-ssh gave no result: it exited with status 42"))
  }

  @Test func `one that hangs, even with its socket closed, is killed after the deadline`() async throws {
    for script in ["cat <&4 >/dev/null", "exec 4>&-; exec tail -f /dev/null"] {
      let told = try await run(script, timeout: .milliseconds(100))
      #expect(told.ending == .runnerFailed("slipway-ssh was killed: it hung past its deadline"))
    }
  }

  @Test func `a program that is not there is named`() async throws {
    let session = SSHSession(reactor: reactor, program: scratch.file("none"))
    let result = await session.run(
      SSHRun(
        address: address, user: "root", acceptedHostKeys: [], clientKey: [], sign: { _ in [] }, command: "", input: [],
        timeout: .seconds(5)))
    #expect(result.ending == .runnerFailed("\(scratch.file("none")) could not be started: No such file or directory"))
  }

  @Test func `slipway-ssh started by hand says how it is started`() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: Built.slipwaySSH)
    let pipe = Pipe()
    process.standardError = pipe
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 64)
    #expect(text.contains("it is started by slipway"))
  }
}
