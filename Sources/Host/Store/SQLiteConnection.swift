import CSQLite

/// One connection to one database file.
///
/// Not thread-safe: its owner keeps it to one thread or behind one lock, and so SQLite's own mutexes are off.
/// `@unchecked Sendable` because of that contract: handing it over between threads is safe, sharing is not.
final class SQLiteConnection: @unchecked Sendable {
  /// Valid from `init` to `close`.
  private var handle: OpaquePointer?
  private var statements: [String: SQLiteStatement] = [:]
  /// Pages in the write-ahead log after the last commit; SQLite writes it through a pointer, so it has a fixed place.
  private let walPages: UnsafeMutablePointer<Int32>

  /// Opens an existing file.
  init(path: String, readOnly: Bool = false) throws(SQLiteFailure) {
    walPages = .allocate(capacity: 1)
    walPages.initialize(to: 0)
    let flags = (readOnly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW
    let code = sqlite3_open_v2(path, &handle, flags, nil)
    guard code == SQLITE_OK else {
      let failure = failure(code)
      close()
      throw failure
    }
    sqlite3_extended_result_codes(handle, 1)
    sqlite3_busy_timeout(handle, 5000)
  }

  deinit {
    close()
    walPages.deallocate()
  }

  /// Closes it; every later call fails.
  func close() {
    statements = [:]
    sqlite3_close_v2(handle)
    handle = nil
  }

  /// Runs statements that give no rows and take no parameters.
  func run(_ sql: String) throws(SQLiteFailure) {
    let code = sqlite3_exec(handle, sql, nil, nil, nil)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// The statement for that text, compiled once, reset and without parameters.
  func statement(_ sql: String) throws(SQLiteFailure) -> SQLiteStatement {
    if let known = statements[sql] {
      known.reset()
      return known
    }
    var compiled: OpaquePointer?
    let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &compiled, nil)
    guard code == SQLITE_OK, let compiled else { throw failure(code) }
    let statement = SQLiteStatement(compiled, of: self)
    statements[sql] = statement
    return statement
  }

  /// The first column of the first row as an integer; 0 where there is no row.
  func integer(_ sql: String) throws(SQLiteFailure) -> Int64 {
    let query = try statement(sql)
    defer { query.reset() }
    return try query.step() ? query.integer(0) : 0
  }

  /// The first column of the first row as text; empty where there is no row.
  func text(_ sql: String) throws(SQLiteFailure) -> String {
    let query = try statement(sql)
    defer { query.reset() }
    return try query.step() ? query.text(0) : ""
  }

  /// Undoes the open transaction, if SQLite has not done so by itself.
  func rollback() {
    // A rollback that fails leaves a transaction that no commit will ever end, which is as good as undone.
    if sqlite3_get_autocommit(handle) == 0 { try? run("ROLLBACK") }
  }

  /// Whether `close` leaves the log as it is. Otherwise the last connection writes it into the database and deletes it.
  func keepLog(_ keeps: Bool) throws(SQLiteFailure) {
    let code = slipway_sqlite_keep_log(handle, keeps ? 1 : 0)
    guard code == SQLITE_OK else { throw failure(code) }
  }

  /// Takes checkpoints into the owner's hands: SQLite's automatic ones hide their errors.
  func manualCheckpoints() {
    sqlite3_wal_hook(
      handle,
      { context, _, _, pages in
        context?.assumingMemoryBound(to: Int32.self).pointee = pages
        return SQLITE_OK
      }, walPages)
  }

  /// Copies the log into the database once it has that many pages, as far as readers allow.
  func checkpoint(from pages: Int32) throws(SQLiteFailure) {
    guard walPages.pointee >= pages else { return }
    walPages.pointee = 0
    let code = sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil)
    // Busy: a reader is in the way; the next commit tries again.
    guard code == SQLITE_OK || code & 0xFF == SQLITE_BUSY else { throw failure(code) }
  }

  /// Copies everything into another connection's file, as it is at one moment.
  func copy(to other: SQLiteConnection) throws(SQLiteFailure) {
    guard let backup = sqlite3_backup_init(other.handle, "main", handle, "main") else {
      throw other.failure(sqlite3_errcode(other.handle))
    }
    let stepped = sqlite3_backup_step(backup, -1)
    let finished = sqlite3_backup_finish(backup)
    guard stepped == SQLITE_DONE else {
      throw SQLiteFailure(code: stepped, text: String(cString: sqlite3_errstr(stepped)))
    }
    guard finished == SQLITE_OK else { throw other.failure(finished) }
  }

  func failure(_ code: Int32) -> SQLiteFailure {
    let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
    return SQLiteFailure(code: code == SQLITE_OK ? SQLITE_MISUSE : code, text: text)
  }
}
