import CloudSim
import Core
import Foundation
import Model

/// A hundred VMs that arrive evenly over ten minutes and are ended ten minutes after each became active.
struct HundredVMs {
  static let count = 100
  static let spacing: Int64 = 6_000
  static let life: Int64 = 600_000

  /// What the whole run cost.
  struct Outcome: Sendable {
    var requests = 0
    var counts: [String: Int] = [:]
    var toActive: [Double] = []
    var terminated = 0
    var deletes = 0
    /// Deletes without a look at the same server by its id just before.
    var unread = 0
    var alive = 0
    var alarms: [String] = []
  }

  /// One run for each seed from 1.
  static func outcomes(_ benched: BenchedCloud, seeds: UInt64 = 3) async throws -> [Outcome] {
    var outcomes: [Outcome] = []
    for seed in 1...seeds { outcomes.append(try await run(benched, seed: seed)) }
    return outcomes
  }

  static func run(
    _ benched: BenchedCloud = .hetzner, policy: Policy = Policy(), seed: UInt64 = 1
  ) async throws -> Outcome {
    let start = Instant(ms: 1_790_000_000_000)
    var host = try await VirtualHost(benched, policy: policy, seed: seed, start: start)
    let offering = Offering(
      name: "small", placements: [benched.placement], readiness: .cloud,
      provisionDeadlineMs: 900_000)
    for index in 0..<count {
      let order = Order(
        caller: "bench", idempotencyKey: "\(index)", bodyDigest: "\(index)", tenant: "", offering: offering,
        sshKeys: [],
        expiresAt: nil)
      host.command(.provision(order), at: start + Int64(index) * spacing)
    }
    let seen = Seen()
    host.changed = { machine, now in
      guard case .active = machine.resource.state, seen.active[machine.resource.id] == nil else { return [] }
      seen.active[machine.resource.id] = now
      return [(now + life, .terminate(machine.resource.id, reason: "bench"))]
    }
    await host.run(until: start + 3_600_000)
    var outcome = Outcome()
    outcome.alarms = host.alarms
    for machine in host.machines {
      if case .terminated = machine.resource.state { outcome.terminated += 1 }
    }
    // Orders are accepted in order, so the n-th id belongs to the n-th instant.
    for (index, machine) in host.machines.enumerated() {
      guard let active = seen.active[machine.resource.id] else { continue }
      outcome.toActive.append(Double(active - (start + Int64(index) * spacing)) / 1_000)
    }
    let log = host.cloud.with { $0.log }
    outcome.requests = log.total
    for (call, count) in log.counts { outcome.counts["\(call.method) \(call.template)"] = count }
    outcome.alive = host.cloud.with { $0.ledger.open.count }
    var before: [String: String] = [:]
    for entry in log.entries where entry.path.hasPrefix(benched.machines + "/") {
      if entry.method == "DELETE" {
        outcome.deletes += 1
        if before[entry.path] != "GET" { outcome.unread += 1 }
      }
      before[entry.path] = entry.method
    }
    return outcome
  }

  private final class Seen {
    var active: [ULID: Instant] = [:]
  }

  /// The rows of a cloud without a client of its own beside it.
  static func figures(_ benched: BenchedCloud, _ outcomes: [Outcome]) throws -> [Figure] {
    let spans = outcomes.flatMap(\.toActive)
    guard spans.count == count * outcomes.count, let outcome = outcomes.max(by: { $0.requests < $1.requests }),
      let median = Quantile.of(spans, 0.5)
    else {
      throw Unmeasured(
        "\(benched.name): \(spans.count) of \(count * outcomes.count) VMs became active: \(outcomes.flatMap(\.alarms))")
    }
    let kinds = outcome.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let alive = outcomes.reduce(0) { $0 + $1.alive }
    let terminated = outcomes.reduce(0) { $0 + $1.terminated }
    return [
      Figure(
        "\(benched.name): 100 VMs, API requests for each life, worst seed", Double(outcome.requests) / Double(count),
        "/VM",
        .atMost(4),
        reference:
          "accept to active: median \(Figure.text(median)) s; \(terminated) proven gone, \(alive) alive; \(kinds)")
    ]
  }

  /// The rows; `hcloud` is what the reference client needed.
  static func figures(_ outcomes: [Outcome], hcloud: (requests: Double, seconds: Double)?) throws -> [Figure] {
    let spans = outcomes.flatMap(\.toActive)
    guard spans.count == count * outcomes.count, let outcome = outcomes.max(by: { $0.requests < $1.requests }),
      let median = Quantile.of(spans, 0.5), let late = Quantile.of(spans, 0.95)
    else {
      throw Unmeasured("\(spans.count) of \(count * outcomes.count) VMs became active: \(outcomes.flatMap(\.alarms))")
    }
    let all = outcomes.map { Figure.text(Double($0.requests) / Double(count)) }.joined(separator: ", ")
    let requests = hcloud.map { "hcloud: \(Figure.text($0.requests)) for each create alone" } ?? "no hcloud installed"
    let seconds = hcloud.map { "`hcloud server create` returned after \(Figure.text($0.seconds)) s (median of 3)" }
    let deletes = outcomes.reduce(0) { $0 + $1.deletes }
    let unread = outcomes.reduce(0) { $0 + $1.unread }
    let terminated = outcomes.reduce(0) { $0 + $1.terminated }
    let alive = outcomes.reduce(0) { $0 + $1.alive }
    let lives = count * outcomes.count
    let dropped = unread + max(0, lives - deletes) + (lives - terminated) + alive
    let kinds = outcome.counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    let time = "the cloud itself: 8 to 12 s, median 10; \(seconds ?? "no hcloud installed")"
    return [
      Figure(
        "100 VMs, API requests for each life, worst seed", Double(outcome.requests) / Double(count), "/VM", .atMost(4),
        reference: "\(requests); ours by seed: \(all); the most: \(kinds)"),
      Figure("100 VMs, accept to active, median", median, "s", reference: time),
      Figure("100 VMs, accept to active, p95", late, "s", reference: time),
      Figure(
        "100 VMs, checks dropped", Double(dropped), "", .exactly(0),
        reference:
          "\(deletes) DELETEs, \(deletes - unread) of them right after a GET of the same server; "
          + "\(terminated) VMs proven gone; \(alive) alive in the cloud's books"),
    ]
  }
}
