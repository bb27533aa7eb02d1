import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// Sweeps by the real host, worker and plugin, of a simulated account where somebody else was at work.
@Suite struct SweepTests {
  private func sweep(_ host: ServedHost, apply: Bool = false) async throws -> SweepView {
    let answer = await host.ask(
      "POST", "/v1/accounts/main/sweep", query: apply ? "apply=true" : "", as: SweepView.self)
    return try #require(answer).get()
  }

  @Test(.timeLimit(.minutes(5)), arguments: SimulatedProvider.all)
  func `what others made is left alone, an orphan is shown and adopted, drift is told, and nothing is ended`(
    provider: SimulatedProvider
  ) async throws {
    let scratch = try Scratch()
    _ = try scratch.plugins(provider.library)
    let cloud = try await SimulatedCloud(provider)
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    let order = try #require(try (await host.order("one"))?.get())
    let active = try #require(await host.rest(order.resourceId))
    #expect(active.state == "active")
    let quiet = try await sweep(host)
    #expect(quiet.problem == nil && quiet.findings.isEmpty && quiet.machines == 1, "\(quiet)")

    let health = try #require(await host.ask("GET", "/v1/health", as: HealthView.self)).get()
    let attempt = "01HZZZZZZZ0000000000000001"
    let resource = "01HZZZZZZZ0000000000000002"
    let ours = provider.marks(health.installationId, attempt, resource)
    _ = try await cloud.admin("servers", method: "POST", body: #"{"name":"somebody-elses"}"#)
    let before = try await cloud.bill().open
    _ = try await cloud.admin("servers", method: "POST", body: #"{"name":"slipway-orphan",\#(ours)}"#)
    let orphan = try #require(try await cloud.bill().open.first { !before.contains($0) })
    let rename = provider.rename(try #require(active.externalId))
    #expect((200..<300).contains(try await cloud.call(rename.method, rename.path, rename.body)))

    // A cloud may take a moment to rename: with its clock put forward, that moment is over.
    _ = try await cloud.admin("clock", method: "POST", body: #"{"advance_ms":60000}"#)
    let seen = try await sweep(host, apply: true)
    #expect(
      Set(seen.findings.map { "\($0.kind) \($0.object)" }) == [
        "orphan \(orphan)", "drifted \(active.externalId ?? "")",
      ],
      "\(seen)")
    #expect(seen.findings.first { $0.kind == "drifted" }?.differences.map(\.property) == ["name"])
    #expect(seen.ends.map(\.rule) == ["attempt_known"])
    #expect(try await cloud.bill().open.count == 3)

    let finding = try #require(seen.findings.first { $0.kind == "orphan" })
    let adopted = try #require(
      await host.ask("POST", "/v1/findings/\(finding.id)/adopt", query: "tenant=alice", as: AcceptedView.self)
    ).get()
    #expect(adopted.resourceId == resource)
    #expect(try await sweep(host).findings.map(\.kind) == ["drifted"])
    _ = await host.ask("DELETE", "/v1/resources/\(resource)", as: AcceptedView.self)
    #expect(await host.rest(resource)?.state == "terminated")
    let left = try await cloud.bill().open
    #expect(!left.contains(orphan))

    _ = await host.ask("POST", "/v1/resources/\(order.resourceId)/release", as: AcceptedView.self)
    #expect(await host.rest(order.resourceId)?.state == "released")
    #expect(try await sweep(host, apply: true).findings.isEmpty)
    #expect(try await cloud.bill().open.count == 2)
    await host.end()

    // Sightings and findings are the ledger's: another process knows them.
    let next = try await ServedHost(scratch)
    let list = try #require(await next.ask("GET", "/v1/findings", as: ListView<CloudFindingView>.self)).get()
    #expect(list.items.map(\.status) == ["resolved", "resolved"], "\(list)")
    await next.end()
  }
}
