import Core
import Foundation
import Store
import Synchronization
import System
import Testing

@Suite struct LedgerTests {
  @Test func `a commit is all or nothing`() async throws {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger")
      #expect(await ledger.put("a", 0, "1") == nil)
      let result = await ledger.store([
        LedgerWrite(key: LedgerKey(text: "b"), expected: 0, value: [1]),
        LedgerWrite(key: LedgerKey(text: "a"), expected: 7, value: [1]),
      ])
      #expect(throws: LedgerError.conflict(LedgerKey(text: "a"), expected: 7, found: 1)) { try result.get() }
      #expect(try ledger.records(prefix: "").map(\.key.text) == ["a"])
      ledger.close()
    }
  }

  @Test func `commits that wait together share transactions, and a conflict fails alone`() async throws {
    try await withScratch { directory in
      let transactions = Atomic<UInt64>(0)
      let held = DispatchSemaphore(value: 0)
      let options = LedgerOptions(onPassage: { passage in
        guard case .beforeCommit(let number) = passage else { return }
        transactions.store(number, ordering: .relaxed)
        if number == 1 { held.wait() }
      })
      let ledger = try SQLiteLedger(path: "\(directory)/ledger", options: options)
      let order = Mutex<[Int]>([])
      await withTaskGroup(of: LedgerError?.self) { group in
        await withCheckedContinuation { (all: CheckedContinuation<Void, Never>) in
          for number in 0...100 {
            let expected: UInt64 = number == 50 ? 9 : 0
            ledger.commit([LedgerWrite(key: LedgerKey("k", "\(number)"), expected: expected, value: [])]) { result in
              if case .success = result { order.withLock { $0.append(number) } }
              if number == 100 { all.resume() }
            }
          }
          held.signal()
        }
      }
      // The first one or more in the first transaction, and all that waited behind it in one or two more.
      #expect(transactions.load(ordering: .relaxed) <= 3)
      #expect(order.withLock { $0 } == (0...100).filter { $0 != 50 })
      #expect(try ledger.records(prefix: "k/").count == 100)
      ledger.close()
    }
  }

  @Test func `only the owner may read the files`() async throws {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger")
      #expect(await ledger.put("a", 0, "1") == nil)
      for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
        let mode = try FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")[.posixPermissions] as? Int
        #expect(mode == 0o600, "\(name)")
      }
      ledger.close()
    }
  }

  @Test func `a second opening is refused and names the process`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let ledger = try SQLiteLedger(path: path)
      #expect(throws: StoreOpenError.held(path: path, by: ProcessInfo.processInfo.processIdentifier)) {
        try SQLiteLedger(path: path)
      }
      ledger.close()
      try SQLiteLedger(path: path).close()
    }
  }

  @Test func `a closed ledger says so`() async throws {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger")
      ledger.close()
      #expect(await ledger.put("a", 0, "1") == .broken("the ledger is closed"))
      #expect(throws: LedgerError.self) { try ledger.records(prefix: "") }
    }
  }

  @Test func `what was handed over before the close is stored`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let ledger = try SQLiteLedger(path: path)
      let stored = Atomic<Int>(0)
      for number in 0..<500 {
        ledger.commit([LedgerWrite(key: LedgerKey("k", "\(number)"), expected: 0, value: [1])]) { result in
          if case .success = result { stored.add(1, ordering: .relaxed) }
        }
      }
      ledger.close()
      #expect(stored.load(ordering: .relaxed) == 500)
      let again = try SQLiteLedger(path: path)
      #expect(try again.records(prefix: "k/").count == 500)
      again.close()
    }
  }

  @Test func `a full ledger takes changes and refuses growth, and says so`() async throws {
    try await withScratch { directory in
      let options = LedgerOptions(reserveBytes: 1 << 16, maximumPages: 40)
      let ledger = try SQLiteLedger(path: "\(directory)/ledger", options: options)
      #expect(!ledger.isRestricted)
      var count = 0
      var refusal: LedgerError?
      while refusal == nil, count < 1000 {
        refusal = await ledger.put("k/\(count)", 0, String(repeating: "x", count: 1000))
        count += 1
      }
      guard case .full(let text)? = refusal else {
        Issue.record("\(String(describing: refusal))")
        return
      }
      #expect(text.contains("make room"))
      #expect(ledger.isRestricted)
      #expect(await ledger.put("k/0", 1, String(repeating: "y", count: 1000)) == nil)
      #expect(await ledger.put("k/1", 1, nil) == nil)
      #expect(try ledger.records(prefix: "k/0").first?.version == 2)
      ledger.close()
    }
  }
}
