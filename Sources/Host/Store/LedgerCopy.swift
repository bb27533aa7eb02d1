import CSQLite
import Glibc
import System

/// Whole copies of a ledger's file, made by SQLite itself, so that they are consistent while it is written to.
package enum LedgerCopy {
  /// Copies the ledger at `source`, which may be in use, to a new file of mode 0600. Durable when it returns; a copy that
  /// was cut short stands under another name, and a file that is there is never replaced. Blocks; commits go on meanwhile.
  package static func make(of source: String, at target: String) throws(StoreOpenError) {
    let partial = "\(target).partial-\(getpid())-\(Clock.wall())"
    do throws(SystemError) {
      let file = try Descriptor.open(partial, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o600)
      guard fchmod(file.raw, 0o600) == 0 else { throw SystemError("fchmod", code: errno, context: partial) }
    } catch { throw .unusable(path: target, error.description) }
    defer { unlink(partial) }
    do throws(SQLiteFailure) {
      let from = try SQLiteConnection(path: source, readOnly: true)
      defer { from.close() }
      guard try from.integer("PRAGMA application_id") == Schema.ledger.application else {
        throw SQLiteFailure(code: SQLITE_NOTADB, text: "it is not a ledger")
      }
      let found = try from.integer("PRAGMA user_version")
      guard (1...Schema.ledger.version).contains(found) else {
        throw SQLiteFailure(code: SQLITE_NOTADB, text: "its schema is \(found), known is \(Schema.ledger.version)")
      }
      let to = try SQLiteConnection(path: partial)
      defer { to.close() }
      try from.copy(to: to)
      let verdict = try to.text("PRAGMA quick_check(1)")
      guard verdict == "ok" else { throw SQLiteFailure(code: SQLITE_CORRUPT, text: verdict) }
      // One file alone: a copy that needs its log would not be whole.
      _ = try to.text("PRAGMA journal_mode = DELETE")
    } catch {
      let about = error.code & 0xFF == SQLITE_FULL ? target : source
      throw error.isDamage ? .damaged(path: about, error.description) : .unusable(path: about, error.description)
    }
    do throws(SystemError) {
      try Descriptor.open(partial, O_RDWR).sync()
      guard link(partial, target) == 0 else { throw SystemError("link", code: errno, context: target) }
      let folder = target.lastIndex(of: "/").map { $0 == target.startIndex ? "/" : String(target[..<$0]) } ?? "."
      try Descriptor.open(folder, O_RDONLY | O_DIRECTORY).sync()
    } catch { throw .unusable(path: target, error.description) }
  }
}
