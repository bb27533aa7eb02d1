package import System

/// Everything that the plugins' side of the host is told from outside.
package struct PluginsConfiguration: Sendable {
  /// Plugin folders, in order of precedence.
  package var folders: [String]
  /// Directory of the image store; made when missing, its parent must exist.
  package var store: String
  /// The worker program; best a descriptor that was opened when the host started.
  package var worker: Program
  /// Folders for LD_LIBRARY_PATH of the workers; none by default.
  package var libraries: [String] = []
  /// From start to READY.
  package var handshake: Duration = .seconds(10)
  /// How long a condemned worker whose calls all have their outcome may still bring a late reply.
  package var lateGrace: Duration = .seconds(10)
  /// From asking a worker to end until its process group is killed.
  package var killGrace: Duration = .seconds(5)
  /// Calls wait through a restart that is this near; beyond, they are told that the plugin is not serving.
  package var patience: Duration = .seconds(1)
  /// When dead workers are replaced.
  package var restart = RestartPolicy()
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

  /// Makes sinks; what is left out goes nowhere.
  package init(
    log: @escaping @Sendable (PluginLogLine) -> Void = { _ in },
    lateReply: @escaping @Sendable (LateReply) -> Void = { _ in },
    status: @escaping @Sendable (PluginStatus) -> Void = { _ in }
  ) {
    self.log = log
    self.lateReply = lateReply
    self.status = status
  }
}
