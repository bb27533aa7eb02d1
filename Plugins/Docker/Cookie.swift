import PluginKit
import PluginMessages

/// What the plugin must remember of an attempt between calls; the host keeps it as opaque text.
struct Cookie: PluginCookie, Equatable {
  /// What the container was last known to do.
  enum Phase: String, Codable {
    /// It was started, or is about to be: while it is young, its end is a failure.
    case starting
    /// It ran when it was last looked at, and was not young any more, or was started by us again.
    case running
    /// We stopped it.
    case stopped
    /// It ended by itself, and the log says why.
    case ended
  }

  /// Schema number; another one counts as no cookie.
  var schema = Cookie.current
  /// Version of the plugin that wrote it.
  var plugin = PluginManifest.docker.version
  /// What the container was last known to do.
  var phase: Phase
  /// Why it can never be started, in the engine's words.
  var failure: String?

  static let current = 1
  /// Without one, a container is taken for one that ran.
  static var absent: Cookie { Cookie(.running) }

  init(_ phase: Phase, failure: String? = nil) {
    self.phase = phase
    self.failure = failure.map { String($0.prefix(500)) }
  }

  enum CodingKeys: String, CodingKey {
    case schema = "v"
    case plugin, phase, failure
  }
}
