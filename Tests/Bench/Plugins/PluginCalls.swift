import Foundation
import Synchronization
import System

/// What a call of a plugin costs: one after the other beside a bare socketpair, and many at once.
enum PluginCalls {
  static let bytes = 128
  static let rounds = 5

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let rig = try await EchoRig(on: reactor)
    // As the host's own effects do, the caller runs on the loop thread between its waits.
    let figures = try await withTaskExecutorPreference(reactor) { try await [trips(rig), rate(rig)] }
    await rig.end()
    return figures.flatMap(\.self)
  }

  private static func trips(_ rig: EchoRig) async throws -> [Figure] {
    let bare = try BareEcho()
    let payload = [UInt8]("{\"padding\":\"".utf8) + [UInt8](repeating: 0x78, count: bytes - 14) + [UInt8]("\"}".utf8)
    var (ours, theirs): ([Double], [Double]) = ([], [])
    for _ in 0..<rounds {
      theirs.append(Quantile.of(try bare.roundTrips(2_000, bytes: bytes), 0.5) ?? 0)
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
    let reference = "bare socketpair of \(bytes) bytes: p50 \(Figure.text(peer)) us; median of \(rounds) runs each"
    return [
      Figure("plugin call, round trip, p50", own, "us", reference: reference),
      Figure("plugin call, round trip over a bare socketpair", own / peer, "x", .atMost(1.5), reference: reference),
    ]
  }

  private static func rate(_ rig: EchoRig) async throws -> [Figure] {
    let (inFlight, each) = (32, 2_000)
    let payload = [UInt8]("{\"x\":1}".utf8)
    var rates: [Double] = []
    for _ in 0..<rounds {
      let start = Clock.monotonic()
      try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<inFlight {
          group.addTask { for _ in 0..<each { try await rig.echo(payload, account: "a\(task % 8)") } }
        }
        try await group.waitForAll()
      }
      rates.append(Double(inFlight * each) / (Double(Clock.monotonic() - start) / 1_000_000_000))
    }
    return [
      Figure(
        "plugin calls a second, 32 in flight", Quantile.of(rates, 0.5) ?? 0, "/s", .atLeast(100_000),
        reference: "median of \(rounds) runs: \(rates.map { Figure.text($0.rounded()) }.joined(separator: ", "))")
    ]
  }
}
