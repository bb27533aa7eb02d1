import Crypto
import Foundation
import RemoteProtocol
import System
import Testing

@testable import Remote

/// Runs of commands on a machine that answers as it should.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct SSHRunTests {
  let scratch: Scratch
  let machine: Machine
  let session: SSHSession

  init() async throws {
    scratch = try Scratch()
    machine = try await Machine(scratch)
    session = SSHSession(reactor: try Reactor(name: "ssh-tests"), program: Built.slipwaySSH)
  }

  @Test func `a command runs after a login with verified keys, its streams apart`() async throws {
    let result = await session.run(machine.run("echo out; echo err >&2; whoami"))
    #expect(result == RemoteResult(.exited(0), output: Array("out\nroot\n".utf8), error: Array("err\n".utf8)))
  }

  @Test(arguments: [0, 1, 3, 127, 255]) func `the exit code comes back`(code: Int32) async {
    #expect(await session.run(machine.run("exit \(code)")).ending == .exited(code))
  }

  @Test(arguments: ["KILL", "TERM", "SEGV"]) func `the signal that ends the command comes back`(name: String) async {
    #expect(await session.run(machine.run("kill -\(name) $$")).ending == .signaled(name))
  }

  @Test(arguments: [0, 1, 100_000, 3_000_000])
  func `the command reads its input whole and sees its end`(count: Int) async throws {
    let input = try RandomBytes.make(count)
    let result = await session.run(machine.run("sha256sum", input: input))
    #expect(result.out == "\(SHA256.hex(input))  -\n")
  }

  @Test func `a script on standard input is run by sh`() async {
    let result = await session.run(machine.run("sh -s", input: Array("set -e\necho one\nfalse\necho two\n".utf8)))
    #expect(result.ending == .exited(1))
    #expect(result.out == "one\n")
  }

  @Test func `a command that ends without reading its input is no failure`() async throws {
    let result = await session.run(machine.run("echo no thanks", input: try RandomBytes.make(3_000_000)))
    #expect(result.ending == .exited(0))
    #expect(result.out == "no thanks\n")
  }

  @Test func `of a flood the head is kept, the rest is drained, and it is marked`() async {
    let result = await session.run(
      machine.run("echo first; head -c 10000000 /dev/zero | tr '\\0' x; echo last >&2; exit 3"))
    #expect(result.ending == .exited(3))
    #expect(result.out.hasPrefix("first\nxxx"))
    #expect(result.output.count == 262_144)
    #expect(result.err == "last\n")
    #expect(result.isCut)
  }

  @Test func `both streams may be flooded at once`() async {
    let result = await session.run(
      machine.run("head -c 3000000 /dev/zero & head -c 3000000 /dev/zero >&2; wait"))
    #expect(result.ending == .exited(0))
    #expect(result.output.count == 262_144)
    #expect(result.error.count == 262_144)
  }

  @Test func `any of several accepted host keys will do`() async throws {
    let other = try Ed25519Key.generate().publicKey.blob
    let run = machine.run("true", hostKeys: [other, machine.hostKey.publicKey.blob])
    #expect(await session.run(run).ending == .exited(0))
  }

  @Test func `many runs at once do not disturb each other`() async {
    let codes = await withTaskGroup(of: RemoteResult.Ending.self) { group in
      for code in Int32(0)..<8 { group.addTask { await session.run(machine.run("exit \(code)")).ending } }
      return await group.reduce(into: Set()) { $0.insert($1) }
    }
    #expect(codes == Set((0..<8).map { .exited($0) }))
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/python3"), "needs python3"))
  func `output that comes while slipway-ssh looks for the other stream's is told, and not with what comes next`()
    async throws
  {
    // Each round prints once more after a while, which moves over the microseconds that slipway-ssh takes for a look,
    // and goes on only when that was told: what is overlooked once is waited for in vain.
    let pipe = try scratch.pipe("gate")
    let gate = FileHandle(fileDescriptor: open(pipe, O_RDWR | O_CLOEXEC), closeOnDealloc: true)
    let rounds = 3_000
    let script = """
      import os, time
      gate = os.open('\(pipe)', os.O_RDONLY)
      for n in range(\(rounds)):
          os.write(1, b'a')
          until = time.perf_counter_ns() + n % 500 * 400
          while time.perf_counter_ns() < until: pass
          os.write(1, b'b')
          os.read(gate, 1)
      """
    var told = 0
    let result = await session.stream(
      machine.run("python3 -c \"\(script)\"", timeout: .seconds(50)), SSHStreaming(silence: .seconds(10))
    ) { _, bytes in
      let count = bytes.count { $0 == UInt8(ascii: "b") }
      told += count
      if count > 0 { try? gate.write(contentsOf: Data(repeating: 0, count: count)) }
      return .goOn
    }
    #expect(result.ending == .exited(0))
    #expect(told == rounds)
  }

  @Test func `slipway-ssh has two sockets and no file, leaves no core, and is small`() async throws {
    let own = SSHSession(reactor: try Reactor(), program: Built.slipwaySSH, environment: ["MARK": scratch.path])
    let pipe = try scratch.pipe("gate")
    async let result = own.run(machine.run("cat '\(pipe)'"))
    let gate = await meet(pipe)
    let pid = try process(marked: scratch.path)
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd").sorted().map {
      "\($0) \(try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/fd/\($0)").prefix { $0 != ":" })"
    }
    #expect(open == ["0 /dev/null", "1 /dev/null", "2 /dev/null", "3 socket", "4 socket"])
    let limits = try String(contentsOfFile: "/proc/\(pid)/limits", encoding: .utf8).split(separator: "\n")
    let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
    #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2)
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
    let anonymous = try #require(status.first { $0.hasPrefix("RssAnon:") })
    let kilobytes = try #require(anonymous.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    #expect(kilobytes < 6_000)
    try gate.write(contentsOf: Data("through\n".utf8))
    try gate.close()
    #expect(await result.out == "through\n")
  }
}
