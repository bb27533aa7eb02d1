import Crypto
import Foundation
import Glibc
import RemoteProtocol
import System
import Testing

@testable import Remote

/// Recipes whose connection, host, VM or disk fails them.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct RecipeFaultTests {
  let bench: RecipeBench

  init() async throws { bench = try await RecipeBench() }

  /// Kills the sshd of every connection, not the one that listens. A process may end while it is looked at, of which
  /// nothing is to be said in the script's own output.
  let cutting = """
    for process in /proc/[0-9]*; do
      { read -r name <$process/comm; } 2>/dev/null && [ "$name" = sshd ] || continue
      { read -r line <$process/stat; } 2>/dev/null || continue
      set -- ${line##*") "}
      [ "$2" = 1 ] || kill -KILL "${process#/proc/}" 2>/dev/null
    done

    """

  @Test func `a script that kills every connection goes on, and its output comes once`() async throws {
    let pipe = try bench.scratch.pipe("gate")
    let job = try bench.job("echo one\ncat '\(pipe)'\n\(cutting)echo two\necho three >&2\n")
    let log = RunLog()
    async let ending = bench.run(job, log)
    await log.wait { $0.out == "one\n" }
    try await meet(pipe).close()
    #expect(await ending.outcome == .exited(0))
    #expect(log.out == "one\ntwo\n")
    #expect(log.err == "three\n")
    #expect(log.events.contains { if case .retrying(.connectionLost) = $0 { true } else { false } })
    #expect(log.offsets() == (await ending).totals)
  }

  @Test func `slipway-ssh killed during a run is replaced, and the run goes on`() async throws {
    let own = try await RecipeBench(environment: ["MARK": bench.scratch.path])
    let pipe = try own.scratch.pipe("gate")
    let log = RunLog()
    let job = try own.job("echo one\ncat '\(pipe)'\necho two\n")
    async let ending = own.run(job, log)
    await log.wait { $0.out == "one\n" }
    kill(try process(marked: bench.scratch.path), SIGKILL)
    await log.wait { $0.retries == 1 }
    try await meet(pipe).close()
    #expect(await ending.outcome == .exited(0))
    #expect(log.out == "one\ntwo\n")
  }

  @Test func `a host that ends in the middle finds the run again, where it left off`() async throws {
    let pipe = try bench.scratch.pipe("gate")
    var job = try bench.job("echo one\ncat '\(pipe)'\necho two\nexit 9\n")
    let log = RunLog()
    let bench = bench
    let first = Task { [job] in await bench.run(job, log) }
    await log.wait { $0.out == "one\n" }
    first.cancel()
    #expect(await first.value.outcome == .detached)
    try await meet(pipe).close()
    job.mayBegin = false
    job.offsets = try #require(log.offsets())
    let again = RunLog()
    #expect(await bench.run(job, again).outcome == .exited(9))
    #expect(again.out == "two\n")
    // And once more, after its end, from the beginning.
    job.offsets = OutputOffsets()
    let whole = RunLog()
    #expect(await bench.run(job, whole).outcome == .exited(9))
    #expect(whole.out == "one\ntwo\n")
  }

  @Test func `two that start the same run start it once`() async throws {
    let marks = bench.scratch.file("marks")
    let job = try bench.job("echo begun >>'\(marks)'\necho done\nexit 4\n")
    let bench = bench
    let endings = await withTaskGroup(of: (RunEnding.Outcome, String).self) { group in
      for _ in 0..<4 {
        group.addTask {
          let log = RunLog()
          return (await bench.run(job, log).outcome, log.out)
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(endings.allSatisfy { $0 == (.exited(4), "done\n") })
    #expect(endings.count == 4)
    #expect(try String(contentsOfFile: marks, encoding: .utf8) == "begun\n")
  }

  @Test func `a run that is not there is gone, unless it may begin`() async throws {
    var job = try bench.job("echo ran")
    job.mayBegin = false
    #expect(await bench.run(job).outcome == .interrupted(.vanished))
    job.mayBegin = true
    #expect(await bench.run(job).outcome == .exited(0))
  }

  @Test func `a VM that was booted in between has interrupted the run, and its last output is told`() async throws {
    let boot = bench.scratch.file("boot_id")
    // What a boot does: another id, and no process of before. The log has to hold the words by then: what a pipe holds
    // goes with the processes.
    let job = try bench.job(
      """
      echo last words
      until [ "$(cat ../stdout)" = 'last words' ]; do sleep 0.01; done
      read -r supervisor _ <../owner
      echo second >'\(boot)'
      kill -KILL $supervisor
      sleep 5

      """)
    let log = RunLog()
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .interrupted(.rebooted))
    #expect(ending.hasBegun)
    #expect(log.out == "last words\n")
  }

  @Test func `a supervisor that was killed has interrupted the run`() async throws {
    let job = try bench.job("sleep 40 &\nread -r supervisor _ <../owner\nkill -KILL $supervisor\nsleep 40\n")
    let ending = await bench.run(job)
    #expect(ending.outcome == .interrupted(.supervisorKilled))
    // What it left goes with the run.
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    #expect(await bench.leftovers() == "")
  }

  @Test func `a run whose folder was removed is interrupted`() async throws {
    let ending = try await bench.run("sleep 0.3; rm -rf /var/lib/slipway; sleep 30").ending
    #expect(ending.outcome == .interrupted(.vanished))
  }

  @Test func `a cancelled run ends with all that it started`() async throws {
    let job = try bench.job("echo begun\nsleep 45 &\nsleep 45\n")
    let log = RunLog()
    async let ending = bench.run(job, log)
    await log.wait { $0.out == "begun\n" }
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)) == false)
    #expect(await bench.runner.cancel(job, on: bench.target, timeout: .seconds(20)) == .exited(0))
    #expect(await ending.outcome == .cancelled)
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    #expect(await bench.leftovers() == "")
  }

  @Test func `a run that was cancelled before it began never begins`() async throws {
    let job = try bench.job("echo ran")
    #expect(await bench.runner.cancel(job, on: bench.target, timeout: .seconds(20)) == .exited(0))
    let log = RunLog()
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .cancelled)
    #expect(!ending.hasBegun)
    #expect(log.out == "")
  }

  @Test func `a disk that fills is told, and the ending is not lost`() async throws {
    _ = await bench.ask("mkdir /var/lib/small; mount -t tmpfs -o size=1m small /var/lib/small")
    var job = try bench.job("echo first; head -c 5000000 /dev/zero; exit 6")
    job.place.folder = "/var/lib/small/slipway"
    let log = RunLog()
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .exited(6))
    #expect(ending.wasDiskFull)
    #expect(log.out.hasPrefix("first\n"))
  }

  @Test func `where no room is left nothing begins, and it may be tried again`() async throws {
    _ = await bench.ask("mkdir /var/lib/small; mount -t tmpfs -o size=16k small /var/lib/small")
    var job = try bench.job("echo ran")
    job.place.folder = "/var/lib/small/slipway"
    #expect(await bench.run(job).outcome == .notStarted(.diskFull))
    #expect(await bench.ask("ls -A /var/lib/small") == "")
    _ = await bench.ask("mount -o remount,size=10m /var/lib/small")
    #expect(await bench.run(job).outcome == .exited(0))
  }

  @Test func `a folder that cannot be made is named`() async throws {
    var job = try bench.job("echo ran")
    job.place.folder = "/proc/slipway"
    guard case .notStarted(.folderRefused(let text)) = await bench.run(job).outcome else {
      Issue.record("it began")
      return
    }
    #expect(text.contains("/proc/slipway"))
  }

  @Test func `a wrong host key ends it at once, and so does a refused login`() async throws {
    let job = try bench.job("echo ran")
    var stranger = bench.target
    stranger.acceptedHostKeys = [try Ed25519Key.generate().publicKey.blob]
    let patience = RecipePatience(reach: .seconds(40))
    let mismatch = await bench.runner.run(job, on: stranger, patience: patience) { _ in Issue.record("it was told") }
    #expect(mismatch.outcome == .unreachable(.hostKeyMismatch(bench.machine.hostKey.publicKey.blob)))
    var unknown = bench.target
    unknown.clientKey = try Ed25519Key.generate().publicKey.blob
    let refused = await bench.runner.run(job, on: unknown, patience: patience) { _ in Issue.record("it was told") }
    guard case .unreachable(.authenticationRefused) = refused.outcome else {
      Issue.record("\(refused)")
      return
    }
    #expect(!refused.hasBegun)
    #expect(await bench.leftovers() == "")
  }

  @Test func `slipway-ssh stays small while it streams`() async throws {
    let own = try await RecipeBench(environment: ["MARK": bench.scratch.path])
    var job = try own.job("head -c 20000000 /dev/zero")
    job.limits = OutputLimits(head: 32 << 20)
    let log = RunLog()
    let mark = bench.scratch.path
    var kilobytes: [Int] = []
    let ending = await own.runner.run(job, on: own.target, patience: RecipePatience(reach: .seconds(20))) { event in
      log.take(event)
      guard case .output(_, let offset, _) = event, offset / 4_000_000 > kilobytes.count else { return }
      if let pid = try? process(marked: mark) { kilobytes.append(anonymous(pid) ?? .max) }
    }
    #expect(ending.outcome == .exited(0))
    #expect(log.offsets()?.output == 20_000_000)
    #expect(!kilobytes.isEmpty)
    #expect((kilobytes.max() ?? 0) < 4_000, "\(kilobytes)")
  }

  /// RssAnon, in kilobytes.
  func anonymous(_ pid: Int32) -> Int? {
    let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8).split(separator: "\n")
    return status?.first { $0.hasPrefix("RssAnon:") }?.split(whereSeparator: \.isWhitespace).dropFirst().first
      .flatMap { Int($0) }
  }
}
