import CloudTable
import Control
import EngineFixture
import Foundation
import HTTP
import System
import Testing

/// The daemon is told to stop while a create is under way.
@Suite struct StoppingTests {
  /// A host whose cloud answers the next create only after so many milliseconds, and a resource whose create is sent.
  private func begin(
    _ scratch: Scratch, _ cloud: SimulatedCloud, answersAfter ms: Int, configuration: String? = nil
  ) async throws -> (host: ServedHost, id: String) {
    _ = try scratch.plugins(cloud.provider.library)
    let host = try await ServedHost(scratch, configuration: configuration)
    try await host.setUp(cloud)
    _ = try await cloud.admin(
      "faults", method: "POST", body: #"{"kind":"delay","ms":\#(ms),"method":"POST","path":"/v1/servers$"}"#)
    let accepted = try #require(try await host.order("one")?.get())
    let view = await host.follow(accepted.resourceId) { $0.state == "provisioning" }
    #expect(view?.state == "provisioning")
    return (host, accepted.resourceId)
  }

  private func timeline(_ host: ServedHost, _ id: String) async throws -> [String] {
    let list = await host.ask("GET", "/v1/resources/\(id)/timeline", as: ListView<TimelineEntryView>.self)
    return try #require(try list?.get()).items.map(\.text)
  }

  @Test(.timeLimit(.minutes(5)))
  func `a create under way ends before the daemon does, and the next start has nothing to look for`() async throws {
    let scratch = try Scratch()
    let cloud = try await SimulatedCloud()
    let (host, id) = try await begin(scratch, cloud, answersAfter: 2_500)
    await host.end()
    let log = await host.log()
    #expect(log.contains("waiting up to 30 s for provision of") && log.contains(id), "\(log)")
    let next = try await ServedHost(scratch)
    let active = await next.rest(id)
    #expect(active?.state == "active")
    let story = try await timeline(next, id)
    #expect(!story.contains { $0.contains("resolving") }, "\(story)")
    #expect(!story.contains { $0.contains("restarted while") }, "\(story)")
    await next.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a second signal ends the daemon at once, and the next start finds what was made`() async throws {
    let scratch = try Scratch()
    let cloud = try await SimulatedCloud()
    let (host, id) = try await begin(scratch, cloud, answersAfter: 20_000)
    let begun = Clock.monotonic()
    _ = kill(host.pid, SIGTERM)
    _ = kill(host.pid, SIGINT)
    await host.died()
    #expect(Clock.monotonic() - begun < 10_000_000_000)
    #expect(await host.log().contains("ending at once"))
    let next = try await ServedHost(scratch)
    let active = await next.rest(id)
    #expect(active?.state == "active")
    #expect(try await timeline(next, id).contains { $0.contains("resolving") })
    await next.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a create that takes longer than the daemon waits is told of, and found by the next start`() async throws {
    let scratch = try Scratch()
    let cloud = try await SimulatedCloud()
    let (host, id) = try await begin(
      scratch, cloud, answersAfter: 20_000, configuration: "{ deadlines: { stop_s: 1 } }")
    await host.end()
    let log = await host.log()
    #expect(log.contains("after 1 s still under way: provision of"), "\(log)")
    let next = try await ServedHost(scratch)
    #expect(await next.rest(id)?.state == "active")
    await next.end()
  }
}
