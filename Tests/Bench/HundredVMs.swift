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

  static func run(policy: Policy = Policy(), seed: UInt64 = 1) async throws -> Outcome {
    let start = Instant(ms: 1_790_000_000_000)
    var host = try await VirtualHost(policy: policy, seed: seed, start: start)
    let placement = Placement(account: "main", type: "cx23", location: "fsn1", image: "debian-12")
    let offering = Offering(name: "small", placements: [placement], readiness: .cloud, provisionDeadlineMs: 900_000)
    for index in 0..<count {
      let order = Order(
        caller: "bench", idempotencyKey: "\(index)", bodyDigest: "\(index)", tenant: "", offering: offering, sshKeys: [],
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
    let log = host.cloud.with { $0.frame.log }
    outcome.requests = log.total
    for (call, count) in log.counts { outcome.counts["\(call.method) \(call.template)"] = count }
    outcome.alive = host.cloud.with { $0.frame.ledger.open.count }
    var before: [String: String] = [:]
    for entry in log.entries where entry.path.hasPrefix("/v1/servers/") {
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
}
