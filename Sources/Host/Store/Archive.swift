import Glibc
import Synchronization
import System

/// Timelines, outside the ledger: appended in batches, read in order, never in the way of a commit.
///
/// What is appended becomes durable soon, not at once; a lost power supply may take the last moments. An archive that
/// fails says so and drops entries, and never stops its caller.
///
/// `@unchecked Sendable`: the connection is used on the archive's own thread only; everything else is constant or in a
/// mutex.
package final class Archive: @unchecked Sendable {
  private struct State {
    var waiting: [ArchiveEntry] = []
    var waitingBytes = 0
    var isScheduled = false
    var isClosed = false
    var dropped = 0
  }

  private static let waitingLimit = 10_000
  private static let waitingByteLimit = 16 << 20

  private let file: DatabaseFile
  private let state = Mutex(State())
  /// Lends its thread and its queue; nothing else runs on it, so blocking there delays nobody.
  private let thread: Reactor
  private let trouble: @Sendable (String) -> Void

  /// Opens or creates the archive (mode 0600). A damaged one is moved aside, to `<path>.damaged-<time>`, and a new one
  /// is begun.
  ///
  /// `trouble` is called, on any thread, with words for people when entries are lost.
  package init(path: String, trouble: @escaping @Sendable (String) -> Void = { _ in }) throws(StoreOpenError) {
    do throws(StoreOpenError) {
      file = try DatabaseFile(path: path, schema: .archive, synchronous: "NORMAL")
    } catch {
      guard case .damaged = error else { throw error }
      try DatabaseFile.moveAside(path)
      trouble("\(error); a new archive is begun, the old one is kept beside it")
      file = try DatabaseFile(path: path, schema: .archive, synchronous: "NORMAL")
    }
    do throws(SystemError) {
      thread = try Reactor(name: "archive")
    } catch { throw .unusable(path: path, error.description) }
    self.trouble = trouble
  }

  deinit { close() }

  /// Number of entries that were lost since the opening, because the disk or the memory for them was full.
  package var dropped: Int { state.withLock { $0.dropped } }

  /// Appends entries in order; returns at once.
  package func append(_ entries: [ArchiveEntry]) {
    let lost = state.withLock { state in
      guard !state.isClosed else { return 0 }
      var lost = 0
      for entry in entries {
        let bytes =
          entry.resource.utf8.count + entry.kind.utf8.count + min(entry.text.utf8.count, ArchiveEntry.textLimit)
        guard state.waiting.count < Self.waitingLimit, state.waitingBytes + bytes <= Self.waitingByteLimit else {
          lost += 1
          continue
        }
        state.waiting.append(entry)
        state.waitingBytes += bytes
      }
      state.dropped += lost
      // Inside the lock: `close` must not stop the thread between the two.
      if !state.isScheduled { thread.submit { [self] in drain() } }
      state.isScheduled = true
      return lost
    }
    if lost > 0 { trouble("\(file.path) cannot keep up; \(lost) lines are lost") }
  }

  /// Entries of one resource, oldest first, everything appended before included: at most `limit` with numbers above
  /// `after`. Empty once closed.
  package func entries(of resource: String, after: Int64 = 0, limit: Int = 10_000) async -> [ArchiveEntry] {
    await run(else: []) { [self] in
      do throws(SQLiteFailure) {
        return try read(resource, after, limit)
      } catch {
        trouble("\(file.path) cannot be read: \(error)")
        return []
      }
    }
  }

  /// Forgets entries older than that time (milliseconds since 1970) of resources other than those spared, at most
  /// `limit` in one go; returns how many.
  package func prune(before milliseconds: Int64, sparing spared: [String] = [], limit: Int = 10_000) async -> Int {
    // Ids are ULIDs, which need no escape in JSON.
    let list = "[" + spared.filter { $0.allSatisfy(\.isLetterOrDigit) }.map { "\"\($0)\"" }.joined(separator: ",") + "]"
    return await run(else: 0) { [self] in
      do throws(SQLiteFailure) {
        let delete = try file.connection.statement(
          """
          DELETE FROM timeline WHERE number IN (SELECT number FROM timeline
            WHERE at_ms < ?1 AND resource NOT IN (SELECT value FROM json_each(?3)) ORDER BY at_ms LIMIT ?2)
          """)
        try delete.bind(1, milliseconds)
        try delete.bind(2, Int64(max(0, limit)))
        try delete.bind(3, text: list.utf8)
        try delete.run()
        return Int(try file.connection.integer("SELECT changes()"))
      } catch {
        trouble("\(file.path) cannot forget old lines: \(error)")
        return 0
      }
    }
  }

  /// Stores what has been appended, then lets the file go.
  package func close() {
    let wasOpen = state.withLock { state in
      defer { state.isClosed = true }
      return !state.isClosed
    }
    guard wasOpen else { return }
    thread.stop()
    file.connection.close()
    file.lock.unlock()
  }

  /// Runs something on the archive's thread after everything appended so far.
  private func run<Value: Sendable>(else closed: Value, _ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state in
        if !state.isClosed {
          thread.submit { [self] in
            drain()
            continuation.resume(returning: body())
          }
        }
        return !state.isClosed
      }
      if !isOpen { continuation.resume(returning: closed) }
    }
  }

  private func drain() {
    let entries = state.withLock { state in
      defer { (state.waiting, state.waitingBytes, state.isScheduled) = ([], 0, false) }
      return state.waiting
    }
    guard !entries.isEmpty else { return }
    do throws(SQLiteFailure) {
      try file.connection.run("BEGIN IMMEDIATE")
      for entry in entries { try insert(entry) }
      try file.connection.run("COMMIT")
    } catch {
      file.connection.rollback()
      state.withLock { $0.dropped += entries.count }
      trouble("\(file.path) cannot be written, \(entries.count) lines are lost: \(error)")
    }
  }

  private func insert(_ entry: ArchiveEntry) throws(SQLiteFailure) {
    let insert = try file.connection.statement(
      "INSERT INTO timeline(resource, at_ms, kind, text) VALUES(?1, ?2, ?3, ?4)")
    try insert.bind(1, text: entry.resource.utf8)
    try insert.bind(2, entry.atMilliseconds)
    try insert.bind(3, text: entry.kind.utf8)
    try insert.bind(4, text: entry.boundedText)
    try insert.run()
  }

  private func read(_ resource: String, _ after: Int64, _ limit: Int) throws(SQLiteFailure) -> [ArchiveEntry] {
    let query = try file.connection.statement(
      "SELECT number, at_ms, kind, text FROM timeline WHERE resource = ?1 AND number > ?2 ORDER BY number LIMIT ?3")
    defer { query.reset() }
    try query.bind(1, text: resource.utf8)
    try query.bind(2, after)
    try query.bind(3, Int64(max(0, limit)))
    var entries: [ArchiveEntry] = []
    while try query.step() {
      var entry = ArchiveEntry(
        resource: resource, atMilliseconds: query.integer(1), kind: query.text(2), text: query.text(3))
      entry.number = query.integer(0)
      entries.append(entry)
    }
    return entries
  }
}

extension Character {
  fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}
