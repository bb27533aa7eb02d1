package import PluginMessages

/// Where a plugin stands.
package enum PluginState: Sendable, Hashable {
  /// Its file is being read or its worker is starting.
  case starting
  /// Calls are taken.
  case serving
  /// Its worker died; the next start is at that time of `Clock.monotonic`.
  case backoff(until: UInt64, reason: String)
  /// The file is being written, as it seems; it is read again when that has ended.
  case incomplete(reason: String)
  /// The file is no plugin for this host; nothing is tried again until it changes or is reloaded.
  case refused(reason: String)
  /// The image asks for more than was approved, and there is none that served before.
  case needsApproval(reason: String)
  /// The image has crashed too often; nothing is tried again until the file changes or the plugin is reset.
  case quarantined(reason: String)
  /// The operator has switched it off.
  case disabled
  /// The host is stopping.
  case stopped

  /// One word for people and programs.
  package var name: String {
    switch self {
    case .starting: "starting"
    case .serving: "serving"
    case .backoff: "backoff"
    case .incomplete: "incomplete"
    case .refused: "refused"
    case .needsApproval: "needs_approval"
    case .quarantined: "quarantined"
    case .disabled: "disabled"
    case .stopped: "stopped"
    }
  }

  /// Whether it stays so until the file changes or somebody acts.
  var isStanding: Bool {
    switch self {
    case .refused, .incomplete, .needsApproval, .quarantined, .disabled: true
    case .starting, .serving, .backoff, .stopped: false
    }
  }

  /// Why it does not serve, or nil.
  package var reason: String? {
    switch self {
    case .backoff(_, let reason), .refused(let reason), .incomplete(let reason), .needsApproval(let reason),
      .quarantined(let reason):
      reason
    case .disabled: "it is switched off; `slipway plugin enable` switches it on"
    case .starting, .serving, .stopped: nil
    }
  }
}

/// Why the newest image does not serve.
package struct PluginFault: Sendable, Hashable {
  /// Its digest; nil where the file was not even taken in.
  package var sha256: String?
  /// Its version, where it told one.
  package var version: String?
  /// Why, with the remedy.
  package var reason: String
  /// What it asks for beyond what was approved; empty where that is not the reason.
  package var asks: [String] = []
}

/// One generation as people see it.
package struct GenerationStatus: Sendable, Hashable {
  /// Its number.
  package var number: Int
  /// Digest of its image.
  package var sha256: String
  /// Its version.
  package var version: String
  /// Whether it only finishes what it has.
  package var isDraining: Bool
  /// Its workers.
  package var pids: [Int32]
  /// Calls that run.
  package var inFlight: Int
  /// What it has done.
  package var metrics: GenerationMetrics
  /// Anonymous memory of its workers, bytes; nil where it was not looked up.
  package var memory: UInt64?
  /// Nanoseconds from starting the first of its workers that live until its plugin was loaded; nil where none is.
  package var readyAfter: UInt64?
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
  /// Process id of a worker that serves or starts.
  package var pid: Int32?
  /// Number of the generation, from 1; each switch makes the next one.
  package var generation: Int
  /// Workers that died.
  package var restarts: Int
  /// Wall clock, milliseconds since 1970, since when it stands there.
  package var since: Int64
  /// ABI version in use; empty while unknown.
  package var abi: String
  /// What the worker enforced on itself before it loaded the plugin; nil before it said so.
  package var sandbox: SandboxReport?
  /// How the last worker ended that should not have, or nil.
  package var lastEnd: PluginEnd?
  /// The checked manifest of the image that serves, or served last.
  package var manifest: PluginManifest?
  /// Calls given to the plugin and not returned.
  package var inFlight: Int
  /// Calls that wait for a slot.
  package var waiting: Int
  /// Why the newest image does not serve, or nil.
  package var fault: PluginFault?
  /// Whether the file is there; without it the stored image serves what exists, and nothing new is provisioned.
  package var isFilePresent: Bool
  /// Digest of the image that served before, which `rollback` serves; nil: none.
  package var previous: String?
  /// The generations at work, the serving one first.
  package var generations: [GenerationStatus]
  /// Images of the plugin that are not run any more.
  package var quarantine: [PluginQuarantine]
  /// Calls that are not made any more, because they crashed the image.
  package var parked: [PluginRecord.Parked]

  /// Why the newest image does not serve, or nil.
  package var reloadFault: String? { fault?.reason }
}

/// A line for the log, of a plugin or about one.
package struct PluginLogLine: Sendable, Hashable {
  /// The plugin's id, or its file's stem; empty for what concerns none.
  package let plugin: String
  /// The generation, where a worker wrote it.
  package var generation: Int?
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

/// A call that is not made any more.
package struct ParkedCall: Sendable, Hashable {
  /// The plugin's id.
  package let plugin: String
  /// The verb and what it was about.
  package let subject: CrashSubject
  /// Why, for people.
  package let reason: String
}
