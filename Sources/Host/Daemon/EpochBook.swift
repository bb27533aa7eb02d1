package import Core
package import Model

/// An age of the ledger: it begins where the ledger is new, and where it comes to life on another machine.
package struct LedgerEpoch: Codable, Sendable, Hashable {
  /// Its id.
  package var id: ULID
  /// When it began.
  package var begunAt: Instant
  /// Why it began, for people.
  package var cause: String
  /// Digest of the machine's id; nil where the machine has none.
  package var machine: String?
  /// When it came to count: at once for a new ledger, otherwise when an operator said so; nil: not yet.
  package var confirmedAt: Instant?
}

/// Knows whether this ledger may be believed to be the newest one. In an epoch that is not confirmed, sweeps end nothing:
/// a copy of a ledger does not know what was made after it was taken.
package actor EpochBook {
  private let ledger: any Ledger
  private var version: UInt64
  /// The present epoch.
  package private(set) var epoch: LedgerEpoch

  private let confirmation: AsyncStream<Void>
  private let confirmer: AsyncStream<Void>.Continuation

  private static let key = LedgerKey("epoch", "self")

  /// Reads the epoch, and begins one where the ledger has none or comes from another machine. Durable when it returns.
  /// - Throws: `LedgerError`, or `UnreadableRecord`.
  package init(ledger: any Ledger, machine: String?, id: ULID, at now: Instant) async throws {
    self.ledger = ledger
    (confirmation, confirmer) = AsyncStream.makeStream()
    let stored = try ledger.records(prefix: "epoch/").first { $0.key == Self.key }
    guard let stored else {
      epoch = LedgerEpoch(id: id, begunAt: now, cause: "the ledger is new", machine: machine, confirmedAt: now)
      version = 1
      try await Self.write(epoch, expected: 0, ledger)
      return
    }
    let known = try RecordCodec.decode(LedgerEpoch.self, stored)
    epoch = known
    version = stored.version
    guard let machine, let before = known.machine, before != machine else { return }
    epoch = LedgerEpoch(
      id: id, begunAt: now, cause: "the ledger comes from another machine", machine: machine, confirmedAt: nil)
    version = stored.version + 1
    try await Self.write(epoch, expected: stored.version, ledger)
  }

  /// Begins an epoch that nobody has confirmed, in a ledger that no daemon uses. Durable when it returns.
  /// - Throws: `LedgerError`, or `UnreadableRecord`.
  package static func begin(in ledger: any Ledger, cause: String, id: ULID, at now: Instant) async throws {
    let stored = try ledger.records(prefix: "epoch/").first { $0.key == key }
    let known = try stored.map { try RecordCodec.decode(LedgerEpoch.self, $0) }
    let epoch = LedgerEpoch(id: id, begunAt: now, cause: cause, machine: known?.machine, confirmedAt: nil)
    try await write(epoch, expected: stored?.version ?? 0, ledger)
  }

  /// Whether it counts.
  package var isConfirmed: Bool { epoch.confirmedAt != nil }

  /// Waits until it counts, or until the task is cancelled. One task may wait.
  package func confirmed() async {
    guard !isConfirmed else { return }
    for await _ in confirmation {}
  }

  /// Says that this ledger is the newest one. Durable when it returns.
  /// - Throws: `LedgerError`.
  package func confirm(at now: Instant) async throws {
    guard epoch.confirmedAt == nil else { return }
    var next = epoch
    next.confirmedAt = now
    try await Self.write(next, expected: version, ledger)
    version += 1
    epoch = next
    confirmer.finish()
  }

  private static func write(_ epoch: LedgerEpoch, expected: UInt64, _ ledger: any Ledger) async throws {
    let value = try RecordCodec.encode(epoch, kind: "epoch")
    let result = await withCheckedContinuation { continuation in
      ledger.commit([LedgerWrite(key: key, expected: expected, value: value)]) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}

/// What compares the ledger with the clouds, put together.
package struct Reconciliation: Sendable {
  let findings: FindingBook
  let epoch: EpochBook
  let sweeper: Sweeper

  /// Puts it together.
  package init(findings: FindingBook, epoch: EpochBook, sweeper: Sweeper) {
    self.findings = findings
    self.epoch = epoch
    self.sweeper = sweeper
  }
}
