import Synchronization
import System

/// What programs wrote on VMs, outside of the ledger and in a file of its own, so that a flood slows neither commits nor
/// timelines.
///
/// Of each stream of each run the head and the tail are kept, half of `limit` each; what lay between is forgotten as the
/// tail grows. What is appended becomes durable soon, not at once.
///
/// `@unchecked Sendable`: the connection and `kept` are used on the archive's own thread only; everything else is constant or in a
/// mutex.
package final class OutputArchive: @unchecked Sendable {
  /// A run's stream.
  private struct Key: Hashable {
    var run: String
    var stream: OutputChunk.Stream
  }

  /// What is kept of a stream.
  private struct Kept {
    /// Number of the last chunk of the head; 0: none yet.
    var headEnd: Int64 = 0
    var headBytes: Int64 = 0
    var tailBytes: Int64 = 0
    /// Where the next chunk has to begin.
    var end: Int64 = 0
  }

  private let file: DatabaseFile
  private let limit: Int64
  /// Lends its thread and its queue; nothing else runs on it, so blocking there delays nobody.
  private let thread: Reactor
  private let trouble: @Sendable (String) -> Void
  private var kept: [Key: Kept] = [:]
  private let isClosed = Mutex(false)

  /// Opens or creates the archive (mode 0600); a damaged one is moved aside as a timeline archive is. `limit` is how many
  /// bytes of each stream of each run are kept, at least 4,096; `trouble` is called with words for people, on any thread.
  package init(
    path: String, limit: Int, trouble: @escaping @Sendable (String) -> Void = { _ in }
  ) throws(StoreOpenError) {
    do throws(StoreOpenError) {
      file = try DatabaseFile(path: path, schema: .outputs, synchronous: "NORMAL")
    } catch {
      guard case .damaged = error else { throw error }
      try DatabaseFile.moveAside(path)
      trouble("\(error); a new one is begun, the old one is kept beside it")
      file = try DatabaseFile(path: path, schema: .outputs, synchronous: "NORMAL")
    }
    do throws(SystemError) {
      thread = try Reactor(name: "outputs")
    } catch { throw .unusable(path: path, error.description) }
    self.limit = Int64(max(4_096, limit))
    self.trouble = trouble
  }

  deinit { close() }

  /// Stores chunks of a run, in order; returns when they are written. A chunk that begins before the end of what is
  /// stored was stored before, and is left out; one that begins after it leaves a gap that readers see.
  package func append(_ chunks: [OutputChunk], run: String) async {
    await perform(else: ()) { [self] in
      do throws(SQLiteFailure) {
        try file.connection.run("BEGIN IMMEDIATE")
        for chunk in chunks { try store(chunk, run) }
        try file.connection.run("COMMIT")
      } catch {
        file.connection.rollback()
        for stream in OutputChunk.Stream.allCases { kept[Key(run: run, stream: stream)] = nil }
        trouble("\(file.path) cannot be written, output of run \(run) is lost: \(error)")
      }
    }
  }

  /// Chunks of a run with numbers above `after`, in the order in which they came; at most `limit`.
  package func chunks(of run: String, after: Int64 = 0, limit: Int = 64) async -> [OutputChunk] {
    await perform(else: []) { [self] in
      do throws(SQLiteFailure) {
        return try read(run, after, limit)
      } catch {
        trouble("\(file.path) cannot be read: \(error)")
        return []
      }
    }
  }

  /// The last chunks of a run's stream, in the order in which they came: with `size` bytes where there are so many; at
  /// most 4096 chunks.
  package func lastChunks(of run: String, _ stream: OutputChunk.Stream, atLeast size: Int) async -> [OutputChunk] {
    await perform(else: []) { [self] in
      do throws(SQLiteFailure) {
        return try readBack(run, stream, size)
      } catch {
        trouble("\(file.path) cannot be read: \(error)")
        return []
      }
    }
  }

  /// Where a run's stream goes on: the end of what is stored, 0 where nothing is.
  package func end(of run: String, _ stream: OutputChunk.Stream) async -> Int64 {
    await perform(else: 0) { [self] in (try? known(Key(run: run, stream: stream)).end) ?? 0 }
  }

  /// Forgets the output that is older than that time (milliseconds since 1970), at most `limit` chunks in one go;
  /// returns how many.
  package func prune(before milliseconds: Int64, limit: Int = 1_000) async -> Int {
    await perform(else: 0) { [self] in
      do throws(SQLiteFailure) {
        let delete = try file.connection.statement(
          "DELETE FROM output WHERE number IN (SELECT number FROM output WHERE at_ms < ?1 ORDER BY at_ms LIMIT ?2)")
        try delete.bind(1, milliseconds)
        try delete.bind(2, Int64(max(0, limit)))
        try delete.run()
        kept = [:]
        return Int(try file.connection.integer("SELECT changes()"))
      } catch {
        trouble("\(file.path) cannot forget old output: \(error)")
        return 0
      }
    }
  }

  /// Lets the file go; later calls do nothing.
  package func close() {
    let wasOpen = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard wasOpen else { return }
    thread.stop()
    file.connection.close()
    file.lock.unlock()
  }

  private func perform<Value: Sendable>(else closed: Value, _ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
      // Inside the lock: `close` must not stop the thread between the two.
      let isOpen = isClosed.withLock { isClosed in
        if !isClosed { thread.submit { continuation.resume(returning: body()) } }
        return !isClosed
      }
      if !isOpen { continuation.resume(returning: closed) }
    }
  }

  // MARK: On the archive's thread

  /// What is kept of a stream; read from the file the first time.
  private func known(_ key: Key) throws(SQLiteFailure) -> Kept {
    if let kept = kept[key] { return kept }
    var found = Kept()
    let query = try file.connection.statement(
      """
      SELECT number, last, length(bytes) FROM output WHERE run = ?1 AND stream = ?2 ORDER BY number
      """)
    defer { query.reset() }
    try query.bind(1, text: key.run.utf8)
    try query.bind(2, key.stream.rawValue)
    while try query.step() {
      if found.tailBytes == 0 && found.headBytes < limit / 2 {
        found.headEnd = query.integer(0)
        found.headBytes += query.integer(2)
      } else {
        found.tailBytes += query.integer(2)
      }
      found.end = max(found.end, query.integer(1))
    }
    kept[key] = found
    return found
  }

  private func store(_ chunk: OutputChunk, _ run: String) throws(SQLiteFailure) {
    let key = Key(run: run, stream: chunk.stream)
    var known = try known(key)
    guard chunk.range.lowerBound >= known.end else { return }
    let insert = try file.connection.statement(
      "INSERT INTO output(run, stream, at_ms, first, last, bytes) VALUES(?1, ?2, ?3, ?4, ?5, ?6)")
    try insert.bind(1, text: run.utf8)
    try insert.bind(2, chunk.stream.rawValue)
    try insert.bind(3, chunk.atMilliseconds)
    try insert.bind(4, chunk.range.lowerBound)
    try insert.bind(5, chunk.range.upperBound)
    try insert.bind(6, blob: chunk.bytes)
    try insert.run()
    known.end = chunk.range.upperBound
    let count = Int64(chunk.bytes.count)
    if known.tailBytes == 0 && known.headBytes < limit / 2 {
      known.headEnd = try file.connection.integer("SELECT last_insert_rowid()")
      known.headBytes += count
    } else {
      known.tailBytes += count
    }
    while known.tailBytes > limit / 2, let freed = try forgetOldest(key, after: known.headEnd) {
      known.tailBytes -= freed
    }
    kept[key] = known
  }

  /// Forgets the oldest chunk of the tail, unless it is the only one; returns its bytes.
  private func forgetOldest(_ key: Key, after head: Int64) throws(SQLiteFailure) -> Int64? {
    let found = try oldest(key, after: head)
    guard found.count == 2 else { return nil }
    let delete = try file.connection.statement("DELETE FROM output WHERE number = ?1")
    try delete.bind(1, found[0].number)
    try delete.run()
    return found[0].bytes
  }

  /// The two oldest chunks of the tail.
  private func oldest(_ key: Key, after head: Int64) throws(SQLiteFailure) -> [(number: Int64, bytes: Int64)] {
    let query = try file.connection.statement(
      "SELECT number, length(bytes) FROM output WHERE run = ?1 AND stream = ?2 AND number > ?3 ORDER BY number LIMIT 2")
    defer { query.reset() }
    try query.bind(1, text: key.run.utf8)
    try query.bind(2, key.stream.rawValue)
    try query.bind(3, head)
    var found: [(number: Int64, bytes: Int64)] = []
    while try query.step() { found.append((query.integer(0), query.integer(1))) }
    return found
  }

  private func read(_ run: String, _ after: Int64, _ limit: Int) throws(SQLiteFailure) -> [OutputChunk] {
    let query = try file.connection.statement(
      """
      SELECT number, stream, at_ms, first, last, bytes FROM output WHERE run = ?1 AND number > ?2
        ORDER BY number LIMIT ?3
      """)
    defer { query.reset() }
    try query.bind(1, text: run.utf8)
    try query.bind(2, after)
    try query.bind(3, Int64(max(0, limit)))
    var chunks: [OutputChunk] = []
    while try query.step() {
      let (first, last) = (query.integer(3), query.integer(4))
      guard let stream = OutputChunk.Stream(rawValue: query.integer(1)), first <= last else { continue }
      var chunk = OutputChunk(
        stream: stream, atMilliseconds: query.integer(2), range: first..<last, bytes: query.blob(5))
      chunk.number = query.integer(0)
      chunks.append(chunk)
    }
    return chunks
  }

  private func readBack(_ run: String, _ stream: OutputChunk.Stream, _ size: Int) throws(SQLiteFailure) -> [OutputChunk]
  {
    let query = try file.connection.statement(
      """
      SELECT number, at_ms, first, last, bytes FROM output WHERE run = ?1 AND stream = ?2
        ORDER BY number DESC LIMIT 4096
      """)
    defer { query.reset() }
    try query.bind(1, text: run.utf8)
    try query.bind(2, stream.rawValue)
    var chunks: [OutputChunk] = []
    var found = 0
    while found < size {
      guard try query.step() else { break }
      let (first, last) = (query.integer(2), query.integer(3))
      guard first <= last else { continue }
      var chunk = OutputChunk(
        stream: stream, atMilliseconds: query.integer(1), range: first..<last, bytes: query.blob(4))
      chunk.number = query.integer(0)
      chunks.append(chunk)
      found += chunk.bytes.count
    }
    return chunks.reversed()
  }
}
