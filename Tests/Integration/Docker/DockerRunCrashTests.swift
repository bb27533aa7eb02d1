import Control
import EngineFixture
import Foundation
import Glibc
import Synchronization
import System
import Testing

/// The host dies while a recipe runs on a container: the script runs once, and its log is whole.
@Suite(.dockerEngine) struct DockerRunCrashTests {
  /// Containers that are tried at the same time; each takes one point after the other.
  private static let atOnce = 4
  /// Points that one container is good for: a resource tells of its newest 16 runs, which have to be all.
  private static let perContainer = 14
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

  /// Runs the script with a host that is to die at a point, and goes on with another; checks that it ran once more than
  /// `before`. Whether the host died there, by its own record, and how many passages it had.
  private func run(
    _ stage: DockerRecipeScene, dyingAt point: Int?, before: Int
  ) async throws -> (isKilled: Bool, passages: Int) {
    let at: Comment = "point \(point.map(String.init) ?? "none")"
    let file = "\(stage.scene.scratch.path)/passages"
    try? FileManager.default.removeItem(atPath: file)
    let mortal = try await stage.scene.host(
      ["SLIPWAY_CRASH_LOG": file].merging(point.map { ["SLIPWAY_CRASH_AT": "\($0)"] } ?? [:]) { $1 })
    let order = await stage.upgrade(on: mortal)
    var run = order == nil ? nil : await stage.decided(on: mortal)
    // One that outlived the run may die at any moment after it.
    if run != nil { mortal.kill() }
    try #require(await mortal.died() == .signaled(SIGKILL), at)
    let passages = CrashStory.passages(file)
    let isKilled = point.map(passages.contains) ?? false
    try #require(run != nil || isKilled, "killed, but not at \(at)")
    let host = try await stage.scene.host()
    if run == nil {
      let view = await host.ask("GET", "/v1/resources/\(stage.id)", as: ResourceView.self)
      // Where the order was lost with its host it is given again.
      if try #require(view).get().runs.count == before + 1 { _ = try #require(await stage.upgrade(on: host)).get() }
      run = await stage.decided(on: host)
    }
    let ended = try #require(run)
    #expect(ended.exitCode == 0, "\(at): \(ended)")
    #expect(try await stage.log(of: ended, "stdout", on: host) == Array(out.utf8), at)
    #expect(try await stage.log(of: ended, "stderr", on: host) == Array(err.utf8), at)
    #expect(try await stage.inside("wc -l </root/ran") == "\(before + 1)", at)
    #expect(try await stage.inside("ls -d /var/lib/slipway 2>&1").contains("No such file"), at)
    await host.end()
    return (isKilled, passages.count)
  }

  @Test(.timeLimit(.minutes(10)))
  func `a host killed at any crash point of a run goes on with it: the script ran once, and its log is whole`()
    async throws
  {
    let least = 10
    let recorded = try await run(try await prepared(), dyingAt: nil, before: 0).passages
    #expect(recorded >= least)
    let points = Points(recorded)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<Self.atOnce {
        group.addTask {
          while !points.isOver {
            let own = try await prepared()
            for before in 0..<Self.perContainer {
              guard let point = points.next() else { break }
              points.note(point, try await run(own, dyingAt: point, before: before).isKilled)
            }
            try await own.end(try await own.scene.host())
          }
        }
      }
      try await group.waitForAll()
    }
    let kills = points.kills
    print("crash points: a run on Docker: \(max(recorded, kills.max() ?? 0)) points, \(kills.count) kills")
    #expect(kills.isSuperset(of: 1...least))
  }
}

/// Points one after the other, until a run that was to die later than the recorded one had passages survives.
private final class Points: Sendable {
  private struct State {
    var next = 1
    var isOver = false
    var kills: Set<Int> = []
  }

  private let recorded: Int
  private let state = Mutex(State())

  init(_ recorded: Int) { self.recorded = recorded }

  var isOver: Bool { state.withLock { $0.isOver } }
  var kills: Set<Int> { state.withLock { $0.kills } }

  /// The next point; nil where there is none.
  func next() -> Int? {
    state.withLock { state in
      guard !state.isOver else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  func note(_ point: Int, _ isKilled: Bool) {
    state.withLock { state in
      if isKilled { state.kills.insert(point) }
      if !isKilled, point > recorded { state.isOver = true }
    }
  }
}
