import CSQLite
import Glibc
import System

/// A database file that this process alone uses, checked and brought to the current schema.
struct DatabaseFile: Sendable {
  /// Of files that this program makes.
  private static let pageSize = 8192

  let path: String
  /// The connection that writes; hand it to one thread.
  let connection: SQLiteConnection
  /// Released with the last reference, or by `unlock`.
  let lock: DirectoryLock

  /// Locks, creates if missing (mode 0600), checks and upgrades. `synchronous` is SQLite's pragma; with a `past`, nothing
  /// is created and nothing that contradicts it is taken. With FULL, a damaged log is refused as well (`WALDamage`); without,
  /// what is in a log may be lost anyway. A file that is refused stays as it was, and so does its log.
  init(path: String, schema: Schema, synchronous: String, past: LedgerPast? = nil) throws(StoreOpenError) {
    self.path = path
    lock = try Self.lock(path)
    if let refusal = past?.refusal(ofFile: path) { throw refusal }
    if synchronous == "FULL", let damage = try Self.logDamage(path) {
      throw .damaged(path: path, damage.description)
    }
    do throws(SystemError) {
      try Self.create(path)
    } catch { throw .unusable(path: path, error.description) }
    var refusal: StoreOpenError?
    do throws(SQLiteFailure) {
      connection = try SQLiteConnection(path: path)
      try connection.keepLog(true)
      refusal = try Self.refusal(connection, path: path, schema: schema)
      if refusal == nil { refusal = try past?.refusal(connection, path: path) }
      if refusal == nil {
        try connection.keepLog(false)
        try Self.prepare(connection, schema, synchronous)
      }
    } catch {
      throw error.isDamage ? .damaged(path: path, error.description) : .unusable(path: path, error.description)
    }
    if let refusal { throw refusal }
  }

  /// Looks through the log beside the file before SQLite opens, and so shortens, either.
  private static func logDamage(_ path: String) throws(StoreOpenError) -> WALDamage? {
    let log = "\(path)-wal"
    do throws(SystemError) {
      let file: Descriptor
      do throws(SystemError) { file = try Descriptor.open(log, O_RDONLY | O_NOFOLLOW) } catch {
        if error.code == ENOENT { return nil }
        throw error
      }
      var facts = stat()
      guard fstat(file.raw, &facts) == 0 else { throw SystemError("fstat", code: errno, context: log) }
      guard facts.st_size > 0 else { return nil }
      let bytes = Int(facts.st_size)
      guard let start = mmap(nil, bytes, PROT_READ, MAP_PRIVATE, file.raw, 0), start != MAP_FAILED else {
        throw SystemError("mmap", code: errno, context: log)
      }
      defer { munmap(start, bytes) }
      return WALDamage.find(UnsafeRawBufferPointer(start: start, count: bytes), pageSize: pageSize)
    } catch { throw .unusable(path: path, error.description) }
  }

  private static func prepare(
    _ connection: SQLiteConnection, _ schema: Schema, _ synchronous: String
  ) throws(SQLiteFailure) {
    // Counts for a new file. Of a page this large a table WITHOUT ROWID keeps rows of up to 2 KB whole, as the ledger's
    // are; of the usual 4096 bytes 1 KB, and the rest of each row would take a page of its own.
    try connection.run("PRAGMA page_size = \(pageSize)")
    try connection.run("PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF; PRAGMA synchronous = \(synchronous)")
    let mode = try connection.text("PRAGMA journal_mode = WAL")
    guard mode == "wal" else {
      throw SQLiteFailure(code: SQLITE_CANTOPEN, text: "a write-ahead log is not possible here, only \(mode)")
    }
    let isNew = try connection.integer("PRAGMA user_version") == 0
    try schema.upgrade(connection)
    // SQLite takes a file without a first page for an empty one and deletes its log. Where the disk failed while that page
    // was written, SQLite goes on with the log alone.
    if isNew { try connection.run("PRAGMA wal_checkpoint(TRUNCATE)") }
  }

  private static func lock(_ path: String) throws(StoreOpenError) -> DirectoryLock {
    let (directory, name) = split(path)
    do throws(DirectoryLockError) {
      return try DirectoryLock(directory: directory, name: "\(name).lock", patienceMs: 1_000)
    } catch {
      switch error {
      case .held(let holder): throw .held(path: path, by: holder)
      case .system(let error): throw .unusable(path: path, error.description)
      }
    }
  }

  /// Makes the file before SQLite does, so that nobody else can ever read it; SQLite gives the log the same mode.
  private static func create(_ path: String) throws(SystemError) {
    let file = try Descriptor.open(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    guard fchmod(file.raw, 0o600) == 0 else { throw SystemError("fchmod", code: errno, context: path) }
    try Descriptor.open(split(path).directory, O_RDONLY | O_DIRECTORY).sync()
  }

  /// Why a file is not to be used: damaged, foreign or newer. Found out before anything is written to it.
  private static func refusal(
    _ connection: SQLiteConnection, path: String, schema: Schema
  ) throws(SQLiteFailure) -> StoreOpenError? {
    guard try connection.integer("PRAGMA page_count") > 0 else { return nil }
    if try connection.integer("PRAGMA application_id") != schema.application {
      guard try isBlank(connection) else { return .foreign(path: path) }
    }
    let found = try connection.integer("PRAGMA user_version")
    guard (0...schema.version).contains(found) else { return .newer(path: path, found: found, known: schema.version) }
    let verdict = try connection.text("PRAGMA quick_check(1)")
    return verdict == "ok" ? nil : .damaged(path: path, verdict)
  }

  /// Whether there is nothing in it but SQLite's own first page: a first start that was cut short before its first commit.
  private static func isBlank(_ connection: SQLiteConnection) throws(SQLiteFailure) -> Bool {
    guard try connection.integer("PRAGMA application_id") == 0 else { return false }
    guard try connection.integer("PRAGMA user_version") == 0 else { return false }
    return try connection.integer("SELECT count(*) FROM sqlite_schema") == 0
  }

  /// Puts a damaged file and its log aside, as `<path>.damaged-<time>`, for whoever wants to look at it.
  static func moveAside(_ path: String) throws(StoreOpenError) {
    let aside = "\(path).damaged-\(Clock.wall())"
    for suffix in ["", "-wal", "-shm"] where rename(path + suffix, aside + suffix) != 0 && suffix.isEmpty {
      throw .unusable(path: path, "it is damaged and could not be moved aside")
    }
  }

  private static func split(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let directory = String(path[..<slash])
    return (directory.isEmpty ? "/" : directory, String(path[path.index(after: slash)...]))
  }
}
