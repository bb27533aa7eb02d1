import Control
import EngineFixture
import Foundation
import Testing

/// The host and the worker die while a container is being made on a real engine.
@Suite(.dockerEngine) struct DockerCrashTests {
  /// A moment between two steps of a container's making.
  struct Moment: Sendable, CustomTestStringConvertible {
    var method: String
    var suffix: String
    var side: EngineGate.Side
    var testDescription: String { "\(side) \(method) …\(suffix)" }

    static let all = [("POST", "/containers/create"), ("PUT", "/archive"), ("POST", "/start")].flatMap {
      method, suffix in
      EngineGate.Side.allCases.map { Moment(method: method, suffix: suffix, side: $0) }
    }
  }

  @Test(.timeLimit(.minutes(4)), arguments: Moment.all)
  func `a host killed between any two steps finishes the same container`(moment: Moment) async throws {
    var gate: EngineGate?
    let scene = try DockerScene(gate: { engine, scratch in
      let made = try EngineGate(engine, in: scratch.path)
      gate = made
      return made
    })
    let door = try #require(gate)
    let mortal = try await scene.host()
    try await scene.setUp(mortal)
    let hold = door.hold(moment.method, moment.suffix, moment.side)
    let order = await mortal.ask(
      "POST", "/v1/resources", NewResource(offering: "small"), key: "one", as: AcceptedView.self)
    let accepted = try #require(order).get()
    await hold.arrived()
    let before = try await half(scene, accepted.resourceId)
    mortal.kill()
    await mortal.died()
    hold.decide(goesOn: false)
    try await finished(scene, try await scene.host(), accepted.resourceId, before)
    await door.close()
  }

  @Test(.timeLimit(.minutes(4)), arguments: Moment.all)
  func `a worker killed between any two steps finishes the same container`(moment: Moment) async throws {
    var gate: EngineGate?
    let scene = try DockerScene(gate: { engine, scratch in
      let made = try EngineGate(engine, in: scratch.path)
      gate = made
      return made
    })
    let door = try #require(gate)
    let host = try await scene.host()
    try await scene.setUp(host)
    let hold = door.hold(moment.method, moment.suffix, moment.side)
    let order = await host.ask(
      "POST", "/v1/resources", NewResource(offering: "small"), key: "one", as: AcceptedView.self)
    let accepted = try #require(order).get()
    await hold.arrived()
    let before = try await half(scene, accepted.resourceId)
    let plugin = try #require(await host.ask("GET", "/v1/plugins/docker", as: PluginView.self)).get()
    #expect(kill(try #require(plugin.pid), SIGKILL) == 0)
    hold.decide(goesOn: true)
    try await finished(scene, host, accepted.resourceId, before)
    await door.close()
  }

  /// What stands of a resource now.
  private func half(_ scene: DockerScene, _ resource: String) async throws -> [String] {
    try await scene.engine.docker(
      "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=slipway-resource=\(resource)"
    ).split(separator: "\n").map(String.init)
  }

  private func finished(
    _ scene: DockerScene, _ host: ServedHost, _ resource: String, _ before: [String]
  ) async throws {
    let active = try #require(await host.rest(resource))
    if active.state != "active" { Issue.record("\(await scene.story(host, resource))") }
    let stands = try await half(scene, resource)
    #expect(stands.count == 1 && stands.first == active.externalId)
    if let begun = before.first { #expect(stands.first == begun, "another container than the one that was begun") }
    #expect(try await scene.ended(host, resource).state == "terminated")
    #expect(try await half(scene, resource).isEmpty)
    await host.end()
  }

  // MARK: Every passage through the host's choke points

  private static let atOnce = 16

  private func passages(_ file: String) -> Int {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n").count ?? 0
  }

  private func prepared() async throws -> DockerScene {
    let scene = try DockerScene()
    let host = try await scene.host()
    try await scene.setUp(host, readiness: "cloud")
    await host.end()
    return scene
  }

  /// Runs one call with a host that may die, and goes on with another.
  private func surviving(
    _ scene: DockerScene, _ environment: [String: String],
    _ call: (ServedHost) async -> Result<AcceptedView, ControlFailure>?
  ) async throws -> ResourceView? {
    let mortal = try await scene.host(environment)
    if case .success(let accepted)? = await call(mortal), let view = await mortal.rest(accepted.resourceId) {
      await mortal.end()
      return view
    }
    await mortal.died()
    let next = try await scene.host()
    let again = await call(next)
    guard case .success(let accepted)? = again else { return nil }
    let view = await next.rest(accepted.resourceId)
    await next.end()
    return view
  }

  private func provision(_ scene: DockerScene, _ environment: [String: String]) async throws -> ResourceView? {
    try await surviving(scene, environment) { await $0.order("one") }
  }

  private func terminate(
    _ scene: DockerScene, _ id: String, _ environment: [String: String]
  ) async throws -> ResourceView? {
    let view = try await surviving(scene, environment) {
      await $0.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
    }
    if let view { return view }
    // It ended before it was asked again.
    let host = try await scene.host()
    defer { host.kill() }
    return await host.rest(id)
  }

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point leaves exactly one container, and none after its end`() async throws {
    let scene = try await prepared()
    let recording = "\(scene.scratch.path)/passages"
    let view = try #require(try await provision(scene, ["SLIPWAY_CRASH_LOG": recording]))
    #expect(view.state == "active")
    let count = passages(recording)
    #expect(count >= 20)
    try "".write(toFile: recording, atomically: true, encoding: .utf8)
    _ = try await terminate(scene, view.id, ["SLIPWAY_CRASH_LOG": recording])
    let countOfEnd = passages(recording)
    #expect(countOfEnd >= 10)
    print("crash points: Docker provision \(count), terminate \(countOfEnd)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for point in 1...max(1, count, countOfEnd) {
        if point > Self.atOnce { try await group.next() }
        group.addTask { try await crash(at: point, of: count, countOfEnd) }
      }
      try await group.waitForAll()
    }
  }

  private func crash(at point: Int, of count: Int, _ countOfEnd: Int) async throws {
    let scene = try await prepared()
    let environment = ["SLIPWAY_CRASH_AT": "\(point)"]
    let active = try #require(try await provision(scene, point <= count ? environment : [:]), "point \(point)")
    #expect(active.state == "active", "provision, point \(point)")
    let stands = try await half(scene, active.id)
    #expect(stands == [active.externalId ?? ""], "provision, point \(point): \(stands)")
    let gone = try await terminate(scene, active.id, point <= countOfEnd ? environment : [:])
    #expect(gone?.state == "terminated", "terminate, point \(point)")
    #expect(try await half(scene, active.id).isEmpty, "terminate, point \(point)")
  }
}
