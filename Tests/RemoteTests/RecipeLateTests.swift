import Foundation
import Glibc
import RemoteProtocol
import Synchronization
import System
import Testing

@testable import Remote

/// Scripts that a VM starts, or goes on with, long after they were sent: another host has had the run and removed it.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct RecipeLateTests {
  let bench: RecipeBench
  let marks: String

  init() async throws {
    bench = try await RecipeBench()
    marks = bench.scratch.file("marks")
  }

  func job() throws -> RecipeJob { try bench.job("echo ran >>'\(marks)'") }

  /// Sends the script that begins the run; `answer` says what follows from each piece that it prints.
  func send(
    _ job: RecipeJob, answer: @escaping @Sendable (String) async -> SSHStreaming.Answer
  ) async -> RemoteResult {
    let script = RecipeScript.follow(job, mayBegin: true, offsets: OutputOffsets())
    let run = bench.machine.run(RecipeScript.command(mayBegin: job), input: script)
    return await bench.session.stream(run, SSHStreaming()) { _, bytes in
      await answer(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test func `a script whose host is gone does not begin what it was sent for`() async throws {
    let job = try job()
    let told = await send(job) { $0.contains("ready") ? .stop : .goOn }
    #expect(told.ending == .runnerFailed("slipway-ssh was killed: the run was cancelled"))
    #expect(await bench.ask("ls -A /var/lib/slipway 2>&1").contains("No such file"))
    #expect(!FileManager.default.fileExists(atPath: marks))
  }

  @Test func `a start that is cut off on the VM is told, and never becomes a run`() async throws {
    // What starts the supervisor is lost; it is found when a later connection asks for it.
    _ = try bench.scratch.folder("root/bin")
    let lost = bench.scratch.file("lost")
    try bench.scratch.write("root/bin/setsid", "#!/bin/sh\necho \"$@\" >'\(lost)'\n", mode: 0o755)
    var job = try job()
    job.place.startLimit = .milliseconds(400)
    let ending = await bench.run(job)
    #expect(ending.outcome == .notStarted(.cutOff) && !ending.hasBegun)
    #expect(try String(contentsOfFile: lost, encoding: .utf8) == "/bin/sh ./supervisor\n")
    _ = await bench.ask("cd /var/lib/slipway/runs/\(job.run) && /bin/sh ./supervisor")
    #expect(!FileManager.default.fileExists(atPath: marks))
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    #expect(await bench.leftovers() == "")
  }

  @Test func `a script that got its permission and then stood still begins nothing once the run was removed`()
    async throws
  {
    let job = try job()
    let other = self
    // Stopped on the VM while it waits; the permission is in its pipe before it goes on.
    let stood = AsyncStream<String>.makeStream()
    let late = Task {
      await other.send(job) { text in
        guard text.contains("ready") else { return .goOn }
        let pids = await other.bench.ask(
          """
          for process in /proc/[0-9]*; do
            words=$(tr '\\0' ' ' <$process/cmdline 2>/dev/null)
            case $words in "sh -s \(job.run) ") kill -STOP ${process#/proc/}; echo ${process#/proc/} ;; esac
          done
          """)
        stood.continuation.yield(pids)
        return .feed(RecipeScript.permission(job))
      }
    }
    var pids = ""
    for await found in stood.stream {
      pids = found
      break
    }
    #expect(!pids.isEmpty)
    #expect(await bench.run(job).outcome == .exited(0))
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    _ = await bench.ask("kill -CONT \(pids.split(whereSeparator: \.isNewline).joined(separator: " ")) 2>&1")
    #expect(await late.value.ending == .signaled("KILL"))
    #expect(try String(contentsOfFile: marks, encoding: .utf8) == "ran\n")
    #expect(await bench.leftovers() == "")
  }
}
