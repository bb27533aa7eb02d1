/// A moment in the life of a ledger's transaction.
package enum LedgerPassage: Sendable, Hashable {
  /// The n-th transaction since the opening, counted from 1, is about to become durable.
  case beforeCommit(UInt64)
  /// It is durable; nobody has been told yet.
  case afterCommit(UInt64)
}

/// How a ledger on a disk behaves.
package struct LedgerOptions: Sendable {
  /// Room that is set aside for the time when the disk is full, in bytes; 0 for none.
  package var reserveBytes: Int
  /// Largest size of the database in its pages, beside the reserve; nil for no limit but the disk's.
  package var maximumPages: Int?
  /// What shows that the ledger was there before; nil: nothing does, and a new one may be made.
  package var past: LedgerPast?
  /// Called on the writer's thread around every COMMIT. Tests end the process there.
  package var onPassage: (@Sendable (LedgerPassage) -> Void)?

  /// Makes options.
  package init(
    reserveBytes: Int = 1 << 20, maximumPages: Int? = nil, past: LedgerPast? = nil,
    onPassage: (@Sendable (LedgerPassage) -> Void)? = nil
  ) {
    self.reserveBytes = max(0, reserveBytes)
    self.maximumPages = maximumPages
    self.past = past
    self.onPassage = onPassage
  }
}
