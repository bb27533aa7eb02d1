import EvilPlugins
import Foundation
import Synchronization
import System

/// What a call of a plugin costs: one after the other beside a bare socketpair, and many at once.
///
/// Measured is the whole way of the host's loop: from `PluginRouter.call`, over the worker and the plugin's verb, to the
/// outcome. The loop thread, the worker and the bare peer are bound to processors alike. A task that awaits the outcome
/// elsewhere pays for its change of threads; that is a row of its own.
struct PluginCalls {
  static let bytes = 128
  static let rounds = 5
  /// Calls at once in the worker.
  static let concurrency = 8

  let rig: EchoRig
  let reactor: Reactor

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let rig = try await EchoRig(on: reactor, plugin: try EvilPlugin.build("echo", "CONCURRENCY=\(concurrency)"))
    let calls = PluginCalls(rig: rig, reactor: reactor)
    var figures: [Figure] = []
    for cores in Cores.pairs { figures += try await calls.trips(cores) }
    for cores in Cores.pairs { figures.append(try await calls.rate(cores)) }
    await calls.bind(Cores.all)
    figures.append(try await calls.awaited())
    await rig.end()
    return figures
  }

  /// Binds the loop thread.
  private func bind(_ cores: [Int]) async {
    await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
      reactor.submit {
        try? Cores.bind(to: cores)
        done.resume()
      }
    }
  }

  private func bind(_ cores: Cores.Pair) async throws {
    await bind(cores.near)
    for worker in await rig.workers() { try Cores.bind(process: worker, to: cores.far) }
  }

  private func trips(_ cores: Cores.Pair) async throws -> [Figure] {
    let bare = try BareEcho()
    try await bind(cores)
    try Cores.bind(process: bare.pid, to: cores.far)
    let padding = [UInt8](repeating: 0x78, count: Self.bytes - 14)
    let payload = [UInt8]("{\"padding\":\"".utf8) + padding + [UInt8]("\"}".utf8)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      theirs.append(Quantile.of(try await onLoop { try bare.roundTrips(2_000, bytes: Self.bytes) }, 0.5) ?? 0)
      ours.append(Quantile.of(try await chain(payload, 2_000), 0.5) ?? 0)
    }
    guard let own = Quantile.of(ours, 0.5), let peer = Quantile.of(theirs, 0.5), peer > 0 else {
      throw Unmeasured("no round trips")
    }
    let shown = zip(ours, theirs).map { "\(Figure.text($0)) to \(Figure.text($1))" }.joined(separator: ", ")
    let reference =
      "bare socketpair of \(Self.bytes) bytes: p50 \(Figure.text(peer)) us; medians of \(Self.rounds) runs each: \(shown)"
    return [
      Figure("plugin call, round trip, p50, \(cores.name)", own, "us", reference: reference),
      Figure(
        "plugin call, round trip over a bare socketpair, \(cores.name)", own / peer, "x", .atMost(1.5),
        reference: reference),
    ]
  }

  private func rate(_ cores: Cores.Pair) async throws -> Figure {
    let (inFlight, each) = (32, 2_000)
    try await bind(cores)
    let payload = [UInt8]("{\"x\":1}".utf8)
    var rates: [Double] = []
    for _ in 0..<Self.rounds {
      let start = Clock.monotonic()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<inFlight {
          group.addTask { _ = try await chain(payload, each, account: "a\(number % 8)") }
        }
        try await group.waitForAll()
      }
      rates.append(Double(inFlight * each) / (Double(Clock.monotonic() - start) / 1_000_000_000))
    }
    let runs = rates.map { Figure.text($0.rounded()) }.joined(separator: ", ")
    return Figure(
      "plugin calls a second, 32 in flight, \(cores.name)", Quantile.of(rates, 0.5) ?? 0, "/s", .atLeast(100_000),
      reference: "median of \(Self.rounds) runs: \(runs)")
  }

  private func awaited() async throws -> Figure {
    let payload = [UInt8]("{\"x\":1}".utf8)
    var spans: [Double] = []
    for _ in 0..<2_000 {
      let start = Clock.monotonic()
      try await rig.echo(payload)
      spans.append(Double(Clock.monotonic() - start) / 1_000)
    }
    return Figure(
      "plugin call awaited by a task elsewhere, p50", Quantile.of(spans, 0.5) ?? 0, "us", reference: "nothing is bound")
  }

  /// One call after the other, each begun where the one before it ended; gives how long each took, in microseconds.
  private func chain(_ payload: [UInt8], _ count: Int, account: String = "a") async throws -> [Double] {
    try await withCheckedThrowingContinuation { continuation in
      let chain = CallChain(rig.router, payload, count, account: account) { continuation.resume(with: $0) }
      reactor.submit { chain.next() }
    }
  }

  private func onLoop<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      reactor.submit { continuation.resume(with: Result { try work() }) }
    }
  }
}
