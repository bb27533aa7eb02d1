package import Core
package import Model

/// The findings of sweeps, kept in the ledger: one record each.
package actor FindingBook {
  private struct Known: Sendable {
    var version: UInt64
    var finding: CloudFinding
  }

  private let ledger: any Ledger
  private var known: [ULID: Known] = [:]

  /// Reads all of them. Blocks; call it once, at start.
  package init(ledger: any Ledger) throws {
    self.ledger = ledger
    for stored in try ledger.records(prefix: "finding/") {
      let finding = try RecordCodec.decode(CloudFinding.self, stored)
      known[finding.id] = Known(version: stored.version, finding: finding)
    }
  }

  /// All findings, oldest first.
  package var all: [CloudFinding] { known.values.map(\.finding).sorted { $0.id < $1.id } }

  /// One finding; nil: none of that id.
  package func finding(_ id: ULID) -> CloudFinding? { known[id]?.finding }

  /// An account's findings that are not resolved.
  package func standing(on account: String) -> [CloudFinding] {
    all.filter { $0.account == account && $0.status != .resolved }
  }

  /// Stores findings, new or changed. They may take several commits; a sweep that is cut short is made again.
  /// - Throws: `LedgerError`.
  package func put(_ findings: [CloudFinding]) async throws {
    for start in stride(from: 0, to: findings.count, by: LedgerLimits.writes) {
      let part = findings[start..<min(start + LedgerLimits.writes, findings.count)]
      let writes = try part.map { finding in
        LedgerWrite(
          key: LedgerKey("finding", finding.id.description), expected: known[finding.id]?.version ?? 0,
          value: try RecordCodec.encode(finding, kind: "finding"))
      }
      try await store(writes)
      for finding in part {
        known[finding.id] = Known(version: (known[finding.id]?.version ?? 0) + 1, finding: finding)
      }
    }
  }

  /// Forgets findings that were resolved before that time.
  /// - Throws: `LedgerError`.
  package func forget(resolvedBefore time: Instant) async throws {
    let past = known.values.filter { $0.finding.status == .resolved && ($0.finding.closedAt ?? time) < time }
      .prefix(LedgerLimits.writes)
    guard !past.isEmpty else { return }
    try await store(
      past.map {
        LedgerWrite(key: LedgerKey("finding", $0.finding.id.description), expected: $0.version, value: nil)
      })
    for item in past { known[item.finding.id] = nil }
  }

  private func store(_ writes: [LedgerWrite]) async throws {
    let result = await withCheckedContinuation { continuation in
      ledger.commit(writes) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}
