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

  private func prepared() async throws -> DockerRecipeScene {
    var made: ServedHost?
    let stage = try await DockerRecipeScene({ scene in
      let host = try await scene.host()
      made = host
      return host
    })
    await made?.end()
    return stage
  }

  private func passages(_ file: String) -> Int {
    (try? String(contentsOfFile: file, encoding: .utf8))?.split(separator: "\n").count ?? 0
  }

  /// Runs the script with a host that may die, and goes on with another; the run.
  private func run(_ stage: DockerRecipeScene, _ environment: [String: String], mark: Int) async throws -> RunView {
    let script = "\(body)# \(mark)\n"
    let known = try await stage.scene.host()
    let before = try await runs(stage, known)
    // Stored beforehand, so that the order alone may be lost.
    try await stage.add(script)
    await known.end()
    let mortal = try await stage.scene.host(environment)
    _ = await stage.upgrade(on: mortal)
    if let run = await stage.decided(on: mortal), !before.contains(run.id) {
      await mortal.end()
      return run
    }
    await mortal.died()
    let next = try await stage.scene.host()
    if try await runs(stage, next) == before { _ = try #require(await stage.upgrade(on: next)).get() }
    let run = try #require(await stage.decided(on: next))
    #expect(try await stage.log(of: run, "stdout", on: next) == Array(out.utf8), "point \(mark)")
    #expect(try await stage.log(of: run, "stderr", on: next) == Array(err.utf8), "point \(mark)")
    await next.end()
    return run
  }

  private func runs(_ stage: DockerRecipeScene, _ host: ServedHost) async throws -> [String] {
    try #require(await host.ask("GET", "/v1/resources/\(stage.id)", as: ResourceView.self)).get().runs.map(\.id)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a host killed at any crash point of a run goes on with it: the script ran once, and its log is whole`()
    async throws
  {
    let stage = try await prepared()
    let recording = "\(stage.scene.scratch.path)/passages"
    let first = try await run(stage, ["SLIPWAY_CRASH_LOG": recording], mark: 0)
    #expect(first.exitCode == 0)
    let count = passages(recording)
    #expect(count >= 10)
    print("crash points: a run on Docker \(count)")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for lane in 0..<Self.atOnce {
        group.addTask {
          let own = try await prepared()
          var ran = 0
          for point in stride(from: 1 + lane, through: count, by: Self.atOnce) {
            let run = try await run(own, ["SLIPWAY_CRASH_AT": "\(point)"], mark: point)
            ran += 1
            #expect(run.exitCode == 0, "point \(point): \(run)")
            #expect(try await own.inside("wc -l </root/ran") == "\(ran)", "point \(point)")
            #expect(try await own.inside("ls -d /var/lib/slipway 2>&1").contains("No such file"), "point \(point)")
          }
          let host = try await own.scene.host()
          try await own.end(host)
        }
      }
      try await group.waitForAll()
    }
  }
}
