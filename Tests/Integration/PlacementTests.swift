import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// An offering over two accounts, each on a cloud of its own, behind one host.
@Suite(.dockerEngine) struct PlacementTests {
  private struct Scene<Cloud: MetCloud> {
    let scratch: Scratch
    let first: Cloud
    let second: Cloud
    let host: ServedHost
    /// The placement on `main` as the timeline names it, without the account.
    let place: String

    init(_ library: String, _ make: (Scratch) async throws -> Cloud) async throws {
      scratch = try Scratch()
      _ = try scratch.plugins(library)
      first = try await make(scratch)
      second = try await make(scratch)
      host = try await ServedHost(scratch)
      try await host.setUp(first)
      let account = await host.ask("POST", "/v1/accounts", second.account("other"), as: AccountView.self)
      guard case .success? = account else { throw ScratchError("the second account was not added") }
      let sold = first.placement
      place = "\(sold.type)/\(sold.location)"
      let placements = ["main", "other"].map {
        PlacementView(account: $0, type: sold.type, location: sold.location, image: sold.image)
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

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a create that is refused for want of stock goes to the next cloud, and the pair is left alone for a while`(
    tested: TestedCloud
  ) async throws {
    switch tested.behind {
    case .simulator(let provider):
      try await soldOut(try await Scene(tested.library) { _ in try await SimulatedCloud(provider) })
    case .engine: try await soldOut(try await Scene(tested.library) { try await EngineCloud($0) })
    }
  }

  private func soldOut(_ scene: Scene<some MetCloud>) async throws {
    // What validation looks at still says that there is room; the create is refused.
    try await scene.first.befall(.soldOut)
    let active = try await scene.order("one")
    #expect(active.state == "active" && active.placement?.account == "other")
    #expect(active.tried.map { "\($0.position) \($0.outcome)" } == ["1 left", "2 chosen"])
    #expect(active.tried.first?.failure?.code == .noCapacity && active.tried.first?.at != nil)
    #expect(try await scene.first.bill().made == 0)
    #expect(try await scene.second.bill().open == [active.externalId ?? ""])
    let story = try await scene.story(active.id)
    #expect(story.contains("placement 1 of 2: main/\(scene.place)"), "\(story)")
    #expect(story.contains("placement 2 of 2: other/\(scene.place)"), "\(story)")
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
    let scene = try await Scene("libHetzner.so") { _ in try await SimulatedCloud() }
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
  func `whoever asks is told what a cloud sells now, not what it sold a while ago`() async throws {
    let scene = try await Scene("libHetzner.so") { _ in try await SimulatedCloud() }
    func held() async throws -> [Bool] {
      let answer = await scene.host.ask("POST", "/v1/offerings/both/validate", as: ValidationView.self)
      return try #require(answer).get().placements.map(\.holds)
    }
    #expect(try await held() == [true, true])
    _ = try await scene.first.admin("stock", method: "POST", body: #"{"server_type":"cx23","available":false}"#)
    // The plugin takes answers of two minutes ago; a person gets none that is older than a few seconds.
    let asked = ContinuousClock.now
    while try await held() != [false, true] { try #require(ContinuousClock.now - asked < .seconds(60)) }
    await scene.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an account that cannot be used and one that is out of stock are both named when nothing is left`() async throws
  {
    let scene = try await Scene("libHetzner.so") { _ in try await SimulatedCloud() }
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
