import FoundationEssentials

extension PluginRouter {
  /// All plugins, in order of precedence, with the memory of their workers.
  package func statuses() async -> [PluginStatus] {
    let statuses = supervisors.map(\.status)
    return await onDisk { statuses.map { WorkerMemory.added(to: $0) } }
  }

  /// The plugin of that id, or of that file's stem where none has the id; nil where there is none.
  package func status(_ id: String) async -> PluginStatus? {
    guard let status = supervisor(id)?.status else { return nil }
    return await onDisk { WorkerMemory.added(to: status) }
  }

  /// The manifest and schemas of a plugin that serves or has served; nil before.
  package func manifest(_ id: String) -> CheckedManifest? { owners[id]?.checked }

  /// Whether nothing new is to be made with a plugin: its file is gone.
  package func isWithdrawn(_ id: String) -> Bool { owners[id].map { !$0.isFilePresent } ?? false }

  /// What is not called any more of a verb, and why, by the caller's name for it.
  package func parked(_ verb: PluginVerb, plugin id: String) -> [String: String] {
    let parked = owners[id]?.record.parked.filter { $0.subject.verb == verb.name } ?? []
    return Dictionary(parked.map { ($0.subject.subject, $0.reason) }) { first, _ in first }
  }

  /// Carries a command out and waits until its end is decided; nil where there is no such plugin.
  package func steer(_ id: String, _ action: PluginAction) async throws(PluginSteerFault) -> PluginStatus? {
    guard let supervisor = supervisor(id) else { return nil }
    let result: Result<PluginStatus, PluginSteerFault> = await withCheckedContinuation { continuation in
      do throws(PluginSteerFault) {
        try supervisor.steer(action) { continuation.resume(returning: .success($0)) }
      } catch {
        continuation.resume(returning: .failure(error))
      }
    }
    return try result.get()
  }

  /// Reads the plugin's file again and serves it with a new worker; the old one goes on until that one is ready,
  /// and for good when it is refused. Returns once that is decided; nil where there is no such plugin.
  package func reload(_ id: String) async -> PluginStatus? { (try? await steer(id, .reload)) ?? nil }

  /// Puts a copy of a file into the first plugin folder, and waits until it serves or will not.
  /// - Parameter path: absolute path of a file NAME.so.
  package func install(_ path: String) async throws(PluginSteerFault) -> PluginStatus {
    guard let folder = await folderForNew() else {
      throw PluginSteerFault(text: "no plugin folder is configured; name one: `slipway serve --plugins DIR`")
    }
    installing += 1
    defer { installing -= 1 }
    let store = store
    let result = await onDisk { Result { () throws(PluginStoreFault) in try store.install(path, into: folder) } }
    let file: PluginFile
    do throws(PluginStoreFault) { file = try result.get() } catch { throw PluginSteerFault(text: error.description) }
    await scan()
    guard let supervisor = supervisors.first(where: { $0.file == file }) else {
      throw PluginSteerFault(text: "\(file.path): was installed, and is gone again; see who else writes to that folder")
    }
    if supervisor.record.isDisabled { return supervisor.status }
    return await withCheckedContinuation { continuation in
      supervisor.awaitNewest { continuation.resume(returning: $0) }
    }
  }

  private func folderForNew() async -> String? {
    let folders = configuration.folders
    return await onDisk { folders.first { FileManager.default.fileExists(atPath: $0) } ?? folders.first }
  }

  private func supervisor(_ id: String) -> PluginSupervisor? {
    owners[id] ?? supervisors.first { $0.name == id || $0.file.name == id }
  }
}

/// Memory of worker processes, from /proc.
enum WorkerMemory {
  /// The status with the anonymous memory of each generation's workers. Blocks for the time of reading /proc.
  static func added(to status: PluginStatus) -> PluginStatus {
    var status = status
    for index in status.generations.indices {
      let sizes = status.generations[index].pids.compactMap(anonymous)
      if !sizes.isEmpty { status.generations[index].memory = sizes.reduce(0, &+) }
    }
    return status
  }

  /// RssAnon of a process in bytes: proc(5).
  private static func anonymous(_ pid: Int32) -> UInt64? {
    guard let data = FileManager.default.contents(atPath: "/proc/\(pid)/status") else { return nil }
    let line = String(decoding: data, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { UInt64($0) }
    return kilobytes.map { min($0, 1 << 40) << 10 }
  }
}
