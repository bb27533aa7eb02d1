package import Model
package import Store
import Synchronization

/// What recipes wrote, and those who wait for more of it.
package final class RunLogs: Sendable {
  private struct Waiting {
    var serial: UInt64 = 0
    var bells: [String: [UInt64: AsyncStream<Void>.Continuation]] = [:]
  }

  private let archive: OutputArchive
  private let waiting = Mutex(Waiting())

  /// Wraps an open archive.
  package init(_ archive: OutputArchive) { self.archive = archive }

  /// Stores what a run wrote; returns when it is written.
  package func append(_ chunks: [OutputChunk], run: ULID) async {
    await archive.append(chunks, run: run.description)
    ring(run)
  }

  /// Where a run's stream goes on, in bytes.
  package func end(of run: ULID, _ stream: OutputChunk.Stream) async -> Int64 {
    await archive.end(of: run.description, stream)
  }

  /// Chunks with numbers above `after`, at most 64.
  package func chunks(of run: ULID, after: Int64) async -> [OutputChunk] {
    await archive.chunks(of: run.description, after: after)
  }

  /// The end of what a run wrote to a stream: `size` bytes where there are so many, and perhaps some before them.
  package func lastWords(of run: ULID, _ stream: OutputChunk.Stream, atLeast size: Int) async -> [UInt8] {
    await archive.lastChunks(of: run.description, stream, atLeast: size).flatMap(\.bytes)
  }

  /// Tells those who follow a run to look again: it wrote something, or it ended.
  package func ring(_ run: ULID) {
    let bells = waiting.withLock { Array(($0.bells[run.description] ?? [:]).values) }
    for bell in bells { bell.yield() }
  }

  /// Whether anybody follows a run.
  package func isFollowed(_ run: ULID) -> Bool { waiting.withLock { $0.bells[run.description] != nil } }

  /// Everything of a run with numbers above `after`, and then what comes, until `isOpen` says no and all was read. It is
  /// read as fast as it is taken.
  package func follow(
    _ run: ULID, after: Int64, isOpen: @escaping @Sendable () async -> Bool
  ) -> AsyncStream<OutputChunk> {
    let reader = LogReader(self, run: run, after: after, isOpen: isOpen)
    return AsyncStream { await reader.next() }
  }

  /// Forgets the output that is older than that.
  package func forget(before instant: Instant) async {
    while await archive.prune(before: instant.ms) > 0 && !Task.isCancelled {}
  }

  /// Lets the file go.
  package func close() { archive.close() }

  fileprivate func listen(_ run: ULID) -> AsyncStream<Void> {
    let (stream, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let key = run.description
    let serial = waiting.withLock { waiting in
      waiting.serial += 1
      waiting.bells[key, default: [:]][waiting.serial] = bell
      return waiting.serial
    }
    bell.onTermination = { [weak self] _ in
      self?.waiting.withLock { waiting in
        waiting.bells[key]?[serial] = nil
        if waiting.bells[key]?.isEmpty == true { waiting.bells[key] = nil }
      }
    }
    return stream
  }
}

/// One reader's place in a run's output.
private actor LogReader {
  private let logs: RunLogs
  private let run: ULID
  private var after: Int64
  private let isOpen: @Sendable () async -> Bool
  private let bell: AsyncStream<Void>
  private var read: [OutputChunk] = []

  init(_ logs: RunLogs, run: ULID, after: Int64, isOpen: @escaping @Sendable () async -> Bool) {
    self.logs = logs
    self.run = run
    self.after = after
    self.isOpen = isOpen
    bell = logs.listen(run)
  }

  /// The next chunk; nil at the end.
  func next() async -> OutputChunk? {
    while read.isEmpty {
      // Asked before reading: what was written before the end is then read after it.
      let goesOn = await isOpen()
      read = await logs.chunks(of: run, after: after)
      if !read.isEmpty { break }
      guard goesOn, !Task.isCancelled else { return nil }
      var rings = bell.makeAsyncIterator()
      guard await rings.next() != nil else { return nil }
    }
    let chunk = read.removeFirst()
    after = chunk.number
    return chunk
  }
}
