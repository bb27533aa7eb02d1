import Control
import EngineFixture
import Foundation
import Testing

/// The host dies while a recipe runs on a container: the script runs once, and its log is whole.
@Suite(.dockerEngine) struct DockerRunCrashTests {
  /// Containers that are tried at the same time; each takes its share of the points, one after the other.
  private static let atOnce = 4
  private let body = """
    #!/bin/sh
    echo ran >>/root/ran
    for number in 1 2 3 4 5 6 7 8; do echo "line $number"; echo "error $number" >&2; sleep 0.05; done

    """
  private let out = (1...8).map { "line \($0)\n" }.joined()
  private let err = (1...8).map { "error \($0)\n" }.joined()

  /// A container whose recipe has the script as its newest version, and no host.
  private func prepared() async throws -> DockerRecipeScene {
    let (stage, host) = try await DockerRecipeScene.started()
    try await stage.add(body)
    await host.end()
    return stage
  }

  private func passages(_ file: String) -> Int {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n").count ?? 0
  }

  /// Runs the script with a host that may die, and goes on with another; checks that it ran once more than `before`.
  private func run(_ stage: DockerRecipeScene, _ environment: [String: String], before: Int, point: Int) async throws {
    let mortal = try await stage.scene.host(environment)
    let order = await stage.upgrade(on: mortal)
    var run = order == nil ? nil : await stage.decided(on: mortal)
    // One that outlived the run may die at any moment after it.
    if run != nil { mortal.kill() }
    await mortal.died()
    let host = try await stage.scene.host()
    if run == nil {
      let view = await host.ask("GET", "/v1/resources/\(stage.id)", as: ResourceView.self)
      // Where the order was lost with its host it is given again.
      if try #require(view).get().runs.count == before + 1 { _ = try #require(await stage.upgrade(on: host)).get() }
      run = await stage.decided(on: host)
    }
    let ended = try #require(run)
    #expect(ended.exitCode == 0, "point \(point): \(ended)")
    #expect(try await stage.log(of: ended, "stdout", on: host) == Array(out.utf8), "point \(point)")
    #expect(try await stage.log(of: ended, "stderr", on: host) == Array(err.utf8), "point \(point)")
    #expect(try await stage.inside("wc -l </root/ran") == "\(before + 1)", "point \(point)")
    #expect(try await stage.inside("ls -d /var/lib/slipway 2>&1").contains("No such file"), "point \(point)")
    await host.end()
  }

  @Test(.timeLimit(.minutes(10)))
  func `a host killed at any crash point of a run goes on with it: the script ran once, and its log is whole`()
    async throws
  {
    let stage = try await prepared()
    let recording = "\(stage.scene.scratch.path)/passages"
    try await run(stage, ["SLIPWAY_CRASH_LOG": recording], before: 0, point: 0)
    let count = passages(recording)
    #expect(count >= 10)
    print("crash points: a run on Docker \(count)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<Self.atOnce {
        group.addTask {
          let own = try await prepared()
          for (before, point) in stride(from: 1 + lane, through: count, by: Self.atOnce).enumerated() {
            try await run(own, ["SLIPWAY_CRASH_AT": "\(point)"], before: before, point: point)
          }
          try await own.end(try await own.scene.host())
        }
      }
      try await group.waitForAll()
    }
  }
}
