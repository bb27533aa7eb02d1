import Crypto
import Foundation
import RemoteProtocol
import System
import Testing

@testable import Remote

/// Recipes on a machine that does what it should: what they find, and how they end.
@Suite(.enabled(if: Machine.isPossible, "\(Machine.obstacle ?? "")"), .timeLimit(.minutes(1)))
struct RecipeRunTests {
  let bench: RecipeBench

  init() async throws { bench = try await RecipeBench() }

  @Test func `a script runs in a folder of its own, its streams come apart, and nothing is left`() async throws {
    let log = RunLog()
    let job = try bench.job("echo out\necho err >&2\npwd\numask\necho $0\nexit 3\n")
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .exited(3))
    #expect(ending.hasBegun)
    #expect(try #require(ending.duration) < .seconds(20))
    let folder = "/var/lib/slipway/runs/\(job.run)"
    #expect(log.out == "out\n\(folder)/work\n0022\n\(folder)/body\n")
    #expect(log.err == "err\n")
    #expect(ending.totals == OutputOffsets(output: log.out.utf8.count, error: 4))
    #expect(log.offsets() == ending.totals)
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    #expect(await bench.leftovers() == "")
    #expect(await bench.ask("ls -d /var/lib/slipway 2>&1").contains("No such file"))
  }

  @Test(arguments: [
    ("exit 0", RunEnding.Outcome.exited(0)), ("exit 255", .exited(255)), ("exit 137", .exited(137)),
    ("exit 143", .exited(143)), ("kill -KILL $$", .signaled("KILL")), ("kill -TERM $$", .signaled("TERM")),
    ("kill -SEGV $$", .signaled("SEGV")), ("no-such-command", .exited(127)),
  ]) func `an exit code and a signal are told apart`(body: String, outcome: RunEnding.Outcome) async throws {
    #expect(try await bench.run(body).ending.outcome == outcome)
  }

  @Test(arguments: [
    ("kill -KILL $$", RunEnding.Outcome.outOfMemory), ("exit 137", .outOfMemory), ("exit 1", .exited(1)),
    ("kill -TERM $$", .signaled("TERM")),
  ]) func `a kill for lack of memory is told where the kernel counted one`(
    body: String, outcome: RunEnding.Outcome
  ) async throws {
    let counters = bench.scratch.file("vmstat")
    let ending = try await bench.run("echo 'oom_kill 5' >'\(counters)'\n\(body)").ending
    #expect(ending.outcome == outcome)
    #expect(ending.memoryKills == 2)
  }

  @Test func `the environment holds what was given, whatever it is, and no file keeps it`() async throws {
    let values = [
      "PLAIN": "x", "QUOTES": "it's Zaphod \"$HOME\" `id` \\ % \n'", "END": "a\n\n", "EMPTY": "", "UTF8": "é\u{1F600}",
      "program": "y", "file": "z",
    ]
    let names = values.keys.sorted()
    let body =
      names.map { "printf '%s\\0' \"$\($0)\"\n" }.joined()
      + "grep -rl --exclude=stdout 'Zapho[d]' .. | wc -l >&2\necho $LANG $HOME >&2\n"
    let (ending, log) = try await bench.run(body, environment: values)
    #expect(ending.outcome == .exited(0))
    #expect(log.out == names.map { (values[$0] ?? "") + "\0" }.joined())
    #expect(log.err == "0\nC.UTF-8 /root\n")
  }

  @Test func `a script has its three streams and nothing of the connection`() async throws {
    let (ending, log) = try await bench.run("ls -l /proc/$$/fd\ntrue\n")
    #expect(ending.outcome == .exited(0))
    let open = log.out.split(separator: "\n").map(String.init).filter { $0.contains(" -> ") }
    // The shell reads its script from one that it opened itself.
    let others = open.filter { line in
      !["0", "1", "2"].contains { line.contains(" \($0) -> ") } && !line.hasSuffix("/body")
    }
    #expect(others.isEmpty && open.count >= 3, "\(log.out)")
    #expect(open.contains { $0.hasSuffix(" 0 -> /dev/null") }, "\(log.out)")
  }

  @Test func `a script that reads its input finds its end`() async throws {
    let (ending, log) = try await bench.run("cat\nread -r line || echo none\n")
    #expect(ending.outcome == .exited(0))
    #expect(log.out == "none\n")
  }

  @Test func `output is taken byte for byte`() async throws {
    let (ending, log) = try await bench.run("head -c 300000 /dev/urandom | tee copy\nsha256sum <copy >&2\n")
    #expect(ending.outcome == .exited(0))
    #expect(log.bytes(.output).count == 300_000)
    #expect(log.err == "\(SHA256.hex(log.bytes(.output)))  -\n")
  }

  @Test(arguments: [
    "\u{FEFF}#!/bin/sh\r\necho one\r\necho two\r\n", "\u{FEFF}echo one\necho two", "echo one\r\necho two\r\n",
  ])
  func `a byte-order mark and CRLF line ends do no harm`(body: String) async throws {
    let (ending, log) = try await bench.run(body)
    #expect(ending.outcome == .exited(0))
    #expect(log.out == "one\ntwo\n")
    #expect(log.err == "")
  }

  @Test func `the first line chooses the interpreter`() async throws {
    #expect(try await bench.run("#!/usr/bin/env bash\necho ${BASH_VERSION:+bash}\n").log.out == "bash\n")
    #expect(try await bench.run("#!/bin/sh -e\nfalse\necho on\n").ending.outcome == .exited(1))
    #expect(try await bench.run("#!/bin/cat\nhello\n").log.out == "#!/bin/cat\nhello\n")
  }

  @Test(arguments: [
    ("#!/opt/none/python9\n", "/opt/none/python9"), ("#!/usr/bin/env no-such-python\nx", "no-such-python"),
  ]) func `a missing interpreter is named, and nothing has begun`(body: String, name: String) async throws {
    let ending = try await bench.run(body).ending
    #expect(ending.outcome == .notStarted(.interpreterMissing(name)))
    #expect(!ending.hasBegun)
  }

  @Test func `64 KiB of anything arrive as they are`() async throws {
    var bytes = Array("#!/usr/bin/sha256sum\nEOF\n_EOF_\n'; }\nmain </dev/null; exit\n$(reboot)\n%s\\000\\\\\n".utf8)
    bytes += try RandomBytes.make(RunBody.limit - bytes.count)
    var job = try bench.job("x")
    job.body = try RunBody(bytes)
    let log = RunLog()
    #expect(await bench.run(job, log).outcome == .exited(0))
    #expect(log.out.hasPrefix(SHA256.hex(bytes)))
  }

  @Test func `of a flood the head comes while it runs, the tail at its end, and the disk is spared`() async throws {
    var job = try bench.job("echo first; head -c 200000000 /dev/zero; echo last; du -s .. >&2")
    job.limits = OutputLimits(head: 100_000, tail: 1_000)
    let log = RunLog()
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .exited(0))
    #expect(ending.totals?.output == 200_000_011)
    #expect(log.offsets() == ending.totals)
    #expect(log.out.hasPrefix("first\n"))
    #expect(log.out.hasSuffix("\0last\n"))
    #expect((101_000..<170_000).contains(log.out.utf8.count))
    let kilobytes = try #require(Int(log.err.prefix { $0 != "\t" }), "\(log.err)")
    #expect(kilobytes < 12_000)
  }

  @Test func `a daemon that holds the output open does not hold the end`() async throws {
    let (ending, log) = try await bench.run("setsid sleep 40 &\necho begun\n")
    #expect(ending.outcome == .exited(0))
    #expect(log.out == "begun\n")
    #expect(!ending.wasDiskFull)
  }

  @Test func `at the timeout all that the script has in its session ends, even what takes no notice of TERM`()
    async throws
  {
    let job = try bench.job(
      "echo begun\n(trap '' TERM; while :; do sleep 1; done) &\ntrap '' TERM\nwhile :; do sleep 1; done\n",
      timeout: .milliseconds(800))
    let log = RunLog()
    let ending = await bench.run(job, log)
    #expect(ending.outcome == .timedOut)
    #expect(log.out == "begun\n")
    #expect(try #require(ending.duration) >= .milliseconds(1_100))
    #expect(await bench.runner.remove(job, on: bench.target, timeout: .seconds(20)))
    #expect(await bench.leftovers() == "")
  }

  @Test func `cloud-init is waited for, and what it said is kept`() async throws {
    try FileManager.default.createDirectory(
      atPath: bench.scratch.file("root/bin"), withIntermediateDirectories: true)
    let pipe = try bench.scratch.pipe("gate")
    try bench.scratch.write(
      "root/bin/cloud-init",
      "#!/bin/sh\n[ \"$*\" = 'status --wait' ] || exit 9\ncat '\(pipe)' >&2\nprintf '...\\nstatus: error\\n'\nexit 1\n",
      mode: 0o755)
    var job = try bench.job("echo after")
    job.cloudInitLimit = .seconds(30)
    let log = RunLog()
    async let ending = bench.run(job, log)
    try await meet(pipe).close()
    #expect(await ending.outcome == .exited(0))
    #expect(await ending.cloudInit == CloudInitReport(.ended(1), status: "error"))
    #expect(log.out == "after\n")
  }

  @Test func `a cloud-init that does not end is waited for no longer than told`() async throws {
    try FileManager.default.createDirectory(
      atPath: bench.scratch.file("root/bin"), withIntermediateDirectories: true)
    try bench.scratch.write("root/bin/cloud-init", "#!/bin/sh\nsleep 50\n", mode: 0o755)
    var job = try bench.job("echo after")
    job.cloudInitLimit = .milliseconds(400)
    let ending = await bench.run(job)
    #expect(ending.outcome == .exited(0))
    #expect(ending.cloudInit == CloudInitReport(.stillRunning))
  }
}
