import Control
import EngineFixture
import Foundation
import Synchronization
import Testing

/// What a story of crashes goes on in: state folder, clouds, and the newest view of its machine.
final class CrashScene: Sendable {
  let scratch: Scratch
  let clouds: [SimulatedCloud]
  /// Starts a host on the scene's state.
  let host: @Sendable (_ environment: [String: String]) async throws -> ServedHost
  private let view = Mutex<ResourceView?>(nil)
  private let notes = Mutex<[String: String]>([:])

  init(
    _ scratch: Scratch, _ clouds: [SimulatedCloud] = [],
    host: (@Sendable (_ environment: [String: String]) async throws -> ServedHost)? = nil
  ) {
    self.scratch = scratch
    self.clouds = clouds
    self.host = host ?? { try await ServedHost(scratch, environment: $0) }
  }

  /// Waits until a machine rests, and keeps its view; false where the host was gone first.
  func rests(_ id: String, on host: ServedHost) async -> Bool {
    guard let seen = await host.rest(id) else { return false }
    view.withLock { $0 = seen }
    return true
  }

  /// Leaves something for a later act or check.
  func note(_ text: String?, as name: String) { notes.withLock { $0[name] = text } }

  /// What was left under that name.
  func noted(_ name: String) -> String? { notes.withLock { $0[name] } }

  var id: String { get throws { try #require(view.withLock { $0?.id }) } }
  var state: String? { view.withLock { $0?.state } }
  var externalId: String? { view.withLock { $0?.externalId } }
}

/// Something that is done while the host may die, and what must be so once it was done.
struct CrashAct: Sendable {
  let name: String
  /// Fewer passages than that would mean that the recording failed.
  let least: Int
  /// Does it, or goes on with what a host before has begun; false where the host was gone first.
  let run: @Sendable (CrashScene, ServedHost) async throws -> Bool
  /// Looks at the cloud and the newest view. `at` says where the host had died.
  let check: @Sendable (CrashScene, _ at: Comment) async throws -> Void
}

/// Acts one after the other, each of them with a host that is killed at every passage through the three choke points:
/// ledger commit, wire frame, broker byte.
struct CrashStory: Sendable, CustomTestStringConvertible {
  let name: String
  /// A scene of its own for each run, ready for the first act.
  let scene: @Sendable () async throws -> CrashScene
  let acts: [CrashAct]
  /// Runs of all stories at a time. Nearly all of their time is waiting; each host has an inotify instance, of which a user
  /// may have 128.
  private static let crowd = Crowd(48)

  var testDescription: String { name }

  /// Enumerates the passages of each act by a recording run, then kills the host at each of them; prints how many.
  func tell() async throws {
    let counts = try await recorded()
    print("crash points: \(name): " + zip(acts, counts).map { "\($0.name) \($1)" }.joined(separator: ", "))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for point in 1...max(1, counts.max() ?? 0) {
        group.addTask { try await Self.crowd.among { try await run(to: point, of: counts) } }
      }
      try await group.waitForAll()
    }
  }

  private func run(to point: Int, of counts: [Int]) async throws {
    let scene = try await scene()
    for (act, count) in zip(acts, counts) {
      let dies = point <= count
      try await surviving(act, scene, dies ? ["SLIPWAY_CRASH_AT": "\(point)"] : [:])
      try await act.check(scene, "\(act.name), \(dies ? "killed at point \(point)" : "not killed")")
    }
  }

  private func recorded() async throws -> [Int] {
    let scene = try await scene()
    var counts: [Int] = []
    for act in acts {
      let file = "\(scene.scratch.path)/passages"
      try? FileManager.default.removeItem(atPath: file)
      try await surviving(act, scene, ["SLIPWAY_CRASH_LOG": file])
      try await act.check(scene, "\(act.name), recorded")
      let count = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").count
      #expect(count >= act.least, "\(act.name): too few passages")
      counts.append(count)
    }
    return counts
  }

  /// Runs an act with a host that may die, and goes on with one that does not.
  private func surviving(_ act: CrashAct, _ scene: CrashScene, _ environment: [String: String]) async throws {
    let mortal = try await scene.host(environment)
    if try await act.run(scene, mortal) { return await mortal.end() }
    await mortal.died()
    let next = try await scene.host([:])
    try #require(try await act.run(scene, next), "\(act.name): the second host died, too")
    await next.end()
  }
}

extension ServedHost {
  /// One request; nil where the host is gone, and throws what it refuses.
  func answer<Reply: Decodable>(
    _ method: String, _ path: String, _ body: (any Encodable)? = nil, query: String = "", key: String? = nil,
    as type: Reply.Type
  ) async throws -> Reply? {
    try await ask(method, path, body, query: query, key: key, as: type)?.get()
  }
}
