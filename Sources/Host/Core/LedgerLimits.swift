/// What one commit may hold; every ledger keeps the same limits, because a clustered one has them.
package enum LedgerLimits {
  /// Writes in one commit.
  package static let writes = 100
  /// Sum of the values of one commit, in bytes.
  package static let valueBytes = 1 << 20
  /// UTF-8 bytes of a key.
  package static let keyBytes = 256

  /// Refuses a commit that is too big, or that names one key twice.
  package static func check(_ writes: [LedgerWrite]) throws(LedgerError) {
    guard writes.count <= Self.writes else {
      throw .tooBig("a commit of \(writes.count) writes; at most \(Self.writes) are possible")
    }
    var bytes = 0
    var seen: Set<[UInt8]> = []
    for write in writes {
      bytes += write.value?.count ?? 0
      let name = Array(write.key.text.utf8)
      guard !name.isEmpty, name.count <= keyBytes else {
        throw .tooBig("a key of \(name.count) bytes; 1 to \(keyBytes) are possible")
      }
      guard seen.insert(name).inserted else { throw .tooBig("a commit names \(write.key) twice") }
    }
    guard bytes <= valueBytes else {
      throw .tooBig("a commit of \(bytes) bytes of values; at most \(valueBytes) are possible")
    }
  }
}
