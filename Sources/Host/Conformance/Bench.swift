import FoundationEssentials
import PluginMessages
import Plugins
import Synchronization
import System

/// One plugin in a worker of its own, and the requests that it makes there.
final class Bench: Sendable {
  let router: PluginRouter
  let id: String
  let manifest: PluginManifest
  private let state: String
  private let seconds: Int

  /// Why a plugin cannot be tried at all.
  struct Unloadable: Error {
    var id: String
    var reason: String
  }

  /// Name of a folder that nobody has.
  static func freshFolder() -> String {
    "\(FileManager.default.temporaryDirectory.path)/slipway-check-\(UUID().uuidString.prefix(8).lowercased())"
  }

  /// Removes a folder, where it is there.
  static func remove(_ folder: String) { try? FileManager.default.removeItem(atPath: folder) }

  /// Loads a file as a host would, from `folder`, which it makes and has for itself. `log` gets the worker's lines; any thread.
  init(
    file: String, worker: Program, libraries: [String], on reactor: Reactor, seconds: Int, in state: String,
    log: @escaping @Sendable (PluginLogLine) -> Void
  ) async throws {
    self.state = state
    self.seconds = seconds
    let folder = "\(state)/plugins"
    // Whatever it is called: a folder of plugins is searched for names that end so.
    let own = file.split(separator: "/").last.map(String.init) ?? "plugin.so"
    let name = own.hasSuffix(".so") ? own : own + ".so"
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      try FileManager.default.copyItem(atPath: file, toPath: "\(folder)/\(name)")
      try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/\(name)")
    } catch {
      Bench.remove(state)
      throw Unloadable(id: "", reason: "\(file) cannot be copied to \(folder): check that it exists and can be read")
    }
    var configuration = PluginsConfiguration(folders: [folder], store: "\(state)/store", worker: worker)
    configuration.libraries = libraries
    // A check goes on after crashes: each is a finding of its own.
    configuration.quarantineSubjects = 100_000
    router = try PluginRouter(configuration, on: reactor, sinks: PluginSinks(log: log))
    await router.scan()
    var found: PluginStatus?
    await router.settled()
    for status in await router.statuses() where status.state.name != "starting" { found = status }
    guard let found, found.state == .serving, let manifest = found.manifest else {
      await router.stop()
      Bench.remove(state)
      throw Unloadable(id: found?.id ?? "", reason: found?.state.reason ?? "it did not start")
    }
    id = found.id
    self.manifest = manifest
  }

  /// Ends the worker and removes the folder.
  func end() async {
    await router.stop()
    Bench.remove(state)
  }

  /// Calls a verb; each of its requests goes to `http`. `tag` names the call in its log lines.
  func call(
    _ verb: PluginVerb, _ payload: [UInt8], seconds limit: Int? = nil, tag: String = "",
    http: @escaping PluginHTTPDelegate
  ) async -> CallOutcome {
    await router.call(
      PluginCall(
        plugin: id, verb: verb, account: "check", payload: payload,
        deadline: Clock.monotonic() &+ UInt64(limit ?? seconds) * 1_000_000_000, tag: tag),
      http: http)
  }

  /// The verbs that it has.
  var verbs: [PluginVerb] { PluginVerb.allCases.filter { $0 != .power || manifest.capabilities.contains("power") } }
}
