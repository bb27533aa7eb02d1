import Core
import Foundation
import Store
import Testing

/// Copies of a ledger that is in use.
@Suite struct CopyTests {
  @Test func `a copy made while others write holds whole commits, as they were at one moment, and is one private file`()
    async throws
  {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger.db")
      defer { ledger.close() }
      // Each commit writes two records that must never be seen apart.
      func pair(_ number: UInt64) -> [LedgerWrite] {
        ["a", "b"].map {
          LedgerWrite(key: LedgerKey(text: "pair/\($0)"), expected: number, value: Array("\(number)".utf8))
        }
      }
      _ = await ledger.store(pair(0))
      async let writing: Void = {
        for number in UInt64(1)..<200 { _ = await ledger.store(pair(number)) }
      }()
      for number in 0..<5 { try LedgerCopy.make(of: "\(directory)/ledger.db", at: "\(directory)/copy-\(number).db") }
      await writing
      for number in 0..<5 {
        let path = "\(directory)/copy-\(number).db"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let copy = try SQLiteLedger(path: path)
        let records = try copy.records(prefix: "pair/")
        #expect(records.count == 2 && records.first?.value == records.last?.value)
        copy.close()
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(!names.contains { $0.contains("partial") })
    }
  }

  @Test func `a file that is there is never replaced, and what is no ledger is not copied`() async throws {
    try await withScratch { directory in
      let ledger = try SQLiteLedger(path: "\(directory)/ledger.db")
      defer { ledger.close() }
      try Data("mine".utf8).write(to: URL(filePath: "\(directory)/taken"))
      #expect(throws: StoreOpenError.self) {
        try LedgerCopy.make(of: "\(directory)/ledger.db", at: "\(directory)/taken")
      }
      #expect(try Data(contentsOf: URL(filePath: "\(directory)/taken")) == Data("mine".utf8))
      #expect(throws: StoreOpenError.self) {
        try LedgerCopy.make(of: "\(directory)/taken", at: "\(directory)/copy.db")
      }
      #expect(!FileManager.default.fileExists(atPath: "\(directory)/copy.db"))
    }
  }
}
