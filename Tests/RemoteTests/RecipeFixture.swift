import Crypto
import Foundation
import RemoteProtocol
import Synchronization
import System
import Testing

@testable import Remote

/// All that was told of one run.
final class RunLog: Sendable {
  private struct State {
    var events: [RecipeEvent] = []
    var output: [RemoteStream: [UInt8]] = [:]
    var waiting: [(condition: @Sendable (RunLog.Seen) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
  }

  /// What conditions are about.
  struct Seen {
    var out: String
    var err: String
    var retries: Int
    var isRunning: Bool
  }

  private let state = Mutex(State())

  /// Whole, in the order in which it was told; pieces of output that overlap or leave holes without saying so are wrong.
  func take(_ event: RecipeEvent) {
    let ready = state.withLock { state in
      state.events.append(event)
      if case .output(let stream, _, let bytes) = event { state.output[stream, default: []] += bytes }
      let seen = seen(state)
      let ready = state.waiting.filter { $0.condition(seen) }
      state.waiting.removeAll { $0.condition(seen) }
      return ready
    }
    for one in ready { one.continuation.resume() }
  }

  /// Returns once that was seen; the test's time limit bounds it.
  func wait(_ condition: @escaping @Sendable (Seen) -> Bool) async {
    await withCheckedContinuation { continuation in
      let isNow = state.withLock { state in
        if condition(seen(state)) { return true }
        state.waiting.append((condition, continuation))
        return false
      }
      if isNow { continuation.resume() }
    }
  }

  private func seen(_ state: State) -> Seen {
    Seen(
      out: String(decoding: state.output[.output] ?? [], as: UTF8.self),
      err: String(decoding: state.output[.error] ?? [], as: UTF8.self),
      retries: state.events.count { if case .retrying = $0 { true } else { false } },
      isRunning: state.events.contains { if case .running = $0 { true } else { false } })
  }

  var events: [RecipeEvent] { state.withLock { $0.events } }
  var out: String { state.withLock { seen($0).out } }
  var err: String { state.withLock { seen($0).err } }
  func bytes(_ stream: RemoteStream) -> [UInt8] { state.withLock { $0.output[stream] ?? [] } }

  /// Where each stream stands, if what was told fits together.
  func offsets(from start: OutputOffsets = OutputOffsets()) -> OutputOffsets? {
    var offsets = start
    for event in events {
      switch event {
      case .output(let stream, let offset, let bytes):
        guard offset == offsets[stream], !bytes.isEmpty else { return nil }
        offsets[stream] += bytes.count
      case .skipped(let stream, let from, let to):
        guard from == offsets[stream], to > from else { return nil }
        offsets[stream] = to
      case .attached, .cloudInit, .running, .retrying: break
      }
    }
    return offsets
  }
}

/// A machine, a runner, and files that both see.
struct RecipeBench {
  let scratch: Scratch
  let machine: Machine
  let session: SSHSession
  let runner: RecipeRunner

  init(environment: [String: String] = [:]) async throws {
    scratch = try Scratch()
    machine = try await Machine(scratch)
    try scratch.write("boot_id", "first\n")
    try scratch.write("vmstat", "pgfault 1\noom_kill 3\n")
    let reactor = try Reactor(name: "recipe-tests")
    session = SSHSession(reactor: reactor, program: Built.slipwaySSH, environment: environment)
    runner = RecipeRunner(session: session, reactor: reactor)
  }

  var place: RecipePlace { RecipePlace(bootID: scratch.file("boot_id"), memoryCounters: scratch.file("vmstat")) }

  var target: SSHTarget {
    let client = machine.client
    return SSHTarget(
      address: machine.address, user: "root", acceptedHostKeys: [machine.hostKey.publicKey.blob],
      clientKey: client.publicKey.blob, sign: { (try? client.sign($0)) ?? [] })
  }

  func job(
    _ body: String, run: String = Self.name(), environment: [String: String] = [:], timeout: Duration = .seconds(50)
  ) throws -> RecipeJob {
    RecipeJob(
      run: run, body: try RunBody(Array(body.utf8)), environment: environment, timeout: timeout,
      grace: .milliseconds(300), place: place)
  }

  /// A name of its own for each run.
  static func name() -> String {
    let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    return "01" + String((0..<24).map { _ in digits[Int.random(in: 0..<32)] })
  }

  func run(_ job: RecipeJob, _ log: RunLog = RunLog(), reach: Duration = .seconds(20)) async -> RunEnding {
    await runner.run(job, on: target, patience: RecipePatience(reach: reach)) { log.take($0) }
  }

  /// A run of that text, and what was told of it.
  func run(_ body: String, environment: [String: String] = [:]) async throws -> (ending: RunEnding, log: RunLog) {
    let log = RunLog()
    return (await run(try job(body, environment: environment), log), log)
  }

  /// What a command on the machine prints.
  func ask(_ command: String) async -> String { await session.run(machine.run(command)).out }

  /// All that is left of recipes on the machine: files, and processes that are neither sshd nor asked for.
  func leftovers() async -> String {
    await ask(
      """
      ls -A /var/lib/slipway 2>/dev/null
      for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f 2>/dev/null; echo; done | grep -E '[.]/supervisor|[.]/begin|^sleep|^dd bs'
      """)
  }
}
