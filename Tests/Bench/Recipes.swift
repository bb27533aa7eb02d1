import Foundation
import Remote
import RemoteProtocol
import Synchronization
import System

/// Recipes beside OpenSSH's client, on one sshd of this machine.
enum Recipes {
  static let megabytes = 100
  static let crowd = 200

  /// What there is to measure; each alone by `slipway-bench recipes PART`.
  enum Part: String, CaseIterable { case first, log, many }

  static func run(_ parts: [Part] = Part.allCases, on reactor: Reactor) async throws -> [Figure] {
    guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd"),
      FileManager.default.isExecutableFile(atPath: "/usr/bin/ssh")
    else { return [] }
    let machine = try await BenchMachine(on: reactor)
    let program = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "slipway-ssh")
    let runner = RecipeRunner(session: SSHSession(reactor: reactor, program: program.path), reactor: reactor)
    var figures: [Figure] = []
    for part in parts {
      switch part {
      case .first: figures += try await firstByte(machine, runner)
      case .log: figures += try await log(machine, runner)
      case .many: figures += try await many(machine, runner, reactor)
      }
    }
    return figures
  }

  private static func job(_ machine: BenchMachine, _ body: String) throws -> RecipeJob {
    let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    return RecipeJob(
      run: "01" + String((0..<24).map { _ in digits[Int.random(in: 0..<32)] }), body: try RunBody(Array(body.utf8)),
      timeout: .seconds(300), place: RecipePlace(folder: "\(machine.folder)/slipway"))
  }

  /// Follows a run to its end: seconds to the first byte and to the end, and how many bytes came.
  private static func follow(
    _ machine: BenchMachine, _ runner: RecipeRunner, _ job: RecipeJob
  ) async throws -> (first: Double, whole: Double, count: Int) {
    let began = Clock.monotonic()
    var first: UInt64?
    var count = 0
    let ending = await runner.run(job, on: machine.target, patience: RecipePatience(reach: .seconds(60))) { event in
      guard case .output(_, _, let bytes) = event else { return }
      first = first ?? Clock.monotonic()
      count += bytes.count
    }
    let end = Clock.monotonic()
    guard ending.outcome == .exited(0) else { throw Unmeasured("a recipe ended otherwise: \(ending)") }
    return (Double((first ?? end) - began) / 1e9, Double(end - began) / 1e9, count)
  }

  private static func firstByte(_ machine: BenchMachine, _ runner: RecipeRunner) async throws -> [Figure] {
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<21 {
      let job = try job(machine, "echo begun")
      ours.append(try await follow(machine, runner, job).first)
      _ = await runner.remove(job, on: machine.target, timeout: .seconds(10))
      theirs.append(try await machine.ssh("echo begun").first)
    }
    guard let our = Quantile.of(ours, 0.5), let their = Quantile.of(theirs, 0.5) else { return [] }
    return [
      Figure(
        "recipe, connect to first byte of output, median, against ssh", our / their, "times", .atMost(1.3),
        reference: "\(Figure.text(our * 1_000)) ms; ssh host echo: \(Figure.text(their * 1_000)) ms")
    ]
  }

  private static func log(_ machine: BenchMachine, _ runner: RecipeRunner) async throws -> [Figure] {
    let file = "\(machine.folder)/log"
    _ = try await machine.ssh("head -c \(megabytes)000000 /dev/urandom >\(file)")
    var job = try job(machine, "cat \(file)")
    job.limits = OutputLimits(head: 128 << 20)
    let live = try await follow(machine, runner, job)
    job.mayBegin = false
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<3 {
      ours.append(try await follow(machine, runner, job).whole)
      theirs.append(try await machine.ssh("cat \(file)").whole)
    }
    _ = await runner.remove(job, on: machine.target, timeout: .seconds(10))
    guard live.count == megabytes * 1_000_000, let our = ours.min(), let their = theirs.min() else {
      throw Unmeasured("\(live.count) bytes of the log came")
    }
    return [
      Figure(
        "recipe, a log of 100 MB streamed, against ssh", their / our, "times the rate", .atLeast(0.5),
        reference:
          "\(Figure.text(Double(megabytes) / our)) MB/s, while it is written \(Figure.text(Double(megabytes) / live.whole)) MB/s; ssh host cat: \(Figure.text(Double(megabytes) / their)) MB/s"
      )
    ]
  }

  /// Many runs at once, all of them begun, none ended.
  private static func many(
    _ machine: BenchMachine, _ runner: RecipeRunner, _ reactor: Reactor
  ) async throws -> [Figure] {
    let gate = "\(machine.folder)/go"
    let running = Running()
    let began = Clock.monotonic()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<crowd {
        let job = try job(machine, "echo begun\nwhile [ ! -e \(gate) ] && [ -d \(machine.folder) ]; do sleep 2; done\n")
        group.addTask {
          let ending = await runner.run(
            job, on: machine.target,
            patience: RecipePatience(reach: .seconds(120), streaming: SSHStreaming(login: .seconds(120)))
          ) { event in
            if case .output = event { running.count() }
          }
          guard ending.outcome == .exited(0) else { return running.failed("\(ending)") }
          _ = await runner.remove(job, on: machine.target, timeout: .seconds(60))
        }
      }
      while running.total < crowd {
        guard running.failure == nil, Clock.monotonic() - began < 180_000_000_000 else {
          try? Data().write(to: URL(fileURLWithPath: gate))
          throw Unmeasured("only \(running.total) of \(crowd) recipes ran; \(running.failure ?? "180 s were over")")
        }
        try await reactor.sleep(for: .milliseconds(100))
      }
      let all = Double(Clock.monotonic() - began) / 1e9
      let host = try ProcessFacts.residentMB(getpid())
      let each = ProcessFacts.children("slipway-ssh").compactMap { try? ProcessFacts.anonymousMB($0) }
      try Data().write(to: URL(fileURLWithPath: gate))
      try await group.waitForAll()
      if let failure = running.failure { throw Unmeasured("one of \(crowd) recipes ended otherwise: \(failure)") }
      return [
        Figure(
          "200 recipes at once, resident memory of the host", host, "MB", .below(100),
          reference: "this program; all ran after \(Figure.text(all)) s"),
        Figure(
          "200 recipes at once, anonymous memory of a slipway-ssh, largest", each.max() ?? .infinity, "MB", .below(4),
          reference: "\(each.count) processes; median \(Figure.text(Quantile.of(each, 0.5) ?? 0)) MB"),
      ]
    }
  }
}

/// How many runs have begun, and how one failed.
private final class Running: Sendable {
  private let state = Mutex((total: 0, failure: String?.none))
  var total: Int { state.withLock { $0.total } }
  var failure: String? { state.withLock { $0.failure } }
  func count() { state.withLock { $0.total += 1 } }
  func failed(_ why: String) { state.withLock { $0.failure = why } }
}
