import CSQLite
import Core
import Foundation
import Store
import Testing

/// Runs SQL on a file as some other program would.
func tamper(_ path: String, _ sql: String) {
  var handle: OpaquePointer?
  sqlite3_open(path, &handle)
  #expect(sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK)
  sqlite3_close(handle)
}

@Suite struct OpeningTests {
  @Test func `a file of a newer version is refused in words`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      try SQLiteLedger(path: path).close()
      tamper(path, "PRAGMA user_version = 99")
      let error = #expect(throws: StoreOpenError.self) { try SQLiteLedger(path: path) }
      #expect(error == .newer(path: path, found: 99, known: 1))
      #expect(error?.description.contains("schema 99") == true)
    }
  }

  @Test func `a database of another program is left alone`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      tamper(path, "CREATE TABLE records(other)")
      let before = try Data(contentsOf: URL(fileURLWithPath: path))
      #expect(throws: StoreOpenError.foreign(path: path)) { try SQLiteLedger(path: path) }
      #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == before)
    }
  }

  @Test(arguments: [0, 8192, 16_384])
  func `a damaged file is refused`(offset: Int) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let ledger = try SQLiteLedger(path: path)
      for number in 0..<50 { #expect(await ledger.put("k/\(number)", 0, String(repeating: "x", count: 500)) == nil) }
      ledger.close()
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.seek(toOffset: UInt64(offset))
      try file.write(contentsOf: Data(repeating: 0xA5, count: 512))
      try file.close()
      let error = #expect(throws: StoreOpenError.self) { try SQLiteLedger(path: path) }
      guard case .damaged? = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `a directory that does not exist is named`() {
    let error = #expect(throws: StoreOpenError.self) { try SQLiteLedger(path: "/nonexistent/place/ledger") }
    #expect(error?.description.contains("/nonexistent/place") == true)
  }
}
