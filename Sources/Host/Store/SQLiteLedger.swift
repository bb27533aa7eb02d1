package import Core
import Synchronization
import System

/// The ledger on this machine's disk: one SQLite file.
///
/// Commits are handed to one writer thread, which puts everything that waits into one transaction and tells each
/// `done` after its COMMIT. Readers have a connection of their own. A database error that is not a conflict or a full
/// disk breaks the ledger for good: this commit and all later ones fail with `broken`, and the process must end,
/// because after a failed fsync the disk may hold anything.
///
/// `@unchecked Sendable`: `writer` is used on the writer's thread only; everything else is constant or in a mutex.
package final class SQLiteLedger: Ledger, @unchecked Sendable {
  private struct Pending: Sendable {
    var writes: [LedgerWrite]
    var done: @Sendable (Result<Void, LedgerError>) -> Void
  }

  private struct State {
    var waiting: [Pending] = []
    var isScheduled = false
    var broken: String?
    var isClosed = false
    var isRestricted = false

    /// Why nothing can be done any more.
    var refusal: LedgerError? {
      if let broken { return .broken(broken) }
      return isClosed ? .broken("the ledger is closed") : nil
    }
  }

  private let path: String
  private let state = Mutex(State())
  private let reader: Mutex<SQLiteConnection>
  private let file: DatabaseFile
  /// Lends its thread and its queue; nothing else runs on it, so blocking there delays nobody.
  private let thread: Reactor
  private var writer: LedgerWriter

  /// Opens or creates the ledger (mode 0600) and takes it for this process alone.
  ///
  /// Checks the whole file, so the time grows with its size. A file that is refused, and its log, stay as they were. Blocks.
  package init(path: String, options: LedgerOptions = LedgerOptions()) throws(StoreOpenError) {
    self.path = path
    file = try DatabaseFile(path: path, schema: .ledger, synchronous: "FULL", past: options.past)
    do throws(SQLiteFailure) {
      writer = try LedgerWriter(file.connection, path: path, options: options)
      reader = Mutex(try SQLiteConnection(path: path, readOnly: true))
    } catch { throw .unusable(path: path, error.description) }
    do throws(SystemError) {
      thread = try Reactor(name: "ledger")
    } catch { throw .unusable(path: path, error.description) }
    let isRestricted = writer.isRestricted
    state.withLock { $0.isRestricted = isRestricted }
  }

  deinit { close() }

  /// Whether the disk is full: changes of existing records are stored, new records are refused.
  package var isRestricted: Bool { state.withLock { $0.isRestricted } }

  /// Stores what has been handed over, then lets the file go. Later commits and reads fail. Not to be called
  /// from `done`.
  package func close() {
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard wasOpen else { return }
    thread.stop()
    reader.withLock { $0.close() }
    file.connection.close()
    file.lock.unlock()
  }

  /// Stores all writes or none; see `Ledger`. `done` is called on the writer's thread, or at once for a refusal that
  /// needs no look at the disk.
  package func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
    do throws(LedgerError) {
      try LedgerLimits.check(writes)
    } catch { return done(.failure(error)) }
    let refusal: LedgerError? = state.withLock { state in
      if let refusal = state.refusal { return refusal }
      state.waiting.append(Pending(writes: writes, done: done))
      // Inside the lock: `close` must not stop the thread between the two.
      if !state.isScheduled { thread.submit { [self] in drain() } }
      state.isScheduled = true
      return nil
    }
    if let refusal { done(.failure(refusal)) }
  }

  /// All records whose key begins with `prefix`, in the order of their UTF-8 bytes. Blocks.
  package func records(prefix: String) throws(LedgerError) -> [LedgerRecord] {
    try records(prefix: prefix, after: nil, most: .max)
  }

  /// The first `most` of those that follow a key, or of all. Blocks.
  package func records(prefix: String, after: LedgerKey?, most: Int) throws(LedgerError) -> [LedgerRecord] {
    if let refusal = state.withLock({ $0.refusal }) { throw refusal }
    let found: Result<[LedgerRecord], SQLiteFailure> = reader.withLock { connection in
      do throws(SQLiteFailure) {
        return .success(try Self.records(prefix, after, most, connection))
      } catch { return .failure(error) }
    }
    switch found {
    case .success(let records): return records
    case .failure(let failure):
      let reason = "\(path): \(failure)"
      state.withLock { $0.broken = $0.broken ?? reason }
      throw .broken(reason)
    }
  }

  private func drain() {
    while let group = next() {
      let outcome = state.withLock { $0.broken }.map(LedgerWriter.Outcome.broken) ?? writer.store(group.map(\.writes))
      let isRestricted = writer.isRestricted
      switch outcome {
      case .decided(let results):
        state.withLock { $0.isRestricted = isRestricted }
        for (commit, result) in zip(group, results) { commit.done(result) }
      case .broken(let reason):
        state.withLock { $0.broken = $0.broken ?? reason }
        for commit in group { commit.done(.failure(.broken(reason))) }
      }
    }
  }

  /// What waits, up to an amount that keeps a transaction short; nil when nothing does.
  private func next() -> [Pending]? {
    state.withLock { state in
      guard !state.waiting.isEmpty else {
        state.isScheduled = false
        return nil
      }
      var bytes = 0
      let group = Array(
        state.waiting.prefix(256).prefix { commit in
          // The first one always fits: a commit is far smaller than this.
          bytes += commit.writes.reduce(0) { $0 + ($1.value?.count ?? 0) }
          return bytes <= 16 << 20
        })
      state.waiting.removeFirst(group.count)
      return group
    }
  }

  private static func records(
    _ prefix: String, _ after: LedgerKey?, _ most: Int, _ connection: SQLiteConnection
  ) throws(SQLiteFailure) -> [LedgerRecord] {
    let start = Array(prefix.utf8)
    // SQLite compares texts as bytes, and no key is empty.
    let query = try connection.statement(
      "SELECT key, version, value FROM records WHERE key >= ?1 AND key < ?2 AND key > ?3 ORDER BY key LIMIT ?4")
    try query.bind(1, text: start)
    // No byte of UTF-8 is above 0xF4, so the next one exists.
    try query.bind(2, text: start.last.map { start.dropLast() + [$0 &+ 1] } ?? [0xFF])
    try query.bind(3, text: after.map { Array($0.text.utf8) } ?? [])
    try query.bind(4, Int64(clamping: most))
    defer { query.reset() }
    var records: [LedgerRecord] = []
    while try query.step() {
      records.append(
        LedgerRecord(
          key: LedgerKey(text: query.text(0)), version: UInt64(clamping: query.integer(1)), value: query.blob(2)))
    }
    return records
  }
}
