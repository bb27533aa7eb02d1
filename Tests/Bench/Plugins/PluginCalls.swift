import EvilPlugins
import Foundation
import Synchronization
import System

/// What a call of a plugin costs: one after the other beside a bare socketpair, and many at once.
///
/// Measured is the whole way: from `PluginRouter.call`, over the worker and the plugin's verb, to the answer in the
/// caller's hands. The loop thread, the worker and the bare peer are bound to processors alike. The caller runs on the
/// loop thread between its waits, as the host's own effects do.
actor PluginCalls {
  static let bytes = 128
  static let rounds = 5
  /// Calls at once in the worker.
  static let concurrency = 8

  private let reactor: Reactor
  private let rig: EchoRig
  nonisolated var unownedExecutor: UnownedSerialExecutor { reactor.asUnownedSerialExecutor() }

  private init(_ rig: EchoRig, on reactor: Reactor) { (self.rig, self.reactor) = (rig, reactor) }

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let rig = try await EchoRig(on: reactor, plugin: try EvilPlugin.build("echo", "CONCURRENCY=\(concurrency)"))
    let figures = try await PluginCalls(rig, on: reactor).all()
    await rig.end()
    return figures
  }

  private func all() async throws -> [Figure] {
    defer { try? Cores.bind(to: Cores.all) }
    var figures: [Figure] = []
    for cores in Cores.pairs { figures += try await trips(cores) }
    for cores in Cores.pairs { figures += try await rate(cores) }
    return figures
  }

  private func bind(_ cores: Cores.Pair) async throws {
    try Cores.bind(to: cores.near)
    for worker in await rig.workers() { try Cores.bind(process: worker, to: cores.far) }
  }

  private func trips(_ cores: Cores.Pair) async throws -> [Figure] {
    let bare = try BareEcho()
    try await bind(cores)
    try Cores.bind(process: bare.pid, to: cores.far)
    let payload =
      [UInt8]("{\"padding\":\"".utf8) + [UInt8](repeating: 0x78, count: Self.bytes - 14) + [UInt8]("\"}".utf8)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      theirs.append(Quantile.of(try bare.roundTrips(2_000, bytes: Self.bytes), 0.5) ?? 0)
      var spans: [Double] = []
      for _ in 0..<2_000 {
        let start = Clock.monotonic()
        try await rig.echo(payload)
        spans.append(Double(Clock.monotonic() - start) / 1_000)
      }
      ours.append(Quantile.of(spans, 0.5) ?? 0)
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

  private func rate(_ cores: Cores.Pair) async throws -> [Figure] {
    let (inFlight, each) = (32, 2_000)
    try await bind(cores)
    let payload = [UInt8]("{\"x\":1}".utf8)
    var rates: [Double] = []
    for _ in 0..<Self.rounds {
      let start = Clock.monotonic()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<inFlight {
          group.addTask { try await self.echo(payload, each, account: "a\(task % 8)") }
        }
        try await group.waitForAll()
      }
      rates.append(Double(inFlight * each) / (Double(Clock.monotonic() - start) / 1_000_000_000))
    }
    return [
      Figure(
        "plugin calls a second, 32 in flight, \(cores.name)", Quantile.of(rates, 0.5) ?? 0, "/s", .atLeast(100_000),
        reference:
          "median of \(Self.rounds) runs: \(rates.map { Figure.text($0.rounded()) }.joined(separator: ", "))")
    ]
  }

  private func echo(_ payload: [UInt8], _ times: Int, account: String) async throws {
    for _ in 0..<times { try await rig.echo(payload, account: account) }
  }
}
