/// Why a ledger or an archive was not opened. The file is as it was.
package enum StoreOpenError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Another process uses it; its id where that is known.
  case held(path: String, by: Int32?)
  /// The file is a database of some other program.
  case foreign(path: String)
  /// A newer version of this program wrote it.
  case newer(path: String, found: Int64, known: Int64)
  /// Its content is not what was written.
  case damaged(path: String, String)
  /// The file system refused.
  case unusable(path: String, String)

  /// The file, what was expected of it, and what was found.
  package var message: String {
    switch self {
    case .held(let path, let holder):
      "\(path): expected that no other process uses it, found \(holder.map { "process \($0)" } ?? "one")"
    case .foreign(let path):
      "\(path): expected a file of this program, found a database of another one"
    case .newer(let path, let found, let known):
      "\(path): expected at most schema \(known), which this version knows, found schema \(found)"
    case .damaged(let path, let detail):
      "\(path) is damaged: expected what this program wrote, found \(detail)"
    case .unusable(let path, let detail):
      "\(path) cannot be used: expected to read and write it, found \(detail)"
    }
  }

  /// What to do.
  package var remedy: String {
    switch self {
    case .held: "stop that process first"
    case .foreign: "move it away, or name another path"
    case .newer: "use the version that wrote it, or restore a copy from before the upgrade"
    case .damaged: "restore a backup (`slipway restore FILE`), and keep this file: it may be repaired"
    case .unusable: "check the path, its owner and the room on its disk"
    }
  }

  /// Both, for people.
  package var description: String { "\(message); \(remedy)" }
}
