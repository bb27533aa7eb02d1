import EvilPlugins
import Foundation
import Plugins
import Synchronization
import System

/// A host's side of plugins in this process, with one plugin; by default one in C that answers each call with its request.
final class EchoRig: Sendable {
  let router: PluginRouter
  private let folder: String
  private let plugins: String
  private let served: Served
  private let reactor: Reactor

  init(on reactor: Reactor, plugin: String? = nil) async throws {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    folder = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    plugins = "\(folder)/plugins"
    self.reactor = reactor
    try FileManager.default.createDirectory(
      atPath: plugins, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let file = try plugin ?? EvilPlugin.build("echo")
    try FileManager.default.copyItem(atPath: file, toPath: "\(plugins)/libPlugin.so")
    let configuration = PluginsConfiguration(
      folders: [plugins], store: "\(folder)/store", worker: .path("\(programs)/slipway-worker"))
    let served = Served()
    self.served = served
    router = try PluginRouter(
      configuration, on: reactor, sinks: PluginSinks(status: { served.heard($0) }))
    await router.scan()
    _ = try await generation(after: 0)
  }

  /// Calls once; throws unless it is answered.
  func echo(_ payload: [UInt8], account: String = "a", verb: PluginVerb = .poll) async throws {
    let outcome = await call(payload, account: account, verb: verb)
    guard case .replied(let bytes) = outcome, bytes.count == payload.count else {
      throw Unmeasured("an echo was answered with \(outcome)")
    }
  }

  /// Calls once. Requests of the plugin are refused.
  func call(_ payload: [UInt8], account: String, verb: PluginVerb, plugin: String = "evil")
    async -> CallOutcome
  {
    await router.call(
      PluginCall(
        plugin: plugin, verb: verb, account: account, payload: payload,
        deadline: Clock.monotonic() &+ 10_000_000_000),
      http: Self.refusal)
  }

  /// What requests of the plugin meet.
  static let refusal: PluginHTTPDelegate = { _, responder in
    responder.head(WorkerHTTPHead(outcome: 0, error: "no cloud here"))
    responder.end()
    return PluginHTTPHandle()
  }

  /// Renames a copy of a file into the place of the plugin's, and says when (`Clock.monotonic`).
  func drop(_ file: String) throws -> UInt64 {
    let fresh = "\(plugins)/.fresh"
    try FileManager.default.copyItem(atPath: file, toPath: fresh)
    let now = Clock.monotonic()
    guard rename(fresh, "\(plugins)/libPlugin.so") == 0 else { throw Unmeasured("rename: \(errno)") }
    return now
  }

  /// Number of the newest generation that serves.
  var generation: Int { served.newest }

  /// Waits for a later generation than that to serve, and says when it began to.
  func generation(after number: Int) async throws -> UInt64 {
    let timer = reactor.schedule(after: .seconds(20)) { [served] in served.giveUp() }
    defer { timer.cancel() }
    guard let at = await served.next(after: number) else {
      throw Unmeasured("no generation after \(number) serves: \(await router.statuses().map(\.state))")
    }
    return at
  }

  /// The generation that serves, as `plugin show` has it.
  func serving() async throws -> GenerationStatus {
    guard let generation = await router.statuses().first?.generations.first(where: { !$0.isDraining }) else {
      throw Unmeasured("nothing serves")
    }
    return generation
  }

  /// Process ids of the workers.
  func workers() async -> [Int32] { await router.statuses().compactMap(\.pid) }

  func end() async {
    await router.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }
}

/// When generations came to serve.
private final class Served: Sendable {
  private struct State {
    var newest = 0
    var at: UInt64 = 0
    var waiter: (after: Int, CheckedContinuation<UInt64?, Never>)?
  }

  private let state = Mutex(State())

  var newest: Int { state.withLock { $0.newest } }

  func heard(_ status: PluginStatus) {
    let now = Clock.monotonic()
    guard status.state == .serving else { return }
    state.withLock { state in
      guard status.generation > state.newest else { return }
      (state.newest, state.at) = (status.generation, now)
      if let waiter = state.waiter, status.generation > waiter.after {
        state.waiter = nil
        waiter.1.resume(returning: now)
      }
    }
  }

  func next(after number: Int) async -> UInt64? {
    await withCheckedContinuation { continuation in
      state.withLock { state in
        if state.newest > number { return continuation.resume(returning: state.at) }
        state.waiter = (number, continuation)
      }
    }
  }

  func giveUp() {
    state.withLock { state in
      state.waiter?.1.resume(returning: nil)
      state.waiter = nil
    }
  }
}
