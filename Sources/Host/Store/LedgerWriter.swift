import Core

/// Turns groups of commits into transactions.
///
/// Used on the writer's thread only.
struct LedgerWriter {
  /// What became of a group.
  enum Outcome {
    /// One result for each commit, in order; what succeeded is durable.
    case decided([Result<Void, LedgerError>])
    /// SQLite failed in a way that leaves the state of the disk unknown.
    case broken(String)
  }

  private let connection: SQLiteConnection
  private let path: String
  private let onPassage: (@Sendable (LedgerPassage) -> Void)?
  private let maximumPages: Int?
  private var reserve: Reserve
  private var transactions: UInt64 = 0

  /// Whether only changes of existing records are stored, because the disk is full.
  private(set) var isRestricted: Bool

  init(_ connection: SQLiteConnection, path: String, options: LedgerOptions) throws(SQLiteFailure) {
    self.connection = connection
    self.path = path
    onPassage = options.onPassage
    maximumPages = options.maximumPages
    reserve = Reserve(path: "\(path).reserve", bytes: options.reserveBytes)
    isRestricted = !reserve.hold()
    connection.manualCheckpoints()
    try limitPages()
  }

  /// Stores a group of commits in one transaction; one that conflicts fails alone.
  mutating func store(_ group: [[LedgerWrite]]) -> Outcome {
    do throws(SQLiteFailure) {
      if isRestricted, group.contains(where: Self.grows), reserve.hold() {
        isRestricted = false
        try limitPages()
      }
      let results = try storeOrMakeRoom(group)
      return .decided(results)
    } catch {
      return .broken("\(path): \(error)")
    }
  }

  private mutating func storeOrMakeRoom(_ group: [[LedgerWrite]]) throws(SQLiteFailure) -> [Result<Void, LedgerError>] {
    if let results = try transaction(group) { return results }
    // The log may hold what the database has room for; after that, the reserve is what is left.
    try ignoringFull { () throws(SQLiteFailure) in try connection.checkpoint(from: 1) }
    isRestricted = true
    try limitPages()
    if reserve.release(), let results = try transaction(group) { return results }
    // One by one, so that the small ones get in.
    var results: [Result<Void, LedgerError>] = []
    for commit in group {
      results.append(
        try transaction([commit])?.first ?? .failure(.full("no room on the disk of \(path)\(room); make some")))
    }
    return results
  }

  /// One transaction; nil, and nothing stored, when there is no room for it.
  private mutating func transaction(_ group: [[LedgerWrite]]) throws(SQLiteFailure) -> [Result<Void, LedgerError>]? {
    var results: [Result<Void, LedgerError>] = []
    do throws(SQLiteFailure) {
      try connection.run("BEGIN IMMEDIATE")
      var changed = false
      for commit in group {
        if let refusal = try refusal(of: commit) {
          results.append(.failure(refusal))
        } else {
          for write in commit { try apply(write) }
          changed = changed || !commit.isEmpty
          results.append(.success(()))
        }
      }
      guard changed else {
        connection.rollback()
        return results
      }
      transactions += 1
      onPassage?(.beforeCommit(transactions))
      try connection.run("COMMIT")
      onPassage?(.afterCommit(transactions))
    } catch {
      connection.rollback()
      guard error.isFull else { throw error }
      return nil
    }
    try ignoringFull { () throws(SQLiteFailure) in try connection.checkpoint(from: 1000) }
    return results
  }

  /// Why a commit cannot be made, checked before anything of it is written.
  private func refusal(of commit: [LedgerWrite]) throws(SQLiteFailure) -> LedgerError? {
    for write in commit {
      let query = try connection.statement("SELECT version FROM records WHERE key = ?1")
      try query.bind(1, text: write.key.text.utf8)
      let found = try query.step() ? UInt64(clamping: query.integer(0)) : 0
      query.reset()
      if found != write.expected { return .conflict(write.key, expected: write.expected, found: found) }
    }
    guard isRestricted, Self.grows(commit) else { return nil }
    return .full(
      "the disk of \(path) is full\(room) and the reserve is in use, so only changes of what exists are stored; make room"
    )
  }

  /// How much room there is and how much there has to be, for a message; empty where the disk does not say.
  private var room: String {
    reserve.free.map { " (\($0 / 1024) KiB are free, \(2 * reserve.bytes / 1024) KiB are needed)" } ?? ""
  }

  private func apply(_ write: LedgerWrite) throws(SQLiteFailure) {
    guard let value = write.value else {
      let delete = try connection.statement("DELETE FROM records WHERE key = ?1")
      try delete.bind(1, text: write.key.text.utf8)
      return try delete.run()
    }
    let store = try connection.statement(
      """
      INSERT INTO records(key, version, value) VALUES(?1, ?2, ?3)
      ON CONFLICT(key) DO UPDATE SET version = excluded.version, value = excluded.value
      """)
    try store.bind(1, text: write.key.text.utf8)
    try store.bind(2, Int64(clamping: write.expected) + 1)
    try store.bind(3, blob: value)
    try store.run()
  }

  /// A limit of our own has the same reserve as the disk.
  private func limitPages() throws(SQLiteFailure) {
    guard let maximumPages else { return }
    let size = try connection.integer("PRAGMA page_size")
    let (raised, overflow) = maximumPages.addingReportingOverflow(isRestricted ? reserve.bytes / Int(size) : 0)
    _ = try connection.integer("PRAGMA max_page_count = \(overflow ? maximumPages : raised)")
  }

  private func ignoringFull(_ body: () throws(SQLiteFailure) -> Void) throws(SQLiteFailure) {
    do throws(SQLiteFailure) {
      try body()
    } catch {
      guard error.isFull else { throw error }
    }
  }

  /// Whether a commit makes a record that was not there: growth, which a full disk has no room for.
  private static func grows(_ commit: [LedgerWrite]) -> Bool {
    commit.contains { $0.expected == 0 && $0.value != nil }
  }
}
