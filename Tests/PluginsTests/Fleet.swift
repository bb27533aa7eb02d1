import Foundation
import Plugins
import System
import Testing

/// A router over a plugin folder of its own, with real workers.
final class Fleet: Sendable {
  let reactor: Reactor
  let router: PluginRouter
  let folder: String
  let logs: Watched<[PluginLogLine]>
  let late: Watched<[LateReply]>
  let states: Watched<[PluginStatus]>
  let parked: Watched<[ParkedCall]>
  /// How often something changed that the list of plugins shows.
  let changes: Watched<Int>
  let root: String
  private let configuration: PluginsConfiguration

  /// Folder of the image store.
  var store: String { root + "/store" }

  convenience init(_ change: (inout PluginsConfiguration) -> Void = { _ in }) throws {
    try self.init(in: try temporaryDirectory(), change)
  }

  private init(in root: String, _ change: (inout PluginsConfiguration) -> Void) throws {
    self.root = root
    folder = root + "/plugins"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    reactor = try Reactor()
    let worker = try Descriptor.open(TestPlugin.worker, O_RDONLY)
    var configuration = PluginsConfiguration(folders: [folder], store: root + "/store", worker: .descriptor(worker))
    configuration.restart.first = 20_000_000
    change(&configuration)
    self.configuration = configuration
    let parked = Watched<[ParkedCall]>([], on: reactor)
    self.parked = parked
    let changes = Watched(0, on: reactor)
    self.changes = changes
    let (logs, late, states) = (
      Watched<[PluginLogLine]>([], on: reactor), Watched<[LateReply]>([], on: reactor),
      Watched<[PluginStatus]>([], on: reactor)
    )
    (self.logs, self.late, self.states) = (logs, late, states)
    router = try PluginRouter(
      configuration, on: reactor,
      sinks: PluginSinks(
        log: { line in logs.change { $0.append(line) } }, lateReply: { reply in late.change { $0.append(reply) } },
        status: { status in states.change { $0.append(status) } },
        changed: { changes.change { $0 += 1 } },
        parked: { call in parked.change { $0.append(call) } }))
  }

  /// Ends it as a host ends, and begins anew on the same folders.
  func restarted(hooks: PluginHooks = PluginHooks()) async throws -> Fleet {
    await router.stop()
    let next = try Fleet(in: root) { $0 = configuration }
    await next.router.use(hooks)
    await next.router.scan()
    return next
  }

  /// Ends the workers and removes what the test wrote.
  func stop() async {
    await router.stop()
    try? FileManager.default.removeItem(atPath: root)
  }

  /// Waits until the plugin `test` is as wanted in what its list tells of at once: state, image, file, fault. It is looked at
  /// now and after every change, as `GET /v1/plugins?watch=true` is.
  func until(_ isSo: (PluginStatus) -> Bool) async {
    let isMet = await settles { await router.status("test").map(isSo) ?? false }
    if !isMet { Issue.record("the plugin did not become as wanted") }
  }

  /// Looks now and after every change that the router tells of, for thirty seconds at most.
  func settles(_ isSo: () async -> Bool) async -> Bool {
    let deadline = Clock.monotonic() + 30_000_000_000
    repeat {
      let seen = changes.value
      if await isSo() { return true }
      _ = await changes.becomes { $0 > seen }
    } while Clock.monotonic() < deadline
    return await isSo()
  }

  /// Looks at what no event tells of, such as calls that are under way, until it is as wanted; for ten seconds at most.
  func counts(_ test: (PluginStatus) -> Bool) async {
    let deadline = Clock.monotonic() + 10_000_000_000
    while Clock.monotonic() < deadline {
      if let status = await router.status("test"), test(status) { return }
      try? await reactor.sleep(for: .milliseconds(2))
    }
    Issue.record("the plugin did not become as wanted in ten seconds")
  }

  /// Puts a file into the folder as an installer would: whole, by a rename.
  func drop(_ path: String, as name: String) throws {
    let fresh = folder + "/.\(UUID().uuidString)"
    try FileManager.default.copyItem(atPath: path, toPath: fresh)
    _ = rename(fresh, folder + "/" + name)
  }

  func call(
    _ request: String, plugin: String = "test", verb: PluginVerb = .validate, account: String = "a",
    within: Duration = .seconds(8), http: @escaping PluginHTTPDelegate = Fleet.noHTTP,
    progress: @escaping @Sendable (CallProgress) -> Void = { _ in }
  ) async -> CallOutcome {
    let deadline = Clock.monotonic() + within.nanoseconds
    return await router.call(
      PluginCall(
        plugin: plugin, verb: verb, account: account, payload: Array(request.utf8), deadline: deadline, tag: request),
      http: http, progress: progress)
  }

  static let noHTTP: PluginHTTPDelegate = { _, responder in
    responder.head(WorkerHTTPHead(outcome: 0, error: "none here"))
    responder.end()
    return PluginHTTPHandle()
  }

  /// The state of a plugin once it is decided.
  func settled(_ name: String) async throws -> PluginStatus {
    _ = await states.becomes { $0.contains { $0.id == name && $0.state != .starting } }
    return try #require(await router.status(name))
  }
}

extension CallOutcome {
  /// The text of a reply.
  var text: String? { if case .replied(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil } }
}
