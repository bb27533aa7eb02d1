import Control
import Foundation
import System

// Peace, and what has to be true then.
extension Chaos {
  /// Lets everything come to rest; holds the bills against the ledger; ends everything; holds them again.
  func reckon() async throws {
    tell("peace")
    disk?.free()
    try await countHits()
    for cloud in clouds { try await cloud.calm() }
    try await mendPlugins()
    for index in orders.indices {
      let deadline = deadline(in: 60)
      while orders[index].resource == nil {
        try await send(index)
        guard orders[index].resource == nil else { break }
        guard Clock.monotonic() < deadline else { throw Wrong("order \(index) is not taken in peace") }
        try await reactor.sleep(for: .milliseconds(200))
      }
    }
    try await rest()
    try await look()
    try await settle("handed over") { $0.state == "active" || $0.state == "stopped" }
    for view in try await resources() ?? [] where view.state == "active" || view.state == "stopped" {
      _ = try await host.ask("DELETE", "/v1/resources/\(view.id)", as: AcceptedView.self)
    }
    try await rest()
    try await settle("left") { _ in false }
    try await judge()
  }

  /// What an operator does about plugins that crashed too often: all of it was our doing.
  private func mendPlugins() async throws {
    for cloud in clouds {
      guard let view = try await host.ask("GET", "/v1/plugins/\(cloud.kind.id)", as: PluginView.self) else { continue }
      guard view.state != "serving" || !view.parked.isEmpty || !view.quarantine.isEmpty else { continue }
      tell("plugin \(view.id) is \(view.state), \(view.parked.count) calls parked: reset", count: "plugins reset")
      _ = try await host.ask("POST", "/v1/plugins/\(view.id)/reset", as: PluginView.self)
    }
  }

  /// Waits for the events of each resource until none has any work.
  private func rest() async throws {
    let deadline = deadline(in: 420)
    // A stream of events ends at the latest with the host.
    let watchdog = host.kill(after: .nanoseconds(Int64(deadline - min(deadline, Clock.monotonic()))))
    defer { watchdog?.cancel() }
    tell("\(try await resources()?.count ?? 0) resources come to rest")
    for view in try await resources() ?? [] {
      while await host.rest(view.id) == nil {
        guard Clock.monotonic() < deadline else { throw Wrong("\(view.id) does not come to rest") }
      }
    }
  }

  /// Waits until what the clouds bill is what the ledger wants, object by object.
  private func settle(_ word: String, _ isWanted: (ResourceView) -> Bool) async throws {
    let deadline = deadline(in: 180)
    while true {
      var wanted: Set<String> = []
      for view in try await resources() ?? [] where isWanted(view) {
        wanted.insert("\(view.placement?.account ?? "?")/\(view.externalId ?? "?")")
      }
      var billed: Set<String> = []
      for cloud in clouds {
        for server in try await cloud.bill() where server.deletedMs == nil {
          billed.insert("\(cloud.kind.id)/\(server.id)")
        }
      }
      if wanted == billed { return tell("\(word): \(wanted.count); the clouds bill the same") }
      guard Clock.monotonic() < deadline else {
        orphans = billed.subtracting(wanted).count
        throw Wrong(
          "orphans: \(billed.subtracting(wanted).sorted()); in the ledger, and not in a cloud: "
            + "\(wanted.subtracting(billed).sorted())")
      }
      try await reactor.sleep(for: .milliseconds(250))
    }
  }

  private func judge() async throws {
    guard let all = try await resources() else { throw Wrong("the host does not list its resources") }
    let known = Set(all.map(\.id))
    if let lost = orders.first(where: { !known.contains($0.resource ?? "") }) {
      throw Wrong("order \(lost.key) was accepted as \(lost.resource ?? "nothing"), which does not exist")
    }
    if all.count != orders.count { throw Wrong("\(orders.count) orders, and \(all.count) resources") }
    undecided = all.filter { !["succeeded", "failed", "cancelled"].contains($0.operation?.state ?? "") }.count
    duplicates = handedOver.values.filter { $0.count > 1 }.count
    let objects = handedOver.values.flatMap { $0 }
    duplicates += objects.count - Set(objects).count
    try await countTwins(handedOver: Set(objects))
    if duplicates > 0 { throw Wrong("handed over twice: \(handedOver.filter { $0.value.count > 1 })") }
    if undecided > 0 { throw Wrong("\(undecided) outcomes are not decided") }
  }

  /// What the clouds billed: each object belongs to an order. Of the objects of one order the one that was handed over was
  /// wanted, else the first; what failed to start was its own cloud's doing. The rest are late, or second ones.
  private func countTwins(handedOver: Set<String>) async throws {
    let known = Set(orders.compactMap(\.resource))
    var objects: [String: [(place: String, bill: Billed)]] = [:]
    for cloud in clouds {
      for bill in try await cloud.bill() {
        guard let owner = bill.owner(among: known) else {
          throw Wrong("\(cloud.kind.id) billed \(bill.id), which belongs to no order; its labels: \(bill.labels)")
        }
        billed = (billed.count + 1, billed.seconds + bill.seconds)
        objects[owner, default: []].append(("\(cloud.kind.id)/\(bill.id)", bill))
      }
    }
    for mine in objects.values {
      let started = mine.filter { $0.bill.end != "failed" }.sorted { $0.bill.createdMs < $1.bill.createdMs }
      let wanted = started.first { handedOver.contains($0.place) } ?? started.first
      for twin in started where twin.place != wanted?.place {
        twins = (twins.count + 1, twins.seconds + twin.bill.seconds)
      }
    }
  }
}
