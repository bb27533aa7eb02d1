package import PluginMessages

/// Where a plugin stands.
package enum PluginState: Sendable, Hashable {
  /// Its file is being read or its worker is starting.
  case starting
  /// Calls are taken.
  case serving
  /// Its worker died; the next start is at that time of `Clock.monotonic`.
  case backoff(until: UInt64, reason: String)
  /// The file is no plugin for this host; nothing is tried again until it changes and is reloaded.
  case refused(reason: String)
  /// The host is stopping.
  case stopped

  /// One word for people and programs.
  package var name: String {
    switch self {
    case .starting: "starting"
    case .serving: "serving"
    case .backoff: "backoff"
    case .refused: "refused"
    case .stopped: "stopped"
    }
  }

  /// Why it does not serve, or nil.
  package var reason: String? {
    switch self {
    case .backoff(_, let reason), .refused(let reason): reason
    case .starting, .serving, .stopped: nil
    }
  }
}

/// A plugin as people see it.
package struct PluginStatus: Sendable, Hashable {
  /// Its id; the file's stem while the plugin has never said one.
  package var id: String
  /// Name for people; the file's name where there is none.
  package var name: String
  /// Version; empty while unknown.
  package var version: String
  /// Path of the dropped file.
  package var file: String
  /// SHA-256 of the image that serves or starts; empty while unknown.
  package var sha256: String
  /// Where it stands.
  package var state: PluginState
  /// Process id of the worker that serves or starts.
  package var pid: Int32?
  /// Number of the image, from 1; each change of the file makes the next one.
  package var generation: Int
  /// Workers that died.
  package var restarts: Int
  /// Wall clock, milliseconds since 1970, since when it stands there.
  package var since: Int64
  /// ABI version in use; empty while unknown.
  package var abi: String
  /// What the worker enforced on itself.
  package var enforced: [String]
  /// The checked manifest of the image that serves, or served last.
  package var manifest: PluginManifest?
  /// Calls given to the plugin and not returned.
  package var inFlight: Int
  /// Calls that wait for a slot.
  package var waiting: Int
  /// Why the last reload did not take, or nil.
  package var reloadFault: String?
}

/// A line for the log, of a plugin or about one.
package struct PluginLogLine: Sendable, Hashable {
  /// The plugin's id, or its file's stem.
  package let plugin: String
  /// The worker, where one wrote it.
  package let pid: Int32?
  /// 0 debug, 1 info, 2 warning, 3 error.
  package let level: UInt8
  /// The line, without control characters.
  package let message: String
  /// A JSON object as the plugin wrote it, without control characters; may be empty.
  package let fields: String
  /// Tag of the call that wrote it; empty where it belongs to none.
  package let tag: String
}
