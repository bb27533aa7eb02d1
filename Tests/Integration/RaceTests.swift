import Control
import EngineFixture
import Foundation
import System
import Testing

/// Users and clouds that act at the worst moment, on every cloud.
@Suite struct RaceTests {
  private func world(_ provider: Provider, _ configuration: String? = nil) async throws -> (
    Scratch, SimulatedCloud, ServedHost
  ) {
    let scratch = try Scratch()
    _ = try scratch.plugins(provider.library)
    let cloud = try await SimulatedCloud(provider)
    let host = try await ServedHost(scratch, configuration: configuration)
    try await host.setUp(cloud)
    return (scratch, cloud, host)
  }

  private func befall(_ cloud: SimulatedCloud, _ fault: String) async throws {
    let provider = cloud.provider
    _ = try await cloud.admin(
      "faults", method: "PUT",
      body: #"{\#(fault),"method":"POST","path":"\#(provider.base)\#(provider.machines)$"}"#)
  }

  private func terminate(_ host: ServedHost, _ id: String) async {
    _ = await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
  }

  @Test(.timeLimit(.minutes(2)), arguments: Provider.all)
  func `a terminate that overtakes its create leaves nothing`(provider: Provider) async throws {
    let (scratch, cloud, host) = try await world(provider)
    try await befall(cloud, #""kind":"delay","ms":700"#)
    let accepted = try #require(try (await host.order("one"))?.get())
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    #expect(try await cloud.bill().open.isEmpty)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(3)), arguments: Provider.all)
  func `a machine whose id was never learned is ended from the intent alone`(provider: Provider) async throws {
    let (scratch, cloud, host) = try await world(provider)
    try await befall(cloud, #""kind":"drop_answer""#)
    let accepted = try #require(try (await host.order("one"))?.get())
    while try await cloud.bill().made == 0 { try await Child.reactor.sleep(for: .milliseconds(20)) }
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open.isEmpty, "\(bill)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(3)), arguments: Provider.all)
  func `a machine that the cloud still hides when its end is wanted is ended once it shows`(provider: Provider)
    async throws
  {
    let (scratch, cloud, host) = try await world(provider)
    try await befall(cloud, #""kind":"hidden","ms":8000"#)
    let accepted = try #require(try (await host.order("one"))?.get())
    _ = await host.follow(accepted.resourceId) { $0.externalId != nil }
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open.isEmpty, "\(bill)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(3)), arguments: Provider.all)
  func `a create that the cloud carries out twice hands over one machine, and ends the other`(provider: Provider)
    async throws
  {
    let (scratch, cloud, host) = try await world(provider)
    try await befall(cloud, #""kind":"twice""#)
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = try #require(await host.rest(accepted.resourceId))
    #expect(active.state == "active")
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    while try await !cloud.bill().open.isEmpty { try await Child.reactor.sleep(for: .milliseconds(20)) }
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(3)), arguments: Provider.all)
  func `a machine that vanishes behind our back is lost, and is said to be`(provider: Provider) async throws {
    let (scratch, cloud, host) = try await world(provider, "{ polling: { young_s: 1, old_s: 5 } }")
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = try #require(await host.rest(accepted.resourceId))
    _ = try await cloud.admin("servers/\(try #require(active.externalId))", method: "DELETE")
    let lost = await host.follow(accepted.resourceId) { $0.state == "lost" }
    #expect(lost?.state == "lost")
    await host.end()
    withExtendedLifetime(scratch) {}
  }
}
