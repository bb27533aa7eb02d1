import System

/// The images that are not run any more, kept across restarts.
///
/// `@unchecked Sendable`: confined to the loop thread; writes go to the thread for the disk.
final class QuarantineBook: @unchecked Sendable {
  private(set) var entries: [String: PluginQuarantine] = [:]
  private let store: PluginStore
  private let files: Reactor
  private let failed: @Sendable (String) -> Void

  init(_ store: PluginStore, files: Reactor, failed: @escaping @Sendable (String) -> Void) {
    self.store = store
    self.files = files
    self.failed = failed
  }

  func adopt(_ entries: [String: PluginQuarantine]) { self.entries = entries }

  func contains(_ sha256: String) -> Bool { entries[sha256] != nil }

  func add(_ entry: PluginQuarantine) {
    entries[entry.sha256] = entry
    let (store, failed) = (store, failed)
    files.submit {
      do throws(SystemError) { try store.save(entry) } catch {
        failed("the quarantine of \(entry.plugin) cannot be written and ends with this process: \(error)")
      }
    }
  }

  func release(_ sha256: String) {
    guard entries.removeValue(forKey: sha256) != nil else { return }
    let store = store
    files.submit { store.release(sha256) }
  }
}
