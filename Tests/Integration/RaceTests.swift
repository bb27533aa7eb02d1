import CloudTable
import Control
import EngineFixture
import Foundation
import System
import Testing

/// Users and clouds that act at the worst moment, on every cloud.
@Suite(.dockerEngine) struct RaceTests {
  private func world(_ met: TestedCloud, _ configuration: String? = nil) async throws -> (
    Scratch, any MetCloud, ServedHost
  ) {
    let scratch = try Scratch()
    _ = try scratch.plugins(met.library)
    let cloud = try await met.make(scratch)
    let host = try await ServedHost(scratch, configuration: configuration)
    try await host.setUp(cloud)
    return (scratch, cloud, host)
  }

  private func terminate(_ host: ServedHost, _ id: String) async {
    _ = await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a terminate that overtakes its create leaves nothing`(met: TestedCloud) async throws {
    let (scratch, cloud, host) = try await world(met)
    try await cloud.befall(.late(ms: 700))
    let accepted = try #require(try (await host.order("one"))?.get())
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    #expect(try await cloud.bill().open.isEmpty)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a machine whose id was never learned is ended from the intent alone`(met: TestedCloud) async throws {
    let (scratch, cloud, host) = try await world(met)
    try await cloud.befall(.answerLost)
    let accepted = try #require(try (await host.order("one"))?.get())
    try await cloud.waits { try await cloud.bill().made > 0 }
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open.isEmpty, "\(bill)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a machine that the cloud still hides when its end is wanted is ended once it shows`(met: TestedCloud)
    async throws
  {
    let (scratch, cloud, host) = try await world(met)
    try await cloud.befall(.hidden(ms: 8_000))
    let accepted = try #require(try (await host.order("one"))?.get())
    _ = await host.follow(accepted.resourceId) { $0.externalId != nil }
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open.isEmpty, "\(bill)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a create that the cloud carries out twice hands over one machine, and ends the other`(met: TestedCloud)
    async throws
  {
    let (scratch, cloud, host) = try await world(met)
    try await cloud.befall(.twice)
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = try #require(await host.rest(accepted.resourceId))
    #expect(active.state == "active")
    await terminate(host, accepted.resourceId)
    #expect(await host.rest(accepted.resourceId)?.state == "terminated")
    try await cloud.waits { try await cloud.bill().open.isEmpty }
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)), arguments: TestedCloud.all)
  func `a machine that vanishes behind our back is lost, and is said to be`(met: TestedCloud) async throws {
    let (scratch, cloud, host) = try await world(met, "{ polling: { young_s: 1, old_s: 5 } }")
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = try #require(await host.rest(accepted.resourceId))
    try await cloud.vanish(try #require(active.externalId))
    let lost = await host.follow(accepted.resourceId) { $0.state == "lost" }
    #expect(lost?.state == "lost")
    await host.end()
    withExtendedLifetime(scratch) {}
  }
}
