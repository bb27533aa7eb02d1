import BareLedger
import Core
import Foundation
import Store
import Synchronization
import System

/// Commits that 64 writers bring to the ledger, each the next one when the last is durable, beside a plain loop over
/// sqlite3 with the same rows in as large transactions.
enum CommitRate {
  static let writers = 64
  static let each = 250
  static let bytes = 2_048
  static let rounds = 5

  static func run() async throws -> [Figure] {
    let folder = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let rows = writers * each
    var (ours, theirs, ratios): ([Double], [Double], [Double]) = ([], [], [])
    var batch = 0
    for round in 0..<rounds {
      let (seconds, transactions) = try await ledger("\(folder)/ledger-\(round)")
      batch = max(1, Int((Double(rows) / Double(transactions)).rounded()))
      let bare = bare_ledger_commits(
        "\(folder)/bare-\(round)", Int32(rows), Int32(writers), Int32(bytes), Int32(clamping: batch))
      guard bare > 0 else { throw Unmeasured("the plain loop over sqlite3 failed") }
      ours.append(Double(rows) / seconds)
      theirs.append(Double(rows) / bare)
      ratios.append(bare / seconds)
    }
    guard let own = Quantile.of(ours, 0.5), let peer = Quantile.of(theirs, 0.5), let ratio = Quantile.of(ratios, 0.5)
    else { throw Unmeasured("no commits") }
    let reference =
      "a C loop over sqlite3, \(batch) rows of \(bytes) bytes in a transaction as here: \(Figure.text(peer.rounded())) /s; "
      + "medians of \(rounds) runs in turn"
    return [
      Figure("commits a second, \(writers) writers, synchronous FULL", own.rounded(), "/s", reference: reference),
      Figure("commits a second beside a plain loop over sqlite3", ratio, "x", .atLeast(0.5), reference: reference),
    ]
  }

  /// Seconds that the rows took, and in how many transactions they went.
  private static func ledger(_ path: String) async throws -> (Double, UInt64) {
    let transactions = Mutex<UInt64>(0)
    let count: @Sendable (LedgerPassage) -> Void = { passage in
      if case .afterCommit(let number) = passage { transactions.withLock { $0 = number } }
    }
    let ledger = try SQLiteLedger(path: path, options: LedgerOptions(onPassage: count))
    defer { ledger.close() }
    let start = Clock.monotonic()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<writers {
        group.addTask { try await write(to: ledger, "\(number)") }
      }
      try await group.waitForAll()
    }
    return (Double(Clock.monotonic() - start) / 1_000_000_000, transactions.withLock { max(1, $0) })
  }

  /// One writer: replaces its record again and again. The next commit is handed over where the last one is told of, as
  /// the engine does.
  private static func write(to ledger: SQLiteLedger, _ name: String) async throws {
    let key = LedgerKey("resource", String(repeating: "0", count: 26 - name.count) + name)
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      next(0, to: ledger, key) { continuation.resume(with: $0) }
    }
  }

  private static func next(
    _ version: UInt64, to ledger: SQLiteLedger, _ key: LedgerKey,
    _ done: @escaping @Sendable (Result<Void, any Error>) -> Void
  ) {
    if version == each { return done(.success(())) }
    ledger.commit([LedgerWrite(key: key, expected: version, value: [UInt8](repeating: 0, count: bytes))]) { result in
      switch result {
      case .success: next(version + 1, to: ledger, key, done)
      case .failure(let error): done(.failure(error))
      }
    }
  }
}
