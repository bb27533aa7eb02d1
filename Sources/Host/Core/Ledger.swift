/// Name of one record in the ledger, such as `resource/01J…`; at most 256 bytes of UTF-8.
package struct LedgerKey: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The whole name; the part before the first `/` is the record's kind.
  package let text: String

  /// Makes a key from a kind and the record's own name.
  package init(_ kind: String, _ name: String) { text = "\(kind)/\(name)" }

  /// Makes a key from its whole text, as a ledger stored it.
  package init(text: String) { self.text = text }

  /// The part before the first `/`.
  package var kind: String { String(text.prefix { $0 != "/" }) }

  /// The whole name.
  package var description: String { text }

  /// Order of the text, by Unicode scalars.
  package static func < (a: LedgerKey, b: LedgerKey) -> Bool { a.text < b.text }
}

/// One change in a commit: replaces, creates or deletes one record.
package struct LedgerWrite: Sendable, Hashable {
  /// The record.
  package var key: LedgerKey
  /// The version that is replaced; 0 where the record must not exist yet. A stored record's version
  /// is `expected + 1`.
  package var expected: UInt64
  /// The new value, opaque to the ledger; nil deletes the record.
  package var value: [UInt8]?

  /// Makes a change.
  package init(key: LedgerKey, expected: UInt64, value: [UInt8]?) {
    self.key = key
    self.expected = expected
    self.value = value
  }
}

/// One record as it is stored.
package struct LedgerRecord: Sendable, Hashable {
  /// Its name.
  package var key: LedgerKey
  /// Its version, 1 or more.
  package var version: UInt64
  /// Its value.
  package var value: [UInt8]

  /// Makes a record.
  package init(key: LedgerKey, version: UInt64, value: [UInt8]) {
    self.key = key
    self.version = version
    self.value = value
  }
}

/// Why a commit was not made. Nothing of it was stored.
package enum LedgerError: Error, Sendable, Hashable {
  /// A record had another version than expected.
  case conflict(LedgerKey, expected: UInt64, found: UInt64)
  /// More than 100 keys, more than 1 MiB of values, or one key twice.
  case tooBig(String)
  /// There is no room; nothing else is wrong.
  case full(String)
  /// The store cannot be trusted any more; the process must end.
  case broken(String)
}

/// The durable truth: versioned values under keys.
///
/// A commit is all or nothing, and durable when `done` is called. Commits are applied in the order in
/// which they were handed over. No SQL and no counters are in the protocol, because a clustered ledger
/// has neither.
package protocol Ledger: Sendable {
  /// Stores all writes or none. At most 100 keys and 1 MiB. `done` is called once, on any thread.
  func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void)

  /// All records whose key begins with `prefix`, in key order. May block.
  func records(prefix: String) throws(LedgerError) -> [LedgerRecord]
}
