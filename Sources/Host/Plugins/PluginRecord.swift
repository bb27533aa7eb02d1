/// What the host remembers of a plugin file across restarts.
package struct PluginRecord: Sendable, Hashable, Codable {
  /// Schema of this record that is written.
  package static let schema = 1

  /// A subject that is not called any more with one image.
  package struct Parked: Sendable, Hashable, Codable {
    /// What.
    package let subject: CrashSubject
    /// The image that it crashed.
    package let sha256: String
    /// Why, for people.
    package let reason: String
  }

  /// Schema number.
  package var schema = Self.schema
  /// The file's folder.
  package var folder: String
  /// The file's name.
  package var name: String
  /// The id that the plugin told.
  package var id: String?
  /// Digest of the image that serves, or served last.
  package var current: String?
  /// Digest of the one before.
  package var previous: String?
  /// Images that are not started again by themselves, and why: crashed soon after a switch, rolled back.
  package var setAside: [String: String] = [:]
  /// Whether the operator has switched the plugin off.
  package var isDisabled = false
  /// What is parked, at most 1000.
  package var parked: [Parked] = []

  /// Makes the record of a file that was never seen.
  package init(_ file: PluginFile) {
    folder = file.folder
    name = file.name
  }

  /// The file.
  package var file: PluginFile { PluginFile(folder: folder, name: name) }

  /// Another image serves now; the one that did is the one to go back to.
  package mutating func switched(to sha256: String) {
    setAside[sha256] = nil
    if current != sha256 { previous = current }
    current = sha256
    parked.removeAll { $0.sha256 != sha256 }
  }

  /// The image to start next: the file's own, then the one that served, then the one before; nil where each is barred
  /// or was tried in vain.
  package func next(file: String?, barred: (String) -> Bool, tried: Set<String>) -> String? {
    [file, current, previous].compactMap(\.self).first {
      !tried.contains($0) && setAside[$0] == nil && !barred($0)
    }
  }

  /// The image to go back to when the one that serves turns out bad, or nil.
  package func fallback(from sha256: String, barred: (String) -> Bool) -> String? {
    [previous, current].compactMap(\.self).first { $0 != sha256 && setAside[$0] == nil && !barred($0) }
  }
}

/// Why an image is not run any more, whatever file it is in.
package struct PluginQuarantine: Sendable, Hashable, Codable {
  /// Digest of the image.
  package var sha256: String
  /// The plugin's id, or its file's stem.
  package var plugin: String
  /// One sentence.
  package var reason: String
  /// Wall clock, milliseconds since 1970.
  package var at: Int64
  /// How the last worker ended, such as `killed by signal 11 (SIGSEGV)`.
  package var end: String
  /// Calls that were under way then, such as `poll of 01J…`.
  package var calls: [String]
  /// The last lines of its log, oldest first, at most 200.
  package var lines: [String]

  /// Makes an entry.
  package init(
    sha256: String, plugin: String, reason: String, at: Int64, end: String, calls: [String], lines: [String]
  ) {
    self.sha256 = sha256
    self.plugin = plugin
    self.reason = reason
    self.at = at
    self.end = end
    self.calls = calls
    self.lines = lines
  }
}
