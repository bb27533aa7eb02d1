import Control
import Foundation
import Testing

/// Limits and price caps, through the real host and a simulated cloud.
@Suite struct LimitTests {
  @Test(.timeLimit(.minutes(5)))
  func `what an account, a tenant or an order may not have is refused before anything is made, also after a restart`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let configuration = "{ limits: { tenant: { max_resources: 1 } } }"
    let host = try await ServedHost(scratch, configuration: configuration)
    try await host.setUp(cloud)

    func order(_ host: ServedHost, _ key: String, tenant: String, cap: String? = nil) async throws
      -> Result<AcceptedView, ControlFailure>
    {
      try #require(
        await host.ask(
          "POST", "/v1/resources", NewResource(offering: "small", tenant: tenant, maxHourly: cap), key: key,
          as: AcceptedView.self))
    }
    func failure(_ result: Result<AcceptedView, ControlFailure>) -> ControlFailure? {
      if case .failure(let failure) = result { return failure }
      return nil
    }

    // Dearer than the order allows: no machine was made.
    let capped = try await order(host, "capped", tenant: "miser", cap: "0.0001").get()
    let poor = try #require(await host.rest(capped.resourceId))
    #expect(poor.state == "failed" && poor.tried.first?.failure?.code == .quota)
    #expect(try await cloud.bill().made == 0)

    // Two at once for a tenant that may have one.
    async let one = order(host, "one", tenant: "joe")
    async let two = order(host, "two", tenant: "joe")
    let both = try await [one, two]
    #expect(both.compactMap { try? $0.get() }.count == 1)
    let refused = both.compactMap(failure).first
    #expect(refused?.code == .quota && refused?.expected == "at most 1 alive" && refused?.found == "1")
    let first = try #require(both.compactMap { try? $0.get() }.first)
    #expect(await host.rest(first.resourceId)?.state == "active")

    let limited = try #require(
      await host.ask(
        "POST", "/v1/accounts/main/limits", LimitsView(maxResources: 1, maxPaid: 4, maxHourly: "5"),
        as: AccountView.self)
    ).get()
    #expect(limited.limits == LimitsView(maxResources: 1, maxPaid: 4, maxHourly: "5.00"))
    #expect(limited.usage == UsageView(resources: 1, free: 0, paid: 1))
    await host.end()

    let again = try await ServedHost(scratch, configuration: configuration)
    let full = failure(try await order(again, "three", tenant: "ann"))
    #expect(full?.code == .quota && full?.message.hasPrefix("account main may have no more resources") == true)
    _ = await again.ask("DELETE", "/v1/resources/\(first.resourceId)", as: AcceptedView.self)
    #expect(await again.rest(first.resourceId)?.state == "terminated")
    let next = try await order(again, "three", tenant: "ann").get()
    #expect(await again.rest(next.resourceId)?.state == "active")
    _ = await again.ask("DELETE", "/v1/resources/\(next.resourceId)", as: AcceptedView.self)
    #expect(await again.rest(next.resourceId)?.state == "terminated")
    #expect(try await cloud.bill().open.isEmpty)
    await again.end()
  }
}
