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

  @Test(.timeLimit(.minutes(5)), arguments: Moment.all)
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
    let before = try await Self.half(scene.engine, accepted.resourceId)
    mortal.kill()
    await mortal.died()
    hold.decide(goesOn: false)
    try await finished(scene, try await scene.host(), accepted.resourceId, before)
    await door.close()
  }

  @Test(.timeLimit(.minutes(5)), arguments: Moment.all)
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
    let before = try await Self.half(scene.engine, accepted.resourceId)
    let plugin = try #require(await host.ask("GET", "/v1/plugins/docker", as: PluginView.self)).get()
    #expect(kill(try #require(plugin.pid), SIGKILL) == 0)
    hold.decide(goesOn: true)
    try await finished(scene, host, accepted.resourceId, before)
    await door.close()
  }

  /// What stands of a resource now.
  private static func half(_ engine: Engine, _ resource: String) async throws -> [String] {
    try await engine.docker(
      "ps", "--all", "--quiet", "--no-trunc", "--filter", "label=slipway-resource=\(resource)"
    ).split(separator: "\n").map(String.init)
  }

  private func finished(
    _ scene: DockerScene, _ host: ServedHost, _ resource: String, _ before: [String]
  ) async throws {
    let active = try #require(await host.rest(resource))
    if active.state != "active" { Issue.record("\(await scene.story(host, resource))") }
    let stands = try await Self.half(scene.engine, resource)
    #expect(stands.count == 1 && stands.first == active.externalId)
    if let begun = before.first { #expect(stands.first == begun, "another container than the one that was begun") }
    #expect(try await scene.ended(host, resource).state == "terminated")
    #expect(try await Self.half(scene.engine, resource).isEmpty)
    await host.end()
  }

  // MARK: Every passage through the host's choke points

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point leaves one container, reached over SSH, and none after its end`() async throws
  {
    let story = CrashStory(
      name: "docker",
      scene: {
        let docker = try DockerScene()
        let scene = CrashScene(docker.scratch) { try await docker.host($0) }
        let host = try await scene.host([:])
        try await docker.setUp(host)
        await host.end()
        return scene
      },
      acts: [
        .provision { scene, at in
          let stands = try await Self.half(Engine.needed(), scene.id)
          #expect(stands == [scene.externalId ?? ""], at)
        },
        .terminate { scene, at in
          let stands = try await Self.half(Engine.needed(), scene.id)
          #expect(stands.isEmpty, at)
        },
      ])
    try await story.tell()
  }
}
