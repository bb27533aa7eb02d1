/// A ledger's table as a pure value: the meaning of every `Ledger`, without its durability.
///
/// The simulation runs on it, and one model test holds the durable ledger to it. Keys are told apart by their UTF-8
/// bytes, as storage does.
package struct MemoryTable: Sendable {
  private var rows: [[UInt8]: LedgerRecord] = [:]

  /// Makes an empty table.
  package init() {}

  /// Number of records.
  package var count: Int { rows.count }

  /// Stores all writes or none, as `Ledger.commit` says; never `full` or `broken`.
  ///
  /// A deletion with `expected` 0 states that the record does not exist, and stores nothing.
  package mutating func commit(_ writes: [LedgerWrite]) throws(LedgerError) {
    try LedgerLimits.check(writes)
    for write in writes {
      let found = rows[Array(write.key.text.utf8)]?.version ?? 0
      guard found == write.expected else {
        throw .conflict(write.key, expected: write.expected, found: found)
      }
    }
    for write in writes {
      rows[Array(write.key.text.utf8)] = write.value.map {
        LedgerRecord(key: write.key, version: write.expected &+ 1, value: $0)
      }
    }
  }

  /// All records whose key begins with `prefix`, in the order of their keys' UTF-8 bytes.
  package func records(prefix: String) -> [LedgerRecord] {
    let start = Array(prefix.utf8)
    return rows.filter { $0.key.starts(with: start) }
      .sorted { $0.key.lexicographicallyPrecedes($1.key) }
      .map(\.value)
  }
}
