import EvilPlugins
import Foundation
import Plugins
import Synchronization
import System

/// What a new file costs: until it serves, and those who call meanwhile.
enum PluginReloads {
  static let rounds = 5
  static let reloads = 1_000
  static let clients = 8

  static func run(on reactor: Reactor) async throws -> [Figure] {
    // 5 MB each, and not the same bytes.
    let builds = try (1...2).map { try EvilPlugin.build("ballast", "BUILD=\($0)") }
    let rig = try await EchoRig(on: reactor, plugin: builds[0])
    var spans: [Double] = []
    for round in 1...rounds {
      let before = rig.generation
      let renamed = try rig.drop(builds[round % 2])
      let served = try await rig.generation(after: before)
      spans.append(Double(served - renamed) / 1_000_000)
      try await rig.echo(Array("{}".utf8))
    }
    await rig.end()
    let shown = spans.map { Figure.text($0) }.joined(separator: ", ")
    let fsync = try fsyncs(5 << 20)
    return [
      Figure(
        "reload of a plugin of 5 MB, rename to serving", Quantile.of(spans, 0.5) ?? .infinity, "ms", .atMost(60),
        reference: "of \(shown); 5 MB written and synced: \(Figure.text(fsync)) ms")
    ] + (try await underLoad(on: reactor))
  }

  /// Latencies of calls, in microseconds, and how many failed.
  private struct Calls: Sendable {
    var count = 0
    var failed = 0
    var worst = 0.0
    var all: [Double] = []
  }

  private static func underLoad(on reactor: Reactor) async throws -> [Figure] {
    let builds = try (1...2).map { try EvilPlugin.build("ballast", "BUILD=\($0)", "BALLAST=8") }
    let rig = try await EchoRig(on: reactor, plugin: builds[0])
    var (failed, count) = (0, 0)
    var (spans, usuals, quiets, added): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
    for _ in 0..<rounds {
      let quiet = try await calls(rig) { try await reactor.sleep(for: .seconds(2)) }
      let begun = Clock.monotonic()
      let busy = try await calls(rig) {
        for round in 1...reloads {
          let before = rig.generation
          _ = try rig.drop(builds[round % 2])
          _ = try await rig.generation(after: before)
        }
      }
      spans.append(Double(Clock.monotonic() - begun) / 1_000_000_000)
      let usual = Quantile.of(quiet.all, 0.5) ?? 0
      usuals.append(usual)
      quiets.append(quiet.worst / 1_000)
      added.append((busy.worst - usual) / 1_000)
      failed += busy.failed + quiet.failed
      count += busy.count
    }
    await rig.end()
    let middle = { (values: [Double]) in Figure.text(Quantile.of(values, 0.5) ?? .infinity) }
    let reference =
      "\(rounds) runs of \(reloads) reloads in \(middle(spans)) s, \(count) calls; before each 2 s without reloads: p50 \(middle(usuals)) us, worst \(middle(quiets)) ms"
    return [
      Figure(
        "\(reloads) reloads, \(clients) clients, failed calls", Double(failed), "", .exactly(0),
        reference: "in all runs; \(reference)"),
      Figure(
        "\(reloads) reloads, \(clients) clients, worst added delay", Quantile.of(added, 0.5) ?? .infinity, "ms",
        .atMost(100), reference: "median of \(added.map { Figure.text($0) }.joined(separator: ", ")); \(reference)"),
    ]
  }

  /// What the clients meet while `work` is done.
  private static func calls(_ rig: EchoRig, during work: () async throws -> Void) async throws -> Calls {
    let over = Over()
    return try await withThrowingTaskGroup(of: Calls.self) { group in
      for client in 0..<clients {
        group.addTask {
          var calls = Calls()
          let payload = [UInt8]("{\"client\":\(client)}".utf8)
          while !over.isOver.load(ordering: .relaxed) {
            let start = Clock.monotonic()
            let outcome = await rig.call(payload, account: "a\(client)", verb: .poll)
            let span = Double(Clock.monotonic() - start) / 1_000
            if case .replied(payload) = outcome {} else { calls.failed += 1 }
            calls.count += 1
            calls.worst = max(calls.worst, span)
            if calls.all.count < 100_000 { calls.all.append(span) }
          }
          return calls
        }
      }
      defer { over.isOver.store(true, ordering: .relaxed) }
      do { try await work() } catch {
        over.isOver.store(true, ordering: .relaxed)
        throw error
      }
      over.isOver.store(true, ordering: .relaxed)
      return try await group.reduce(into: Calls()) { sum, calls in
        sum.count += calls.count
        sum.failed += calls.failed
        sum.worst = max(sum.worst, calls.worst)
        sum.all += calls.all
      }
    }
  }

  /// Milliseconds of writing and syncing that many bytes to the disk on which the rig lies; median of five.
  private static func fsyncs(_ bytes: Int) throws -> Double {
    let block = [UInt8](repeating: 7, count: bytes)
    var spans: [Double] = []
    for _ in 0..<rounds {
      let path = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
      defer { unlink(path) }
      let start = Clock.monotonic()
      let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      try file.writeAll(block)
      try file.sync()
      spans.append(Double(Clock.monotonic() - start) / 1_000_000)
    }
    return Quantile.of(spans, 0.5) ?? 0
  }
}

/// Whether the clients are to end.
private final class Over: Sendable { let isOver = Atomic<Bool>(false) }
