import Core
import Crypto
import FoundationEssentials
import Model
import Store

extension DaemonHost {
  /// What compares the ledger with the clouds.
  static func reconciliation(
    ledger: SQLiteLedger, registry: Registry, verbs: VerbCaller, pump: Pump, clock: HostClock, log: HostLog,
    seed: UInt64
  ) async throws -> Reconciliation {
    let findings = try FindingBook(ledger: ledger)
    var random = Randomness(seed: seed)
    let now = clock.now()
    let epoch = try await EpochBook(ledger: ledger, machine: machine(), id: random.id(at: now), at: now)
    if await !epoch.isConfirmed {
      log.write(
        .warning,
        "\(await epoch.epoch.cause): nothing is made, ended or changed until an operator says `slipway epoch confirm`")
    }
    let sweeper = Sweeper(
      registry: registry, verbs: verbs, pump: pump, book: findings, clock: clock, seed: seed &+ 1,
      isLedgerHealthy: { !ledger.isRestricted }, isEpochConfirmed: { await epoch.isConfirmed },
      alarm: { log.write(.warning, "account \($0): \($1)") })
    return Reconciliation(findings: findings, epoch: epoch, sweeper: sweeper)
  }

  /// Digest of this machine's id, which itself is not to be given away (machine-id(5)); nil where it has none.
  private static func machine() -> String? {
    guard let bytes = try? Data(contentsOf: URL(filePath: "/etc/machine-id")), bytes.count >= 32 else { return nil }
    return SHA256.hex(Array("slipway ledger epoch".utf8) + Array(bytes))
  }
}
