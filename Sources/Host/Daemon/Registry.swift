package import Core
package import Model

/// Accounts, offerings and the installation itself: what operators write, kept in the ledger.
package actor Registry {
  private struct Versioned<Value: Sendable>: Sendable {
    var version: UInt64
    var value: Value
  }

  private let ledger: any Ledger
  private var accounts: [String: Versioned<AccountRecord>] = [:]
  private var offerings: [String: Versioned<Offering>] = [:]
  private var installation: Versioned<InstallationRecord>?

  /// Reads everything from the ledger. Blocks; call it once, at start.
  package init(ledger: any Ledger) throws {
    self.ledger = ledger
    for stored in try ledger.records(prefix: "account/") {
      let record = try RecordCodec.decode(AccountRecord.self, stored)
      accounts[record.name] = Versioned(version: stored.version, value: record)
    }
    for stored in try ledger.records(prefix: "offering/") {
      let offering = try RecordCodec.decode(Offering.self, stored)
      offerings[offering.name] = Versioned(version: stored.version, value: offering)
    }
    for stored in try ledger.records(prefix: "installation/") {
      installation = Versioned(version: stored.version, value: try RecordCodec.decode(InstallationRecord.self, stored))
    }
  }

  /// All accounts, by name.
  package var allAccounts: [AccountRecord] { accounts.values.map(\.value).sorted { $0.name < $1.name } }

  /// An account; nil: none of that name.
  package func account(_ name: String) -> AccountRecord? { accounts[name]?.value }

  /// All offerings, by name.
  package var allOfferings: [Offering] { offerings.values.map(\.value).sorted { $0.name < $1.name } }

  /// An offering; nil: none of that name.
  package func offering(_ name: String) -> Offering? { offerings[name]?.value }

  /// What makes this installation itself; nil before the first start wrote it.
  package var identity: InstallationRecord? { installation?.value }

  /// Stores an account, new or changed.
  package func put(_ record: AccountRecord) async throws {
    let version = accounts[record.name]?.version ?? 0
    try await write(LedgerKey("account", record.name), version, try RecordCodec.encode(record, kind: "account"))
    accounts[record.name] = Versioned(version: version + 1, value: record)
  }

  /// Stores an offering, new or changed.
  package func put(_ offering: Offering) async throws {
    let version = offerings[offering.name]?.version ?? 0
    try await write(LedgerKey("offering", offering.name), version, try RecordCodec.encode(offering, kind: "offering"))
    offerings[offering.name] = Versioned(version: version + 1, value: offering)
  }

  /// Stores what makes this installation itself; once.
  package func put(_ record: InstallationRecord) async throws {
    try await write(LedgerKey("installation", "self"), 0, try RecordCodec.encode(record, kind: "installation"))
    installation = Versioned(version: 1, value: record)
  }

  /// Removes an account; nothing happens where there is none.
  package func removeAccount(_ name: String) async throws {
    guard let known = accounts[name] else { return }
    try await write(LedgerKey("account", name), known.version, nil)
    accounts[name] = nil
  }

  /// Removes an offering; nothing happens where there is none.
  package func removeOffering(_ name: String) async throws {
    guard let known = offerings[name] else { return }
    try await write(LedgerKey("offering", name), known.version, nil)
    offerings[name] = nil
  }

  private func write(_ key: LedgerKey, _ expected: UInt64, _ value: [UInt8]?) async throws {
    let result = await withCheckedContinuation { continuation in
      ledger.commit([LedgerWrite(key: key, expected: expected, value: value)]) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}
