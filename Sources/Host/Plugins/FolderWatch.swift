import System

/// Watches the plugin folders, and tells which files to look at, once they are whole.
///
/// A folder that is not there is waited for at the nearest one above it. `@unchecked Sendable`: confined to the loop
/// thread; every method is called there, as is the handler.
final class FolderWatch: @unchecked Sendable {
  private let folders: [String]
  private let reactor: Reactor
  private let changed: (Set<String>?) -> Void
  private var events: DirectoryEvents?
  /// Folder by watch; a folder above a missing one stands for nothing but itself.
  private var watched: [Int32: (path: String, isFolder: Bool)] = [:]
  private var quiet: FileQuiet
  private var timer: ReactorTimer?

  /// `changed` is called with the paths to look at; nil: look at everything.
  init(_ folders: [String], quiet: Duration, on reactor: Reactor, changed: @escaping (Set<String>?) -> Void) {
    self.folders = folders
    self.reactor = reactor
    self.changed = changed
    self.quiet = FileQuiet(span: quiet.nanoseconds)
  }

  /// Begins to watch.
  func begin() throws(SystemError) {
    events = try DirectoryEvents(on: reactor) { [weak self] in self?.take($0) }
    arm()
  }

  /// Ends it.
  func cancel() {
    timer?.cancel()
    events?.cancel()
    events = nil
  }

  /// Watches each folder, or what is there of its path.
  private func arm() {
    guard let events else { return }
    var fresh: [Int32: (path: String, isFolder: Bool)] = [:]
    for folder in folders {
      var path = folder
      while true {
        if let number = try? events.add(path) {
          fresh[number] = (path, path == folder || fresh[number]?.isFolder == true)
          break
        }
        guard let cut = path.lastIndex(of: "/"), path != "/" else { break }
        path = cut == path.startIndex ? "/" : String(path[..<cut])
      }
    }
    for number in watched.keys where fresh[number] == nil { events.remove(number) }
    watched = fresh
  }

  private func take(_ news: [DirectoryEvent]) {
    var now: Set<String> = []
    var everything = false
    let time = Clock.monotonic()
    for event in news {
      if event.kind == .overflow {
        everything = true
        continue
      }
      guard let (path, isFolder) = watched[event.directory] else { continue }
      if event.kind == .directoryGone {
        everything = true
      } else if !isFolder {
        // Something was made above a folder that is missing; if it is the folder, its files come with it.
        if event.kind == .arrived || event.kind == .writing { everything = everything || leads(path, event.name) }
      } else if let file = Self.file(event.name) {
        note(event.kind, "\(path)/\(file)", time, &now)
      }
    }
    if everything {
      arm()
      changed(nil)
    } else if !now.isEmpty {
      changed(now)
    }
    wait()
  }

  private func note(_ kind: DirectoryEvent.Kind, _ path: String, _ time: UInt64, _ now: inout Set<String>) {
    switch kind {
    case .arrived, .left:
      quiet.decided(path)
      now.insert(path)
    case .written, .attributes: quiet.written(path, at: time)
    case .writing: quiet.writing(path, at: time)
    case .directoryGone, .overflow: break
    }
  }

  private func leads(_ path: String, _ name: String) -> Bool {
    let place = path == "/" ? "/\(name)" : "\(path)/\(name)"
    return folders.contains { $0 == place || $0.hasPrefix("\(place)/") }
  }

  /// The plugin file that a name is about: itself, or the file that it signs.
  private static func file(_ name: String) -> String? {
    let name = name.hasSuffix(".so.sig") ? String(name.dropLast(4)) : name
    return name.hasSuffix(".so") && !name.hasPrefix(".") ? name : nil
  }

  private func wait() {
    timer?.cancel()
    timer = quiet.next.map { at in
      reactor.schedule(at: at) { [weak self] in
        guard let self else { return }
        let ready = quiet.take(at: Clock.monotonic())
        if !ready.isEmpty { changed(Set(ready)) }
        wait()
      }
    }
  }
}
