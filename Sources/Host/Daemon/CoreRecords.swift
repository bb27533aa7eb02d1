import Core
import Model
import Store

/// The core's records as a start reads them: page by page, decoded on all processors.
struct CoreRecords {
  typealias Stored = (key: LedgerKey, version: UInt64, record: Record)

  /// Records in one page, and in what one task decodes.
  private static let (page, share) = (8_192, 1_024)

  private(set) var records: [Stored] = []
  /// What resources hold alike, such as the offering that they were accepted by.
  private var alike = Resource.Common()
  /// What attempts hold alike, by account, type and location.
  private var common: [String: Attempt.Common] = [:]

  /// Reads all; blocks while a page is read.
  static func read(_ ledger: SQLiteLedger) async throws -> [Stored] {
    var all = CoreRecords()
    for prefix in ["resource/", "attempt/", "idempotency/"] {
      var page = try ledger.records(prefix: prefix, after: nil, most: Self.page)
      while let last = page.last?.key {
        // One page is read while the one before is decoded.
        async let following = ledger.records(prefix: prefix, after: last, most: Self.page)
        try await all.add(page)
        page = try await following
      }
    }
    return all.records
  }

  private mutating func add(_ page: [LedgerRecord]) async throws {
    let parts = try await withThrowingTaskGroup(of: (Int, [Stored]).self) { group in
      for start in stride(from: 0, to: page.count, by: Self.share) {
        let part = page[start..<min(start + Self.share, page.count)]
        group.addTask {
          (
            start,
            try part.compactMap { stored in
              try RecordCodec.decode(stored).map { (stored.key, stored.version, $0) }
            }
          )
        }
      }
      return try await group.reduce(into: []) { $0.append($1) }.sorted { $0.0 < $1.0 }
    }
    for (_, part) in parts { records += part.map { ($0.key, $0.version, shared($0.record)) } }
  }

  /// The record, holding the bytes that an earlier one holds, where they are the same.
  private mutating func shared(_ record: Record) -> Record {
    switch record {
    case .resource(var resource):
      resource.share(with: &alike)
      return .resource(resource)
    case .attempt(var attempt):
      let place = attempt.placement
      attempt.share(with: &common["\(place.account)/\(place.type)/\(place.location)", default: Attempt.Common()])
      return .attempt(attempt)
    case .idempotency, .notice: return record
    }
  }
}
