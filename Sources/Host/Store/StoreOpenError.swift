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

  /// What was found, and what to do.
  package var description: String {
    switch self {
    case .held(let path, let holder):
      "\(path) is in use by \(holder.map { "process \($0)" } ?? "another process"); stop it first"
    case .foreign(let path):
      "\(path) is not a file of this program; move it away, or name another path"
    case .newer(let path, let found, let known):
      """
      \(path) has schema \(found), and this version knows schemas up to \(known); use the version that wrote it, \
      or restore a copy from before the upgrade
      """
    case .damaged(let path, let detail):
      "\(path) is damaged (\(detail)); restore a copy, and do not delete it: it may be repaired"
    case .unusable(let path, let detail):
      "\(path) cannot be used (\(detail)); check the path, its owner and the room on its disk"
    }
  }
}
