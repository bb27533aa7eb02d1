import EvilPlugins
import Foundation
import Plugins
import System

/// A host's side of plugins in this process, with one plugin in C that answers each call with its request.
final class EchoRig: Sendable {
  let router: PluginRouter
  private let folder: String

  init(on reactor: Reactor, plugin: String? = nil) async throws {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    folder = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    let plugins = "\(folder)/plugins"
    try FileManager.default.createDirectory(
      atPath: plugins, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let file = try plugin ?? EvilPlugin.build("echo")
    let name = URL(filePath: file).lastPathComponent
    try FileManager.default.copyItem(atPath: file, toPath: "\(plugins)/\(name)")
    let configuration = PluginsConfiguration(
      folders: [plugins], store: "\(folder)/store", worker: .path("\(programs)/slipway-worker"))
    router = try PluginRouter(configuration, on: reactor, sinks: PluginSinks())
    await router.scan()
  }

  /// Calls once; throws unless it is answered.
  func echo(_ payload: [UInt8], account: String = "a", verb: PluginVerb = .poll) async throws {
    let call = PluginCall(
      plugin: "evil", verb: verb, account: account, payload: payload,
      deadline: Clock.monotonic() &+ 10_000_000_000)
    let outcome = await router.call(call, http: { _, _ in PluginHTTPHandle() })
    guard case .replied(let bytes) = outcome, bytes.count == payload.count else {
      throw Unmeasured("an echo was answered with \(outcome)")
    }
  }

  /// Process ids of the workers.
  func workers() async -> [Int32] { await router.statuses().compactMap(\.pid) }

  func end() async {
    await router.stop()
    try? FileManager.default.removeItem(atPath: folder)
  }
}
