import CSQLite

/// A call into SQLite that failed.
struct SQLiteFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// Extended result code; https://www.sqlite.org/rescode.html.
  let code: Int32
  /// What SQLite says about it; holds no value of a record.
  let text: String

  /// The code without its extension.
  var primary: Int32 { code & 0xFF }

  /// There is no room, and nothing else is wrong.
  var isFull: Bool { primary == SQLITE_FULL }

  /// The file's content is not what SQLite wrote.
  var isDamage: Bool { primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB }

  var description: String { "SQLite: \(text) (\(code))" }
}
