import Core
import Foundation
import Store
import Testing

/// A ledger that was there before is not begun anew.
@Suite struct PastTests {
  private let key = LedgerKey("installation", "self")

  private func past(_ wanted: String = "me") -> LedgerPast {
    LedgerPast(trace: "a mark", key: key, expected: "the ledger of \(wanted)") { record in
      let found = String(decoding: record.value, as: UTF8.self)
      return found == wanted ? nil : "the one of \(found)"
    }
  }

  /// Names and bytes of everything there but the locks.
  private func files(_ directory: String) throws -> [String: Data] {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory).filter { !$0.hasSuffix(".lock") }
    return Dictionary(
      uniqueKeysWithValues: try names.map { ($0, try Data(contentsOf: URL(filePath: "\(directory)/\($0)"))) })
  }

  /// What a kill leaves of a ledger with an installation and twenty records: all of it in the log.
  private func leave(_ directory: String) async throws {
    try await withScratch { other in
      let ledger = try SQLiteLedger(path: "\(other)/ledger", options: LedgerOptions(reserveBytes: 0))
      #expect(await ledger.put(key.text, 0, "me") == nil)
      for number in 0..<20 { #expect(await ledger.put("k/\(number)", 0, "v") == nil) }
      for suffix in ["", "-wal"] {
        try FileManager.default.copyItem(atPath: "\(other)/ledger\(suffix)", toPath: "\(directory)/ledger\(suffix)")
      }
      ledger.close()
    }
  }

  private func open(_ directory: String, _ past: LedgerPast?) throws(StoreOpenError) -> SQLiteLedger {
    try SQLiteLedger(path: "\(directory)/ledger", options: LedgerOptions(reserveBytes: 0, past: past))
  }

  @Test(arguments: ["gone", "empty", "one byte", "no log", "empty log"])
  func `a ledger that is lost is refused with its remedy, and every file stays as it was`(what: String) async throws {
    try await withScratch { directory in
      try await leave(directory)
      let (file, log) = (URL(filePath: "\(directory)/ledger"), URL(filePath: "\(directory)/ledger-wal"))
      switch what {
      case "gone": try FileManager.default.removeItem(at: file)
      case "empty": try Data().write(to: file)
      case "one byte": try Data([0x53]).write(to: file)
      case "no log": try FileManager.default.removeItem(at: log)
      default: try Data().write(to: log)
      }
      let before = try files(directory)
      let error = #expect(throws: StoreOpenError.self) { try open(directory, past()) }
      guard case .lost? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(error?.expected == "the ledger of me")
      #expect(error?.found.contains("beside a mark") == true)
      #expect(error?.remedy.contains("slipway restore") == true)
      let after = try files(directory)
      for (name, bytes) in before { #expect(after[name] == bytes, "\(name) was changed") }
      #expect(after["ledger"] == before["ledger"], "a ledger was made")
    }
  }

  @Test func `the ledger of another one is refused, and keeps its log`() async throws {
    try await withScratch { directory in
      try await leave(directory)
      let before = try files(directory)
      let error = #expect(throws: StoreOpenError.self) { try open(directory, past("you")) }
      #expect(error?.found == "the one of me")
      let after = try files(directory)
      for (name, bytes) in before { #expect(after[name] == bytes, "\(name) was changed") }
    }
  }

  @Test func `the one that is expected is taken with its log`() async throws {
    try await withScratch { directory in
      try await leave(directory)
      let ledger = try open(directory, past())
      defer { ledger.close() }
      #expect(try ledger.records(prefix: "k/").count == 20)
    }
  }

  @Test func `a file that is refused as damaged keeps its log`() async throws {
    try await withScratch { directory in
      try await leave(directory)
      tamper("\(directory)/ledger", "PRAGMA wal_checkpoint(TRUNCATE)")
      try await withScratch { other in
        try FileManager.default.copyItem(atPath: "\(directory)/ledger", toPath: "\(other)/ledger")
        let ledger = try open(other, nil)
        #expect(await ledger.put("k/20", 0, "v") == nil)
        try? FileManager.default.removeItem(atPath: "\(directory)/ledger-wal")
        try FileManager.default.copyItem(atPath: "\(other)/ledger-wal", toPath: "\(directory)/ledger-wal")
        ledger.close()
      }
      let file = try FileHandle(forUpdating: URL(filePath: "\(directory)/ledger"))
      try file.seek(toOffset: 16_384)
      try file.write(contentsOf: Data(repeating: 0xA5, count: 8_192))
      try file.close()
      let before = try files(directory)
      #expect(throws: StoreOpenError.self) { try open(directory, nil) }
      let after = try files(directory)
      for (name, bytes) in before where !name.hasSuffix("-shm") { #expect(after[name] == bytes, "\(name) was changed") }
    }
  }
}
