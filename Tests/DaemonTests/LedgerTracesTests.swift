import Daemon
import Foundation
import Testing

/// A start on a state directory whose ledger is not what it was.
@Suite struct LedgerTracesTests {
  private func refusal(_ files: [String: Int], knowsInstallation: Bool = true) throws -> String? {
    let state = FileManager.default.temporaryDirectory.appending(path: "slipway-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: state) }
    for (name, bytes) in files { try Data(count: bytes).write(to: state.appending(path: name)) }
    let traces = LedgerTraces(state: state.path)
    do {
      try traces.requireLedger()
      if !knowsInstallation { try traces.requireNone() }
      return nil
    } catch {
      #expect(error.remedy.contains("slipway restore FILE"))
      return error.message.replacingOccurrences(of: state.path, with: "")
    }
  }

  @Test(arguments: [[:], ["ledger.db": 0], ["ledger.db": 4_096, "seal.key": 32, "ledger.db.reserve": 9]])
  func `a first start, or one that was cut short, goes on`(files: [String: Int]) throws {
    #expect(try refusal(files, knowsInstallation: false) == nil)
  }

  @Test(arguments: ["archive.db", "output.db"])
  func `beside an archive a ledger that is gone, empty or blank is refused`(archive: String) throws {
    #expect(try refusal([archive: 9]) == "the ledger /ledger.db is gone")
    for size in [0, 1, 99] {
      #expect(try refusal([archive: 9, "ledger.db": size, "ledger.db-wal": 9]) == "the ledger /ledger.db is empty")
    }
    #expect(
      try refusal([archive: 9, "ledger.db": 8_192], knowsInstallation: false)
        == "the ledger /ledger.db has lost what it held")
    #expect(try refusal([archive: 9, "ledger.db": 8_192]) == nil)
  }
}
