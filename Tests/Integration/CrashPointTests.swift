import Control
import Foundation
import Testing

/// Kills the host at every passage through its three choke points, and looks at the cloud's bill.
@Suite(.serialized) struct CrashPointTests {
  /// Runs that wait at the same time; nearly all their time is waiting.
  private static let atOnce = 20

  private func passages(_ file: String) -> Int {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n").count ?? 0
  }

  /// Provisions with one host that may die, and goes on with another; gives the active resource.
  private func provision(_ scratch: Scratch, _ environment: [String: String]) async throws -> ResourceView? {
    let mortal = try await ServedHost(scratch, environment: environment)
    if case .success(let accepted)? = await mortal.order("one"), let view = await mortal.rest(accepted.resourceId) {
      await mortal.end()
      return view
    }
    await mortal.died()
    let next = try await ServedHost(scratch)
    guard case .success(let accepted)? = await next.order("one") else { return nil }
    let view = await next.rest(accepted.resourceId)
    await next.end()
    return view
  }

  private func terminate(
    _ scratch: Scratch, _ id: String, _ environment: [String: String]
  ) async throws -> ResourceView? {
    let mortal = try await ServedHost(scratch, environment: environment)
    if case .success? = await mortal.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self),
      let view = await mortal.rest(id)
    {
      await mortal.end()
      return view
    }
    await mortal.died()
    let next = try await ServedHost(scratch)
    _ = await next.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
    let view = await next.rest(id)
    await next.end()
    return view
  }

  /// A cloud and a state folder with account and offering.
  private func prepared(_ provider: Provider) async throws -> (Scratch, SimulatedCloud) {
    let scratch = try Scratch()
    _ = try scratch.plugins(provider.library)
    let cloud = try await SimulatedCloud(provider)
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    await host.end()
    return (scratch, cloud)
  }

  /// Runs the points 1 to `count`, a few at a time.
  private func each(_ count: Int, _ body: @escaping @Sendable (Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for point in 1...max(1, count) {
        if point > Self.atOnce { try await group.next() }
        group.addTask { try await body(point) }
      }
      try await group.waitForAll()
    }
  }

  @Test(.timeLimit(.minutes(15)), arguments: Provider.simulated)
  func `a host killed at any crash point of a provision leaves exactly one VM, and none after its end`(
    provider: Provider
  ) async throws {
    let (scratch, cloud) = try await prepared(provider)
    let recording = "\(scratch.path)/passages"
    let view = try #require(try await provision(scratch, ["SLIPWAY_CRASH_LOG": recording]))
    #expect(view.state == "active")
    let made = try await cloud.bill()
    #expect(made.open.count == 1)
    let count = passages(recording)
    #expect(count >= 20)
    try "".write(toFile: recording, atomically: true, encoding: .utf8)
    _ = try await terminate(scratch, view.id, ["SLIPWAY_CRASH_LOG": recording])
    let countOfEnd = passages(recording)
    #expect(countOfEnd >= 10)
    print("crash points: \(provider.id): provision \(count), terminate \(countOfEnd)")

    try await each(max(count, countOfEnd)) { point in
      let (scratch, cloud) = try await prepared(provider)
      let environment = ["SLIPWAY_CRASH_AT": "\(point)"]
      let active = try await provision(scratch, point <= count ? environment : [:])
      #expect(active?.state == "active", "provision, point \(point)")
      let bill = try await cloud.bill()
      #expect(bill.open.count == 1 && bill.made == 1, "provision, point \(point): \(bill)")
      #expect(active?.externalId == bill.open.first, "provision, point \(point)")
      guard let active else { return }
      let gone = try await terminate(scratch, active.id, point <= countOfEnd ? environment : [:])
      #expect(gone?.state == "terminated", "terminate, point \(point)")
      let after = try await cloud.bill()
      #expect(after.open.isEmpty, "terminate, point \(point): \(after)")
    }
  }
}
