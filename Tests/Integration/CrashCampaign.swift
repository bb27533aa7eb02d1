import Control
import EngineFixture
import Foundation
import Glibc
import Synchronization
import System
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
  /// The newest view.
  var resource: ResourceView? { view.withLock { $0 } }
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
  private static let crowd = Crowd(32)
  /// How often a point is tried that one run had and another one did not come to: how often a host looks, and so
  /// how many passages it has, hangs on time.
  private static let tries = 3
  /// Points beyond the recorded ones that are tried at a time.
  private static let beyond = 4

  var testDescription: String { name }

  /// Counts the passages of each act by a recorded run; kills the host at the first, the second and so on, until a run
  /// that is to die later than the recorded one had passages survives all acts. Prints points and kills.
  func tell() async throws {
    let tally = CrashTally(try await recorded())
    let last = tally.most
    try await runs(Array(1...max(1, last)), tally)
    var next = max(1, last) + 1
    while try await !runs(Array(next..<next + Self.beyond), tally) { next += Self.beyond }
    // Points that only a run with more passages than the recorded one comes to.
    try await runs((1..<next + Self.beyond).filter(tally.misses), tally)
    print("crash points: \(name): " + zip(acts, tally.lines).map { "\($0.name) \($1)" }.joined(separator: ", "))
    for (act, count) in zip(acts, tally.counts) {
      // Every run has these passages, and no host comes past the one that it is to die at.
      #expect(count.kills.isSuperset(of: 1...act.least), "\(name), \(act.name): points without a kill among the first")
    }
  }

  /// Runs to each of these points at the same time; whether one of them survived all acts.
  @discardableResult
  private func runs(_ points: [Int], _ tally: CrashTally) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for point in points {
        group.addTask {
          var survived = try await Self.crowd.among { try await run(to: point, tally) }
          for _ in 1..<Self.tries where tally.misses(point) {
            survived = try await Self.crowd.among { try await run(to: point, tally) } && survived
          }
          return survived
        }
      }
      return try await group.reduce(false) { $0 || $1 }
    }
  }

  /// One run of all acts, in each of which the host is to die at that passage; whether it never did.
  private func run(to point: Int, _ tally: CrashTally) async throws -> Bool {
    let scene = try await scene()
    var survived = true
    for (index, act) in acts.enumerated() {
      let isKilled = try await perform(act, scene, dyingAt: point).isKilled
      tally.note(index, point, isKilled)
      survived = survived && !isKilled
      try await act.check(scene, "\(name), \(act.name), \(isKilled ? "killed at" : "survived") point \(point)")
    }
    return survived
  }

  private func recorded() async throws -> [Int] {
    let scene = try await scene()
    var counts: [Int] = []
    for act in acts {
      let (isKilled, passages) = try await perform(act, scene, dyingAt: nil)
      try #require(!isKilled, "\(act.name): the recorded host died")
      try await act.check(scene, "\(name), \(act.name), recorded")
      #expect(passages >= act.least, "\(act.name): too few passages")
      counts.append(passages)
    }
    return counts
  }

  /// Runs an act with a host that is to die at a passage, and where it did goes on with one that does not.
  ///
  /// A host has died as it was to where the kernel says that SIGKILL ended it and its own record holds that passage; one that
  /// survived has ended in good order and never came so far. Anything else fails the test.
  private func perform(
    _ act: CrashAct, _ scene: CrashScene, dyingAt point: Int?
  ) async throws -> (isKilled: Bool, passages: Int) {
    let file = "\(scene.scratch.path)/passages"
    try? FileManager.default.removeItem(atPath: file)
    let mortal = try await scene.host(
      ["SLIPWAY_CRASH_LOG": file].merging(point.map { ["SLIPWAY_CRASH_AT": "\($0)"] } ?? [:]) { $1 })
    let isDone = try await act.run(scene, mortal)
    let status = isDone ? await mortal.end() : await mortal.died()
    let passages = Self.passages(file)
    switch status {
    case .exited(0):
      try #require(isDone, "\(act.name): the host ended by itself")
      if let point, passages.contains(point) { Issue.record("\(act.name): the host came past point \(point) alive") }
      return (false, passages.count)
    case .signaled(SIGKILL):
      let died = try #require(point, "\(act.name): a host that was not to die was killed")
      try #require(passages.contains(died), "\(act.name): killed, but not at point \(died): \(passages.count) passages")
      let next = try await scene.host([:])
      try #require(try await act.run(scene, next), "\(act.name): the second host died, too")
      #expect(await next.end() == .exited(0))
      return (true, passages.count)
    default:
      throw ScratchError("\(act.name), point \(point.map(String.init) ?? "none"): the host ended with \(status as Any)")
    }
  }

  /// Numbers of the passages that a host has recorded.
  static func passages(_ file: String) -> Set<Int> {
    let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    return Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first.flatMap { Int($0) } })
  }
}

/// Points that were tried and hosts that died there, act by act.
final class CrashTally: Sendable {
  struct Count: Sendable {
    /// Passages of the recorded run.
    var recorded: Int
    /// Points at which a host died.
    var kills: Set<Int> = []
    /// Points that a host has come to.
    var points: Int { max(recorded, kills.max() ?? 0) }
  }

  private let state: Mutex<[Count]>

  init(_ recorded: [Int]) { state = Mutex(recorded.map { Count(recorded: $0) }) }

  var counts: [Count] { state.withLock { $0 } }

  /// The most passages that an act had when it was recorded.
  var most: Int { counts.map(\.recorded).max() ?? 0 }

  func note(_ act: Int, _ point: Int, _ isKilled: Bool) {
    guard isKilled else { return }
    state.withLock { _ = $0[act].kills.insert(point) }
  }

  /// Whether a run of an act had that passage, and no host has died there yet.
  func misses(_ point: Int) -> Bool { counts.contains { point <= $0.points && !$0.kills.contains(point) } }

  /// For each act: the points that a host came to, and at how many of them one was killed.
  var lines: [String] {
    counts.map { "\($0.points) points, \($0.kills.count) kills" }
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
