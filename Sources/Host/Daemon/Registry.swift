package import Core
package import Model

/// Accounts, offerings and the installation itself: what operators write, kept in the ledger.
package actor Registry {
  private struct Versioned<Value: Sendable>: Sendable {
    var version: UInt64
    var value: Value
  }

  private let ledger: any Ledger
  /// Accounts that are being stored for the first time.
  private var adding: [AccountRecord] = []
  private var accounts: [String: Versioned<AccountRecord>] = [:]
  private var offerings: [String: Versioned<Offering>] = [:]
  private var standings: [String: Versioned<OfferingStanding>] = [:]
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
    for stored in try ledger.records(prefix: "standing/") {
      let standing = try RecordCodec.decode(OfferingStanding.self, stored)
      standings[standing.offering] = Versioned(version: stored.version, value: standing)
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

  /// What the clouds last said of an offering; nil: they were not asked yet.
  package func standing(_ name: String) -> OfferingStanding? { standings[name]?.value }

  /// What makes this installation itself; nil before the first start wrote it.
  package var identity: InstallationRecord? { installation?.value }

  /// Stores an account, new or changed.
  package func put(_ record: AccountRecord) async throws {
    let version = accounts[record.name]?.version ?? 0
    try await write(LedgerKey("account", record.name), version, try RecordCodec.encode(record, kind: "account"))
    accounts[record.name] = Versioned(version: version + 1, value: record)
  }

  /// Stores a new account, unless one is there, or is being stored, that is the same cloud account by the same endpoints,
  /// with the same settings: then that one's name, and nothing is stored.
  package func add(_ record: AccountRecord) async throws -> String? {
    if let twin = twins(of: record).first(where: {
      $0.endpoints == record.endpoints && $0.settings == record.settings
    }) {
      return twin.name
    }
    adding.append(record)
    defer { adding.removeAll { $0.name == record.name } }
    try await put(record)
    return nil
  }

  /// Other accounts of the same plugin with the same identity: the same cloud account, if perhaps by another way.
  package func twins(of record: AccountRecord) -> [AccountRecord] {
    guard record.identity != nil else { return [] }
    return (allAccounts + adding).filter {
      $0.name != record.name && $0.plugin == record.plugin && $0.identity == record.identity
    }
  }

  /// Stores a changed account in the place of `old`.
  /// - Throws: `LedgerError.conflict` where another change came first, the account's removal among them.
  package func replace(_ old: AccountRecord, by new: AccountRecord) async throws {
    let key = LedgerKey("account", old.name)
    guard let known = accounts[old.name], known.value == old, new.name == old.name else {
      throw LedgerError.conflict(key, expected: accounts[old.name]?.version ?? 1, found: 0)
    }
    try await write(key, known.version, try RecordCodec.encode(new, kind: "account"))
    accounts[old.name] = Versioned(version: known.version + 1, value: new)
  }

  /// Stores what the clouds say of an offering, unless it is not that offering any more.
  package func put(_ standing: OfferingStanding, of offering: Offering) async throws {
    guard offerings[offering.name]?.value == offering else { return }
    let version = standings[offering.name]?.version ?? 0
    // An unchanged standing differs in its time alone, by which the next one is planned.
    try await write(
      LedgerKey("standing", offering.name), version, try RecordCodec.encode(standing, kind: "standing"))
    standings[offering.name] = Versioned(version: version + 1, value: standing)
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
    var writes = [LedgerWrite(key: LedgerKey("offering", name), expected: known.version, value: nil)]
    if let standing = standings[name] {
      writes.append(LedgerWrite(key: LedgerKey("standing", name), expected: standing.version, value: nil))
    }
    try await write(writes)
    offerings[name] = nil
    standings[name] = nil
  }

  private func write(_ key: LedgerKey, _ expected: UInt64, _ value: [UInt8]?) async throws {
    try await write([LedgerWrite(key: key, expected: expected, value: value)])
  }

  private func write(_ writes: [LedgerWrite]) async throws {
    let result = await withCheckedContinuation { continuation in
      ledger.commit(writes) { continuation.resume(returning: $0) }
    }
    try result.get()
  }
}
