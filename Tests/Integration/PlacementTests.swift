import Control
import Foundation
import Testing

/// An offering over two clouds, each a simulator of its own, behind one host.
@Suite struct PlacementTests {
  private struct Scene {
    let scratch: Scratch
    let first: SimulatedCloud
    let second: SimulatedCloud
    let host: ServedHost

    init() async throws {
      scratch = try Scratch()
      _ = try scratch.plugins("libHetzner.so")
      first = try await SimulatedCloud()
      second = try await SimulatedCloud()
      host = try await ServedHost(scratch)
      try await host.setUp(first)
      let account = await host.ask(
        "POST", "/v1/accounts", second.provider.account("other", on: second), as: AccountView.self)
      guard case .success? = account else { throw ScratchError("the second account was not added") }
      let placements = ["main", "other"].map {
        PlacementView(account: $0, type: "cx23", location: "fsn1", image: "debian-12")
      }
      let offering = await host.ask(
        "POST", "/v1/offerings", NewOffering(name: "both", placements: placements, readiness: "cloud"),
        as: OfferingView.self)
      guard case .success? = offering else { throw ScratchError("the offering was not added") }
    }

    func order(_ key: String) async throws -> ResourceView {
      let accepted = try #require(
        await host.ask("POST", "/v1/resources", NewResource(offering: "both"), key: key, as: AcceptedView.self)
      ).get()
      return try #require(await host.rest(accepted.resourceId))
    }

    func story(_ id: String) async throws -> [String] {
      try #require(
        await host.ask("GET", "/v1/resources/\(id)/timeline", as: ListView<TimelineEntryView>.self)
      ).get().items.map(\.text)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `a create that is refused for want of stock goes to the next cloud, and the pair is left alone for a while`()
    async throws
  {
    let scene = try await Scene()
    // The catalog still says that it is in stock; the create is refused.
    _ = try await scene.first.admin(
      "faults", method: "PUT",
      body:
        #"{"kind":"respond","status":412,"code":"resource_unavailable","message":"error during placement","method":"POST","path":"/v1/servers$"}"#
    )
    let active = try await scene.order("one")
    #expect(active.state == "active" && active.placement?.account == "other")
    #expect(active.tried.map { "\($0.position) \($0.outcome)" } == ["1 left", "2 chosen"])
    #expect(active.tried.first?.failure?.code == .noCapacity && active.tried.first?.at != nil)
    #expect(try await scene.first.bill().made == 0)
    #expect(try await scene.second.bill().open == [active.externalId ?? ""])
    let story = try await scene.story(active.id)
    #expect(story.contains("placement 1 of 2: main/cx23/fsn1") && story.contains("placement 2 of 2: other/cx23/fsn1"))
    #expect(story.contains { $0.hasPrefix("placement 1 given up: NO_CAPACITY: ") })

    // The first cloud would have it again, but was asked a short while ago; a restart does not forget that.
    await scene.host.end()
    let again = try await ServedHost(scene.scratch)
    let accepted = try #require(
      await again.ask("POST", "/v1/resources", NewResource(offering: "both"), key: "two", as: AcceptedView.self)
    ).get()
    let second = await again.rest(accepted.resourceId)
    #expect(second?.state == "active" && second?.placement?.account == "other")
    #expect(second?.tried.map { "\($0.position) \($0.outcome)" } == ["1 passed_over", "2 chosen"])
    #expect(try await scene.first.bill().made == 0)
    for id in [active.id, accepted.resourceId] {
      _ = await again.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
      #expect(await again.rest(id)?.state == "terminated")
    }
    #expect(try await scene.second.bill().open.isEmpty)
    await again.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a create whose answer is lost is found where it was sent, and never made elsewhere`() async throws {
    let scene = try await Scene()
    _ = try await scene.first.admin(
      "faults", method: "PUT", body: #"{"kind":"drop_answer","method":"POST","path":"/v1/servers$"}"#)
    let active = try await scene.order("one")
    #expect(active.state == "active" && active.placement?.account == "main")
    #expect(active.tried.map(\.outcome) == ["chosen"])
    #expect(try await scene.first.bill().made == 1)
    #expect(try await scene.second.bill().made == 0)
    await scene.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an account that cannot be used and one that is out of stock are both named when nothing is left`() async throws
  {
    let scene = try await Scene()
    _ = try await scene.first.admin("tokens", method: "POST", body: #"{"token":"secret","revoked":true}"#)
    _ = try await scene.second.admin("stock", method: "POST", body: #"{"server_type":"cx23","available":false}"#)
    let failed = try await scene.order("one")
    #expect(failed.state == "failed" && failed.failure?.code == .noCapacity)
    #expect(
      failed.tried.map { "\($0.position) \($0.outcome) \($0.failure?.code.rawValue ?? "")" } == [
        "1 left UNAUTHENTICATED", "2 left NO_CAPACITY",
      ])
    #expect(try await scene.first.bill().made + scene.second.bill().made == 0)
    await scene.host.end()
  }
}
