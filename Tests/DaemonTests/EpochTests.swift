import Core
import Daemon
import Model
import Synchronization
import Testing

/// A ledger in memory that lives longer than those who read it.
private final class MemoryLedger: Ledger {
  private let table = Mutex(MemoryTable())

  func commit(_ writes: [LedgerWrite], done: @escaping @Sendable (Result<Void, LedgerError>) -> Void) {
    done(
      table.withLock { table in
        do throws(LedgerError) {
          try table.commit(writes)
          return .success(())
        } catch { return .failure(error) }
      })
  }

  func records(prefix: String) throws(LedgerError) -> [LedgerRecord] { table.withLock { $0.records(prefix: prefix) } }
}

@Suite struct EpochTests {
  private func start(_ ledger: MemoryLedger, machine: String?, number: UInt64) async throws -> EpochBook {
    try await EpochBook(
      ledger: ledger, machine: machine, id: ULID(high: 1, low: number), at: Instant(ms: Int64(number)))
  }

  @Test func `a new ledger counts at once; the same machine goes on with it`() async throws {
    let ledger = MemoryLedger()
    let first = try await start(ledger, machine: "m", number: 1)
    #expect(await first.isConfirmed)
    let second = try await start(ledger, machine: "m", number: 2)
    #expect(await second.isConfirmed)
    let ids = (await first.epoch.id, await second.epoch.id)
    #expect(ids.0 == ids.1)
  }

  @Test func `on another machine it counts only once an operator says so, and that is durable`() async throws {
    let ledger = MemoryLedger()
    _ = try await start(ledger, machine: "m", number: 1)
    let moved = try await start(ledger, machine: "n", number: 2)
    #expect(await !moved.isConfirmed)
    // A restart confirms nothing.
    let again = try await start(ledger, machine: "n", number: 3)
    #expect(await !again.isConfirmed)
    #expect(await again.epoch.id == ULID(high: 1, low: 2))
    try await again.confirm(at: Instant(ms: 9))
    let last = try await start(ledger, machine: "n", number: 4)
    #expect(await last.isConfirmed)
  }

  @Test func `findings are read back as they were stored, and resolved ones are forgotten`() async throws {
    let ledger = MemoryLedger()
    let book = try FindingBook(ledger: ledger)
    let findings = (1...250).map { number in
      CloudFinding(
        id: ULID(high: 2, low: UInt64(number)), account: "a", kind: .orphan,
        object: ListedThing(externalID: "\(number)", name: "n"), resource: nil, attempt: nil, seen: Instant(ms: 5))
    }
    try await book.put(findings)
    var closed = findings[0]
    closed.status = .resolved
    closed.closedAt = Instant(ms: 10)
    try await book.put([closed])
    let next = try FindingBook(ledger: ledger)
    #expect(await next.all == [closed] + findings.dropFirst())
    #expect(await next.standing(on: "a").count == 249)
    try await next.forget(resolvedBefore: Instant(ms: 11))
    let last = try FindingBook(ledger: ledger)
    #expect(await last.all.count == 249)
  }
}
