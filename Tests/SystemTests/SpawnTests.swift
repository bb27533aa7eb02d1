import Foundation
import System
import Testing

@Suite struct SpawnTests {
  @Test func `a child sees only the environment and the descriptors that it was given`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (near, far) = try UnixSocket.pair()
    let result = try await run(
      .path("/bin/sh"),
      [
        "sh", "-c",
        "env -u PWD -u _ -u SHLVL -u OLDPWD /usr/bin/env; n=0; while [ $n -lt 99 ]; do [ -e /proc/$$/fd/$n ] && echo $n; n=$((n+1)); done",
      ],
      environment: ["ONE": "1"], descriptors: [3: far], on: reactor)
    #expect(result.output == "ONE=1\n0\n1\n2\n3\n")
    _ = near
  }

  @Test func `descriptors may swap their numbers`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (reader, writer) = try Descriptor.pipe()
    try writer.writeAll("hello\n".utf8)
    writer.close()
    let (other, otherWriter) = try Descriptor.pipe()
    try otherWriter.writeAll("there\n".utf8)
    otherWriter.close()
    // The lower number is asked to become the higher one's and the other way round.
    let result = try await run(
      .path("/bin/cat"), ["cat", "/proc/self/fd/\(other.raw)", "/proc/self/fd/\(reader.raw)"],
      descriptors: [other.raw: reader, reader.raw: other], on: reactor)
    #expect(result.output == "hello\nthere\n")
  }

  @Test func `a child has an empty signal mask, default dispositions and a session of its own`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let result = try await run(
      .path("/bin/cat"), ["cat", "/proc/self/status", "/proc/self/stat"], on: reactor)
    #expect(result.output.contains("SigBlk:\t0000000000000000\n"))
    // glibc's posix_spawn leaves its own two signals, 32 and 33, ignored; sigset_t cannot name them.
    let ignored = result.output.split(separator: "\n").first { $0.hasPrefix("SigIgn:") }?.split(separator: "\t").last
    #expect(ignored.flatMap { UInt64($0, radix: 16) }.map { $0 & ~0x1_8000_0000 } == 0)
    let stat = result.output.split(separator: "\n").last.map { $0.split(separator: " ") } ?? []
    #expect(stat.count > 6 && stat[0] == stat[4] && stat[0] == stat[5])
  }

  @Test func `a program that is open runs although its file was replaced`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let path = try temporaryDirectory() + "/program"
    try FileManager.default.copyItem(atPath: "/bin/echo", toPath: path)
    let program = try Descriptor.open(path, O_RDONLY)
    try FileManager.default.removeItem(atPath: path)
    try "not a program".write(toFile: path, atomically: true, encoding: .utf8)
    let result = try await run(
      .descriptor(program), ["echo", "still here"], descriptors: [3: program], on: reactor)
    #expect(result.output == "still here\n")
    #expect(result.status == .exited(0))
  }

  @Test func `a program that does not exist is an error that names it`() throws {
    let error = #expect(throws: SystemError.self) {
      try SpawnPlan(program: .path("/nowhere/program"), arguments: ["program"]).spawn()
    }
    #expect(error?.description == "posix_spawn /nowhere/program: No such file or directory (errno 2)")
  }

  @Test func `exit status and signal are told apart`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    #expect(try await run(.path("/bin/sh"), ["sh", "-c", "exit 7"], on: reactor).status == .exited(7))
    let killed = try await run(.path("/bin/sh"), ["sh", "-c", "kill -SEGV $$"], on: reactor).status
    #expect(killed == .signaled(SIGSEGV))
    #expect(killed?.description == "killed by signal 11 (SIGSEGV)")
  }

  @Test func `the whole group can be killed until the leader is reaped`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (reader, writer) = try Descriptor.pipe()
    let child = try SpawnPlan(
      program: .path("/bin/sh"), arguments: ["sh", "-c", "sleep 1000 & sleep 1000"],
      environment: ["PATH": "/usr/bin:/bin"], descriptors: [1: writer]
    ).spawn()
    writer.close()
    let exits = Mailbox<System.ExitStatus>()
    try child.onExit(reactor) { exits.put($0) }
    #expect(child.exitStatus == nil)
    #expect(child.signalGroup(SIGKILL))
    #expect(await exits.next(on: reactor) == .signaled(SIGKILL))
    // The pipe ends only when the grandchildren are gone too.
    #expect(try await readAll(reader, on: reactor) == "")
    #expect(!child.signalGroup(SIGKILL))
    #expect(!child.signal(SIGKILL))
  }
}
