import Core
import Model
import PluginMessages
import Testing

@testable import Daemon

@Suite struct PreparedTests {
  @Test func `what prepare left is remembered for a type in a place, not for another`() async throws {
    let desk = try Desk()
    _ = try await desk.account("a")
    desk.on(.prepare) { _, payload in
      let isLarge = String(decoding: payload, as: UTF8.self).contains("large")
      return Desk.reply(PrepareReply(cookie: isLarge ? "for large" : "for small"))
    }
    let performer = try desk.performer()
    let places = [("small", "l"), ("large", "l"), ("small", "l"), ("small", "m")]
    let offering = Offering(
      name: "o", placements: places.map { Placement(account: "a", type: $0.0, location: $0.1, image: "i") },
      readiness: .cloud, provisionDeadlineMs: 60_000, addedAt: desk.now)
    let work = Operation(id: ULID(high: 2, low: 1), kind: .provision, acceptedAt: desk.now, deadline: desk.now + 60_000)
    let resource = Resource(
      id: ULID(high: 3, low: 1), tenant: "", offering: offering, sshKeys: [], expiresAt: nil, operation: work)
    var cookies: [String?] = []
    for index in places.indices {
      let effect = Effect(
        id: ULID(high: 4, low: UInt64(index)), kind: .prepare(placement: index), boot: ULID(high: 5, low: 1),
        notBefore: desk.now)
      guard case .prepared(let cookie, _) = await performer.perform(effect, of: resource, attempt: nil) else {
        return _ = Issue.record("prepare \(index) failed")
      }
      cookies.append(cookie)
    }
    #expect(cookies == ["for small", "for large", "for small", "for small"])
    #expect(desk.calls.count == 3, "the third is the first again: \(desk.calls)")
  }
}
