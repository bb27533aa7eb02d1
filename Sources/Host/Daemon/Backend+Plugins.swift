package import Control
import Core
import Model
package import PluginMessages

extension Backend {
  /// All plugins that were found; with `settled`, once each serves or says why not.
  package func plugins(settled: Bool) async throws(ControlFailure) -> [PluginView] {
    if settled { await directory.settled() }
    return await directory.views()
  }

  /// All plugins now and after every change.
  package func watchPlugins() async throws(ControlFailure) -> AsyncStream<[PluginView]> {
    let beats = PluginBeats(pluginWatchers.add())
    return AsyncStream { [directory] in await beats.next() ? await directory.views() : nil }
  }

  /// One plugin.
  package func plugin(_ id: String) async throws(ControlFailure) -> PluginView {
    let views = await directory.views()
    // One that never told its id goes by its file's name, which people write as they like.
    let spelled = views.first { $0.id == id } ?? views.first { $0.id.lowercased() == id.lowercased() }
    guard var view = spelled else {
      throw notFound("plugin", id, among: views.filter(\.hasToldItsID).map(\.id))
    }
    if view.state != "serving" || !view.quarantine.isEmpty {
      let accounts = await registry.allAccounts.filter { $0.plugin == view.id }.map(\.name)
      view.billed = await pump.read { engine in
        Set(accounts.flatMap { engine.resources(on: $0) }).sorted().map(\.description)
      }
    }
    return view
  }

  /// What a person should look at though the plugin serves, or by an operator's will does not.
  static func warnings(_ plugin: PluginView) -> [String] {
    var lines: [String] = []
    if plugin.state == "disabled" { lines.append("plugin \(plugin.id) is disabled") }
    if plugin.state == "serving", let held = plugin.held { lines.append("plugin \(plugin.id): \(held.reason)") }
    if !plugin.filePresent { lines.append("plugin \(plugin.id): its file \(plugin.file) is gone; nothing new is made") }
    if !plugin.parked.isEmpty { lines.append("plugin \(plugin.id): \(plugin.parked.count) calls are parked") }
    return lines
  }

  /// Carries a command about a plugin out; returns when its end is decided.
  package func steerPlugin(_ id: String, _ command: PluginCommand) async throws(ControlFailure) -> PluginView {
    let id = try await plugin(id).id
    if let problem = await directory.steer(id, command) {
      throw ControlFailure(.conflict, problem, remedy: "see `slipway plugin show \(id)`")
    }
    return try await plugin(id)
  }

  /// Puts a copy of a file into a plugin folder and waits until it serves or will not.
  package func installPlugin(_ path: String) async throws(ControlFailure) -> PluginView {
    switch await directory.install(path) {
    case .success(let view): return view
    case .failure(let problem):
      throw ControlFailure(.invalidSpec, problem.text, remedy: "correct the file and install it again")
    }
  }

  /// Approves what the image of that digest asks for, on every account of the plugin, and serves it.
  package func approvePlugin(_ id: String, sha256: String) async throws(ControlFailure) -> PluginView {
    let view = try await plugin(id)
    guard let waiting = consents.waiting(id) else {
      throw ControlFailure(
        .conflict, "no image of plugin \(id) waits for approval", found: view.state,
        remedy: "see `slipway plugin show \(id)`")
    }
    guard waiting.sha256 == sha256 else {
      throw ControlFailure(
        .conflict, "another image of plugin \(id) waits for approval by now", expected: waiting.sha256, found: sha256,
        remedy: "look at what it asks for: `slipway plugin approve \(id)`")
    }
    let accounts = await registry.allAccounts.filter { $0.plugin == id }
    if let bare = accounts.first(where: { $0.credential == nil }),
      let endpoint = waiting.manifest.endpoints.first(where: { $0.auth.kind != .none })
    {
      throw ControlFailure(
        .conflict, "endpoint \(endpoint.name) needs a credential, and account \(bare.name) has none",
        remedy: "remove the account and add it again with a credential")
    }
    for account in accounts {
      let next = PluginGate.approved(account, waiting.manifest)
      try await stored { try await registry.put(next) }
    }
    return try await steerPlugin(id, .reload)
  }
}

/// What waits for an operator's approval.
package protocol PluginConsents: Sendable {
  /// The image of a plugin that waits, or nil.
  func waiting(_ plugin: String) -> (sha256: String, manifest: PluginManifest)?
}

extension PluginGate: PluginConsents {
  func waiting(_ plugin: String) -> (sha256: String, manifest: PluginManifest)? {
    pending(plugin).map { ($0.sha256, $0.manifest) }
  }
}

extension PluginView {
  /// Whether it has told its id; until then it goes by its file's name.
  var hasToldItsID: Bool { !version.isEmpty }
}
