import CSQLite

/// One compiled statement; used on its connection's thread only.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private unowned let connection: SQLiteConnection

  /// Makes SQLite copy what is bound. The value is the C macro `((sqlite3_destructor_type)-1)`, which Swift does
  /// not import; it is never called.
  private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

  init(_ handle: OpaquePointer, of connection: SQLiteConnection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  /// Ends the run and forgets the parameters; a failure of the run has been reported by `step`.
  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  /// Sets parameters, counted from 1.
  func bind(_ index: Int32, _ value: Int64) throws(SQLiteFailure) {
    try check(sqlite3_bind_int64(handle, index, value))
  }

  func bind(_ index: Int32, text bytes: some Sequence<UInt8>) throws(SQLiteFailure) {
    let bytes = Array(bytes)
    let code = bytes.withUnsafeBytes { buffer in
      // SQLite copies the bytes before it returns. A nil pointer would bind NULL.
      let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      return start == nil
        ? sqlite3_bind_text(handle, index, "", 0, Self.copied)
        : sqlite3_bind_text(handle, index, start, Int32(clamping: buffer.count), Self.copied)
    }
    try check(code)
  }

  func bind(_ index: Int32, blob bytes: [UInt8]) throws(SQLiteFailure) {
    let code = bytes.withUnsafeBytes { buffer in
      buffer.isEmpty
        ? sqlite3_bind_zeroblob(handle, index, 0)
        : sqlite3_bind_blob(handle, index, buffer.baseAddress, Int32(clamping: buffer.count), Self.copied)
    }
    try check(code)
  }

  /// Goes on to the next row; false at the end.
  func step() throws(SQLiteFailure) -> Bool {
    switch sqlite3_step(handle) {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    case let code: throw connection.failure(code)
    }
  }

  /// Runs a statement that gives no rows, and resets it.
  func run() throws(SQLiteFailure) {
    defer { reset() }
    while try step() {}
  }

  /// Columns of the current row, counted from 0.
  func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

  func text(_ column: Int32) -> String {
    String(decoding: bytes(sqlite3_column_text(handle, column), column), as: UTF8.self)
  }

  func blob(_ column: Int32) -> [UInt8] { Array(bytes(sqlite3_column_blob(handle, column), column)) }

  /// What the column's pointer points to; valid until the next step. The pointer is fetched before the length, as
  /// SQLite asks for.
  private func bytes(_ start: UnsafeRawPointer?, _ column: Int32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
  }

  private func check(_ code: Int32) throws(SQLiteFailure) {
    guard code == SQLITE_OK else { throw connection.failure(code) }
  }
}
