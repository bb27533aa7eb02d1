/// The tables of a database file and how older ones become newer ones.
struct Schema: Sendable {
  /// SQLite's application_id: tells this program's files from others.
  let application: Int64
  /// SQL: `steps[n]` brings a file from version n to version n + 1; version 0 is an empty file.
  let steps: [String]

  /// The version that this program writes.
  var version: Int64 { Int64(steps.count) }

  /// The ledger's; "SLWL".
  static let ledger = Schema(
    application: 0x534C_574C,
    steps: [
      """
      CREATE TABLE records(key TEXT PRIMARY KEY, version INTEGER NOT NULL, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      """
    ])

  /// The archive's; "SLWA".
  static let archive = Schema(
    application: 0x534C_5741,
    steps: [
      """
      CREATE TABLE timeline(
        number INTEGER PRIMARY KEY, resource TEXT NOT NULL, at_ms INTEGER NOT NULL, kind TEXT NOT NULL,
        text TEXT NOT NULL) STRICT;
      CREATE INDEX timeline_of_resource ON timeline(resource, number);
      CREATE INDEX timeline_by_age ON timeline(at_ms);
      """
    ])

  /// The output archive's; "SLWO".
  static let outputs = Schema(
    application: 0x534C_574F,
    steps: [
      """
      CREATE TABLE output(
        number INTEGER PRIMARY KEY, run TEXT NOT NULL, stream INTEGER NOT NULL, at_ms INTEGER NOT NULL,
        first INTEGER NOT NULL, last INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
      CREATE INDEX output_of_run ON output(run, number);
      CREATE INDEX output_by_age ON output(at_ms);
      """
    ])

  /// Runs the steps that are missing, each in a transaction of its own.
  func upgrade(_ connection: SQLiteConnection) throws(SQLiteFailure) {
    var found = try connection.integer("PRAGMA user_version")
    for step in steps.dropFirst(max(0, Int(clamping: found))) {
      try connection.run("BEGIN IMMEDIATE")
      do throws(SQLiteFailure) {
        try connection.run(step)
        found += 1
        try connection.run("PRAGMA application_id = \(application); PRAGMA user_version = \(found); COMMIT")
      } catch {
        connection.rollback()
        throw error
      }
    }
  }
}
