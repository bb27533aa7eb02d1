import Glibc
package import Core

/// What shows that a ledger was there before, so that an empty one in its place is a loss and no beginning.
package struct LedgerPast: Sendable {
  /// The file or folder that shows it, for people.
  package let trace: String
  /// The record that the ledger has held since before the trace was made.
  package let key: LedgerKey
  /// What is expected of that record, for people.
  package let expected: String
  /// What contradicts that in the record that is there, for people; nil: nothing does. Pure.
  package let contradiction: @Sendable (LedgerRecord) -> String?

  /// Makes one.
  package init(
    trace: String, key: LedgerKey, expected: String, contradiction: @escaping @Sendable (LedgerRecord) -> String?
  ) {
    self.trace = trace
    self.key = key
    self.expected = expected
    self.contradiction = contradiction
  }

  /// SQLite takes a file that is shorter than its header for an empty one, and deletes the log beside it.
  private static let leastBytes: off_t = 512

  /// Why the file cannot be that ledger, told by its size before SQLite sees it.
  func refusal(ofFile path: String) -> StoreOpenError? {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      return errno == ENOENT ? lost(path, "no such file, beside \(trace)") : nil
    }
    guard facts.st_size < Self.leastBytes else { return nil }
    return lost(path, "a file of \(facts.st_size) bytes, beside \(trace)")
  }

  /// Why what is in the file cannot be that ledger.
  func refusal(_ connection: SQLiteConnection, path: String) throws(SQLiteFailure) -> StoreOpenError? {
    guard try connection.integer("SELECT count(*) FROM sqlite_schema WHERE name = 'records'") == 1 else {
      return lost(path, "a ledger without records, beside \(trace)")
    }
    let query = try connection.statement("SELECT version, value FROM records WHERE key = ?1")
    try query.bind(1, text: key.text.utf8)
    defer { query.reset() }
    guard try query.step() else { return lost(path, "a ledger without it, beside \(trace)") }
    let record = LedgerRecord(key: key, version: UInt64(clamping: query.integer(0)), value: query.blob(1))
    return contradiction(record).map { lost(path, $0) }
  }

  private func lost(_ path: String, _ found: String) -> StoreOpenError {
    .lost(path: path, expected: expected, found: found)
  }
}
