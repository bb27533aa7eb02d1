import Core
import Model
import PluginMessages
import Synchronization
import Testing

@testable import Daemon

@Suite struct OfferingWatchTests {
  @Test func `offerings are asked for once a night, each in its own minute, and warnings are told once`() async throws {
    let desk = try Desk()
    _ = try await desk.account("a")
    for name in ["one", "two"] { _ = try await desk.offering(name, on: "a") }
    desk.on(.validate) { _, _ in Desk.holds("0.0060") }
    let watch = desk.watch()
    var due = try #require(await watch.round())
    #expect(desk.calls.isEmpty, "nothing is due by day")
    for _ in 0..<2 {
      desk.move(to: due)
      due = try #require(await watch.round())
    }
    #expect(desk.calls == ["validate a", "validate a"])
    #expect(await watch.round() == due && desk.calls.count == 2)

    desk.on(.validate) { _, _ in Desk.holds("0.0070", ["t cannot be bought after 2099-01-31"]) }
    for _ in 0..<3 {
      for _ in 0..<2 {
        desk.move(to: due)
        due = try #require(await watch.round())
      }
    }
    #expect(desk.calls.count == 8)
    #expect(
      desk.told.sorted() == [
        "offering one: a/t/l: costs 0.007 EUR/h, and cost 0.006 EUR/h",
        "offering one: a/t/l: t cannot be bought after 2099-01-31",
        "offering two: a/t/l: costs 0.007 EUR/h, and cost 0.006 EUR/h",
        "offering two: a/t/l: t cannot be bought after 2099-01-31",
      ])
    // Another start of the host: what was told is remembered, and a night that was slept through is made up for.
    let again = desk.watch()
    desk.move(to: due + 10 * 86_400_000)
    _ = await again.round()
    #expect(desk.calls.count == 10 && desk.told.count == 4)
    let kinds = await desk.registry.standing("one")?.warnings.map(\.kind)
    #expect(kinds == [.notice, .price])
  }

  @Test func `an offering that could not be asked for is tried again within the hour, and keeps what was known`()
    async throws
  {
    let desk = try Desk()
    _ = try await desk.account("a")
    let offering = try await desk.offering("o", on: "a")
    desk.on(.validate) { _, _ in Desk.failure(.noCapacity, "none left") }
    let watch = desk.watch()
    desk.move(to: try #require(await watch.round()))
    let night = try #require(await watch.round())
    #expect(desk.told == ["offering o: a/t/l: none left"])
    desk.on(.validate) { _, _ in Desk.failure(.unauthenticated, "revoked") }
    desk.move(to: night)
    #expect(await watch.round() == night + NightPlan.retry)
    #expect(await desk.registry.standing("o")?.warnings.map(\.text) == ["none left"])
    desk.on(.validate) { _, _ in Desk.holds("0.0060") }
    desk.move(to: night + NightPlan.retry)
    #expect(await watch.round() == night + 86_400_000, "and then in its own minute again")
    #expect(await desk.registry.standing("o")?.warnings.isEmpty == true)
    #expect(desk.told.count == 1)
    withExtendedLifetime(offering) {}
  }

  @Test func `a configuration that a newer plugin does not take any more is found without asking the cloud`()
    async throws
  {
    let desk = try Desk()
    _ = try await desk.account("a")
    let offering = try await desk.offering("o", on: "a", "nowhere")
    desk.script.withLock {
      $0.violations = [Violation(path: "zone", message: "is not known", allowed: ["region"])]
    }
    let answers = await desk.checker.answers(of: offering)
    guard case .fails(let first) = answers[0], case .fails(let second) = answers[1] else {
      Issue.record("\(answers)")
      return
    }
    #expect(first.code == .invalidSpec && first.violations.map(\.path) == ["config.zone"])
    #expect(first.violations.first?.allowed == ["region"])
    #expect(second.code == .notFound && second.message.contains("nowhere"))
    #expect(desk.calls.isEmpty)
  }

  @Test func `an offering that goes takes its standing along, and one of the same name begins anew`() async throws {
    let desk = try Desk()
    _ = try await desk.account("a")
    let old = try await desk.offering("o", on: "a")
    desk.on(.validate) { _, _ in Desk.failure(.invalidSpec, "there is no t") }
    let watch = desk.watch()
    desk.move(to: try #require(await watch.round()))
    _ = await watch.round()
    #expect(await desk.registry.standing("o") != nil)
    try await desk.registry.removeOffering("o")
    #expect(await desk.registry.standing("o") == nil)
    #expect(try desk.ledger.records(prefix: "standing/").isEmpty)
    // What was asked before it went says nothing of the next one of its name.
    let new = try await desk.offering("o", on: "a")
    try await desk.registry.put(OfferingStanding(offering: "o", checkedAt: desk.now), of: old)
    #expect(await desk.registry.standing("o") == nil && new != old)
  }
}
