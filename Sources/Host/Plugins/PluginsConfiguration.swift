package import System

/// Everything that the plugins' side of the host is told from outside.
package struct PluginsConfiguration: Sendable {
  /// Plugin folders, in order of precedence.
  package var folders: [String]
  /// Folders that need not be there.
  package var optionalFolders: Set<String> = []
  /// The operator's pins and keys.
  package var trust = TrustFiles()
  /// Directory of the image store; made when missing, its parent must exist.
  package var store: String
  /// The worker program; best a descriptor that was opened when the host started.
  package var worker: Program
  /// Folders for LD_LIBRARY_PATH of the workers, before the Swift runtime's; workers may read what is in them.
  package var libraries: [String] = []
  /// What workers may do.
  package var sandbox = SandboxPolicy()
  /// From start to READY.
  package var handshake: Duration = .seconds(10)
  /// How long a condemned worker whose calls all have their outcome may still bring a late reply.
  package var lateGrace: Duration = .seconds(10)
  /// From asking a worker to end until its process group is killed.
  package var killGrace: Duration = .seconds(5)
  /// Calls wait through a restart that is this near; beyond, they are told that the plugin is not serving.
  package var patience: Duration = .seconds(1)
  /// A call of this age is reason to ask its worker for a sign of life.
  package var pingAfter: Duration = .seconds(1)
  /// A worker that gives none for this long is ended.
  package var pingGrace: Duration = .seconds(30)
  /// Workers at most of a plugin that takes one call at a time; each busy account gets one.
  package var mostWorkers = 4
  /// How long a worker that was added for a busy time stays without a call.
  package var idle: Duration = .seconds(60)
  /// When dead workers are replaced.
  package var restart = RestartPolicy()
  /// After a switch a crash within this time brings the previous image back.
  package var probation: Duration = .seconds(60)
  /// Generations at most that finish what they have; further reloads wait, and become one.
  package var mostDraining = 3
  /// Starts in vain in a row after which an image is quarantined.
  package var quarantineLoads = 5
  /// Different things that an image crashes on within ten minutes until it is quarantined.
  package var quarantineSubjects = 3
  /// Lines a second that a plugin may write; twice as many at once.
  package var linesPerSecond = 100
  /// How long a file must not have been written to before it is read; one that is renamed into place is read at once.
  package var quiet: Duration = .milliseconds(100)
  /// Called between the steps of taking a file in; tests end the host there.
  package var onStoreStep: @Sendable (PluginStore.Step) -> Void = { _ in }
  /// Called before frames go to a worker (true) and after frames came from one (false); tests end the host there.
  package var onFrame: (@Sendable (_ isOut: Bool) -> Void)?

  /// Makes a configuration with defaults for the rest.
  package init(folders: [String], store: String, worker: Program) {
    self.folders = folders
    self.store = store
    self.worker = worker
  }
}

/// Where the plugins' side reports to. All are called on the loop thread and must not block.
package struct PluginSinks: Sendable {
  /// Lines for the log.
  package var log: @Sendable (PluginLogLine) -> Void
  /// Answers that came too late.
  package var lateReply: @Sendable (LateReply) -> Void
  /// A plugin's state has changed.
  package var status: @Sendable (PluginStatus) -> Void
  /// Something that the list of plugins shows has changed: a state, an image, a file, a plugin that came or went.
  package var changed: @Sendable () -> Void
  /// Something is not called any more.
  package var parked: @Sendable (ParkedCall) -> Void

  /// Makes sinks; what is left out goes nowhere.
  package init(
    log: @escaping @Sendable (PluginLogLine) -> Void = { _ in },
    lateReply: @escaping @Sendable (LateReply) -> Void = { _ in },
    status: @escaping @Sendable (PluginStatus) -> Void = { _ in },
    changed: @escaping @Sendable () -> Void = {},
    parked: @escaping @Sendable (ParkedCall) -> Void = { _ in }
  ) {
    self.log = log
    self.lateReply = lateReply
    self.status = status
    self.changed = changed
    self.parked = parked
  }
}
