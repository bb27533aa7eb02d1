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
  /// It is gone, or another one or an empty one is in its place.
  case lost(path: String, expected: String, found: String)
  /// The file system refused.
  case unusable(path: String, String)

  /// The file, and in one word what is the matter with it.
  package var thing: String {
    switch self {
    case .held(let path, _): "\(path) is in use"
    case .foreign(let path): "\(path) is not ours"
    case .newer(let path, _, _): "\(path) is too new"
    case .damaged(let path, _): "\(path) is damaged"
    case .lost(let path, _, _): "\(path) is not the ledger that was here"
    case .unusable(let path, _): "\(path) cannot be used"
    }
  }

  /// What would have been right.
  package var expected: String {
    switch self {
    case .held: "that no other process uses it"
    case .foreign: "a file of this program"
    case .newer(_, _, let known): "at most schema \(known), which this version knows"
    case .damaged: "what this program wrote"
    case .lost(_, let expected, _): expected
    case .unusable: "to read and write it"
    }
  }

  /// What was there instead.
  package var found: String {
    switch self {
    case .held(_, let holder): holder.map { "process \($0)" } ?? "one"
    case .foreign: "a database of another one"
    case .newer(_, let found, _): "schema \(found)"
    case .damaged(_, let detail), .unusable(_, let detail): detail
    case .lost(_, _, let found): found
    }
  }

  /// The file, what was expected of it, and what was found.
  package var message: String { "\(thing): expected \(expected), found \(found)" }

  /// What to do.
  package var remedy: String {
    switch self {
    case .held: "stop that process first"
    case .foreign: "move it away, or name another path"
    case .newer: "use the version that wrote it, or restore a copy from before the upgrade"
    case .damaged: "restore a backup (`slipway restore FILE`), and keep this file: it may be repaired"
    case .lost:
      "put the ledger back, with its log (-wal) if there is one, or restore a backup (`slipway restore FILE`); "
        + "a new installation needs a state directory of its own (`slipway serve --state DIR`)"
    case .unusable: "check the path, its owner and the room on its disk"
    }
  }

  /// Both, for people.
  package var description: String { "\(message); \(remedy)" }
}
