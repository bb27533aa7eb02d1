import Control
import EngineFixture
import Foundation
import Testing

/// A container with a recipe on a real engine; further scripts run on it as further versions of the recipe.
final class DockerRecipeScene: Sendable {
  let scene: DockerScene
  /// The resource.
  let id: String
  /// The container.
  let container: String

  /// Starts a host and orders a container whose first version does nothing.
  static func started(_ configuration: String? = nil, type: String = "c1-m256") async throws
    -> (stage: DockerRecipeScene, host: ServedHost)
  {
    let scene = try DockerScene(configuration: configuration)
    let host = try await scene.host()
    return (try await DockerRecipeScene(scene, host, type), host)
  }

  private init(_ scene: DockerScene, _ host: ServedHost, _ type: String) async throws {
    try await scene.setUp(host)
    try await Self.add("#!/bin/sh\ntrue\n", scene)
    let place = try await scene.engine.docker("info", "--format", "{{.Name}}")
    let offered = try await Self.slipway(
      scene,
      ["offering", "add", "app", "--placement", "local/\(type)/\(place)", "--image", Engine.image, "--recipe", "app"])
    #expect(offered.contains("app@1"), "\(offered)")
    let order = await host.ask(
      "POST", "/v1/resources", NewResource(offering: "app"), key: "app", as: AcceptedView.self)
    let id = try #require(order).get().resourceId
    let active = try #require(await host.rest(id))
    if active.state != "active" { Issue.record("\(await scene.story(host, id))") }
    self.scene = scene
    self.id = id
    container = try #require(active.externalId)
  }

  private static func slipway(_ scene: DockerScene, _ words: [String]) async throws -> String {
    try await scene.scratch.run(Built.path("slipway"), words + ["--socket", "\(scene.scratch.path)/control.sock"])
  }

  private static func add(_ body: String, _ scene: DockerScene) async throws {
    let file = "\(scene.scratch.path)/app.sh"
    try Data(body.utf8).write(to: URL(filePath: file))
    let added = try await slipway(scene, ["recipe", "add", "app", file])
    #expect(added.contains("app@"), "\(added)")
  }

  /// The real command, to the scene's host.
  func slipway(_ words: String...) async throws -> String { try await Self.slipway(scene, words) }

  /// A command in the container, not over SSH.
  @discardableResult
  func inside(_ command: String) async throws -> String {
    try await scene.engine.docker("exec", container, "/bin/sh", "-c", command)
  }

  /// A command among the container's files that may mount, as nothing in the container may.
  @discardableResult
  func mount(_ command: String) async throws -> String {
    try await scene.scratch.run(
      "/usr/bin/nsenter", "--mount=/proc/\(try pid)/ns/mnt", "/bin/sh", "-c", command)
  }

  /// A command in all that the container has of its own, that may do whatever a machine's root may; `$group` is the control
  /// group of the engine's containers.
  func freely(_ command: String) async throws -> String {
    let groups = try String(contentsOfFile: "/proc/\(try pid)/cgroup", encoding: .utf8)
    let own = try #require(groups.split(separator: "\n").first { $0.contains(container) }?.split(separator: ":").last)
    let command = "group='\(own.split(separator: "/").dropLast().map { "/\($0)" }.joined())'\n\(command)"
    return try await scene.scratch.run(
      "/usr/bin/nsenter", "--target", "\(try pid)", "--mount", "--pid", "--net", "--ipc", "--uts", "--cgroup",
      "/bin/sh",
      "-c", command)
  }

  /// One of the container's processes, as this machine numbers it.
  private var pid: Int32 {
    get throws {
      let pids = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.filter { pid in
        (try? String(contentsOfFile: "/proc/\(pid)/cgroup", encoding: .utf8))?.contains(container) == true
      }
      return try #require(pids.min())
    }
  }

  /// Adds a version.
  func add(_ body: String) async throws { try await Self.add(body, scene) }

  /// Orders the newest version to be run; nil where the host is gone.
  func upgrade(_ inputs: GivenInputs = GivenInputs(), on host: ServedHost) async
    -> Result<AcceptedView, ControlFailure>?
  {
    await host.ask(
      "POST", "/v1/resources/\(id)/upgrade", RecipeUpgrade(recipeVersion: nil, inputs: inputs), as: AcceptedView.self)
  }

  /// Adds a version and begins it.
  func begin(_ body: String, _ inputs: GivenInputs = GivenInputs(), on host: ServedHost) async throws {
    try await add(body)
    _ = try #require(await upgrade(inputs, on: host)).get()
  }

  /// The newest run, once it is decided and nothing of it is left to be done; nil where the host is gone first.
  func decided(on host: ServedHost) async -> RunView? {
    await host.rest(id)?.runs.last
  }

  /// Runs a script to its end: how it ended, and what it wrote.
  func run(_ body: String, _ inputs: GivenInputs = GivenInputs(), on host: ServedHost) async throws
    -> (run: RunView, out: [UInt8], err: [UInt8])
  {
    try await begin(body, inputs, on: host)
    let run = try #require(await decided(on: host))
    return (run, try await log(of: run, "stdout", on: host), try await log(of: run, "stderr", on: host))
  }

  /// What is kept of a stream, without gaps being told.
  func log(of run: RunView, _ stream: String, on host: ServedHost) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    var after: Int64 = 0
    while true {
      let list = try #require(
        await host.ask(
          "GET", "/v1/resources/\(id)/recipe-log", query: "run=\(run.id)&stream=\(stream)&after=\(after)",
          as: ListView<LogChunkView>.self)
      ).get().items
      guard let last = list.last else { return bytes }
      for chunk in list {
        bytes +=
          chunk.text.map { Array($0.utf8) } ?? chunk.base64.flatMap { Data(base64Encoded: $0) }.map(Array.init) ?? []
      }
      after = last.number
    }
  }

  /// Ends the container.
  func end(_ host: ServedHost) async throws {
    #expect(try await scene.ended(host, id).state == "terminated")
    await host.end()
  }
}
