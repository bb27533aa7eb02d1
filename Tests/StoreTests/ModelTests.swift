import Core
import Store
import Testing

/// What a table must do, whichever it is.
protocol Subject: AnyObject {
  func commit(_ writes: [LedgerWrite]) async -> LedgerError?
  func records(_ prefix: String) throws -> [LedgerRecord]
  func reopen() throws
}

final class MemorySubject: Subject {
  private var table = MemoryTable()

  func commit(_ writes: [LedgerWrite]) async -> LedgerError? {
    do throws(LedgerError) {
      try table.commit(writes)
      return nil
    } catch { return error }
  }

  func records(_ prefix: String) throws -> [LedgerRecord] { table.records(prefix: prefix) }

  func reopen() throws {}
}

final class SQLiteSubject: Subject {
  private let path: String
  private var ledger: SQLiteLedger

  init(path: String) throws {
    self.path = path
    ledger = try SQLiteLedger(path: path)
  }

  func commit(_ writes: [LedgerWrite]) async -> LedgerError? {
    if case .failure(let error) = await ledger.store(writes) { return error }
    return nil
  }

  func records(_ prefix: String) throws -> [LedgerRecord] { try ledger.records(prefix: prefix) }

  func reopen() throws {
    ledger.close()
    ledger = try SQLiteLedger(path: path)
  }
}

/// The oracle: the simplest thing that can be right.
private struct Oracle {
  var rows: [String: (version: UInt64, value: [UInt8])] = [:]

  mutating func commit(_ writes: [LedgerWrite]) -> LedgerError? {
    for write in writes {
      let found = rows[write.key.text]?.version ?? 0
      if found != write.expected { return .conflict(write.key, expected: write.expected, found: found) }
    }
    for write in writes { rows[write.key.text] = write.value.map { (write.expected + 1, $0) } }
    return nil
  }

  func records(_ prefix: String) -> [LedgerRecord] {
    rows.filter { $0.key.hasPrefix(prefix) }.sorted { Array($0.key.utf8).lexicographicallyPrecedes(Array($1.key.utf8)) }
      .map { LedgerRecord(key: LedgerKey(text: $0.key), version: $0.value.version, value: $0.value.value) }
  }
}

@Suite struct ModelTests {
  private static let names = [
    "a", "a/", "a/1", "a/10", "a/2", "a/ü", "a0", "b/1", "b/\u{10FFFF}", "b/\u{0}x", "z%_", "z'\"--",
  ]
  private static let prefixes = ["", "a", "a/", "a/1", "b/", "b/\u{10FFFF}", "z", "nothing", "a/ü"]

  private static func drive(_ subject: any Subject, seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    var oracle = Oracle()
    for step in 0..<120 {
      var writes: [LedgerWrite] = []
      for name in names.shuffled(using: &random).prefix(Int.random(in: 0...4, using: &random)) {
        let known = oracle.rows[name]?.version ?? 0
        let expected = Int.random(in: 0..<10, using: &random) == 0 ? UInt64.random(in: 0...5, using: &random) : known
        let size = [0, 1, 100, 5000].randomElement(using: &random) ?? 0
        let value = [UInt8](repeating: UInt8.random(in: 0...255, using: &random), count: size)
        let deletes = Int.random(in: 0..<5, using: &random) == 0
        writes.append(LedgerWrite(key: LedgerKey(text: name), expected: expected, value: deletes ? nil : value))
      }
      let expected = oracle.commit(writes)
      let found = await subject.commit(writes)
      #expect(found == expected, "seed \(seed), step \(step)")
      if step % 10 == 0 {
        let prefix = prefixes.randomElement(using: &random) ?? ""
        #expect(try subject.records(prefix) == oracle.records(prefix), "seed \(seed), step \(step), prefix \(prefix)")
      }
      if step % 50 == 49 { try subject.reopen() }
    }
    #expect(try subject.records("") == oracle.records(""), "seed \(seed)")
    try await limits(subject)
  }

  private static func limits(_ subject: any Subject) async throws {
    func writes(_ count: Int, bytes: Int = 1) -> [LedgerWrite] {
      (0..<count).map {
        LedgerWrite(key: LedgerKey("limit", "\($0)"), expected: 0, value: .init(repeating: 0, count: bytes))
      }
    }
    func isTooBig(_ writes: [LedgerWrite]) async -> Bool {
      if case .tooBig? = await subject.commit(writes) { true } else { false }
    }
    #expect(await isTooBig(writes(101)))
    #expect(
      await isTooBig(writes(2, bytes: 1 << 19) + [LedgerWrite(key: LedgerKey("x", "y"), expected: 0, value: [1])]))
    #expect(await isTooBig(writes(1) + writes(1)))
    #expect(
      await isTooBig([LedgerWrite(key: LedgerKey("k", String(repeating: "x", count: 255)), expected: 0, value: [])]))
    #expect(try subject.records("limit/").isEmpty)
    #expect(await subject.commit(writes(100)) == nil)
    #expect(
      await subject.commit([
        LedgerWrite(key: LedgerKey("limit", "big"), expected: 0, value: .init(repeating: 1, count: 1 << 20))
      ]) == nil)
    #expect(try subject.records("limit/").count == 101)
  }

  @Test(arguments: UInt64(0)..<20)
  func `the table in memory does what the model says`(seed: UInt64) async throws {
    try await Self.drive(MemorySubject(), seed: seed)
  }

  @Test(arguments: UInt64(0)..<20)
  func `the ledger on the disk does what the model says`(seed: UInt64) async throws {
    try await withScratch { directory in
      try await Self.drive(try SQLiteSubject(path: "\(directory)/ledger"), seed: seed)
    }
  }
}
