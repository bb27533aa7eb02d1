import Core
import Foundation
import Store

/// A directory of its own that is removed at the end.
func withScratch<Result>(_ body: (_ directory: String) async throws -> Result) async throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appendingPathComponent("store-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(atPath: directory) }
  return try await body(directory)
}

extension Ledger {
  /// Waits for the result of a commit.
  func store(_ writes: [LedgerWrite]) async -> Result<Void, LedgerError> {
    await withCheckedContinuation { continuation in commit(writes) { continuation.resume(returning: $0) } }
  }

  /// Stores one record.
  func put(_ key: String, _ expected: UInt64, _ value: String?) async -> LedgerError? {
    let write = LedgerWrite(key: LedgerKey(text: key), expected: expected, value: value.map { Array($0.utf8) })
    if case .failure(let error) = await store([write]) { return error }
    return nil
  }
}
