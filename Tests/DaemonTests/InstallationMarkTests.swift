import Daemon
import Foundation
import Model
import Store
import Testing

/// What tells a first start from a ledger that was lost.
@Suite struct InstallationMarkTests {
  private let one = ULID(high: 1, low: 1)
  private let other = ULID(high: 1, low: 2)

  private func withState<Result>(_ body: (String) throws -> Result) throws -> Result {
    let state = FileManager.default.temporaryDirectory.appending(path: "slipway-mark-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: state) }
    return try body(state)
  }

  @Test func `it holds the id that was written last, and can be taken away`() throws {
    try withState { state in
      let mark = InstallationMark(state: state)
      #expect(mark.id == nil && mark.past == nil)
      try mark.replace(by: one)
      #expect(mark.id == one && mark.past?.expected.contains("\(one)") == true)
      try mark.replace(by: other)
      #expect(mark.id == other)
      #expect(try FileManager.default.contentsOfDirectory(atPath: state) == ["installation"])
      try mark.replace(by: nil)
      #expect(mark.id == nil && mark.past == nil)
      try mark.replace(by: nil)
    }
  }

  @Test(arguments: ["installation", "archive.db", "output.db"])
  func `what is made after the first record shows that there was a ledger`(name: String) throws {
    try withState { state in
      try Data().write(to: URL(filePath: "\(state)/\(name)"))
      #expect(InstallationMark(state: state).past?.trace == "\(state)/\(name)")
    }
  }

  @Test(arguments: [
    "lock", "ledger.db", "ledger.db-wal", "ledger.db.lock", "ledger.db.reserve", "seal.key", "installation.new",
  ])
  func `what a first start leaves that was cut short does not`(name: String) throws {
    try withState { state in
      try Data([1]).write(to: URL(filePath: "\(state)/\(name)"))
      #expect(InstallationMark(state: state).past == nil)
    }
  }
}
