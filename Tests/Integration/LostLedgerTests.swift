import Control
import EngineFixture
import Foundation
import System
import Testing

/// A host whose ledger was taken from it does not begin anew.
@Suite struct LostLedgerTests {
  private func slipway(_ words: [String]) async throws -> (code: Int32?, text: String) {
    let child = try Child(Built.path("slipway"), words, environment: [:])
    let text = await child.printed(until: "\u{0}")
    guard case .exited(let code)? = await child.ended() else { return (nil, text) }
    return (code, text)
  }

  private func serve(_ scratch: Scratch) async throws -> (code: Int32?, text: String) {
    try await slipway([
      "serve", "--state", "\(scratch.path)/state", "--socket", "\(scratch.path)/control.sock", "--plugins",
      "\(scratch.path)/plugins",
    ])
  }

  @Test(.timeLimit(.minutes(5)))
  func `an emptied or missing ledger is refused beside its log, and a restored one knows its machines again`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    let order = try #require(await host.order("one")).get()
    #expect(await host.rest(order.resourceId)?.state == "active")
    let copy = "\(scratch.path)/copy.db"
    _ = try #require(await host.ask("POST", "/v1/backup", ["path": copy], as: BackupView.self)).get()
    host.kill()
    await host.died()

    let state = "\(scratch.path)/state"
    let (ledger, log) = (URL(filePath: "\(state)/ledger.db"), URL(filePath: "\(state)/ledger.db-wal"))
    let (whole, wholeLog) = (try Data(contentsOf: ledger), try Data(contentsOf: log))
    #expect(!wholeLog.isEmpty)
    // By the file `installation`, and by what older state directories have.
    for hasMark in [true, false] {
      if !hasMark { try FileManager.default.removeItem(atPath: "\(state)/installation") }
      for left in [Data(), Data([0]), nil] {
        if let left { try left.write(to: ledger) } else { try FileManager.default.removeItem(at: ledger) }
        let refused = try await serve(scratch)
        #expect(refused.code == 1, "\(refused)")
        for part in ["\(state)/ledger.db", "expected", "found", "remedy", "slipway restore"] {
          #expect(refused.text.contains(part), "no \(part): \(refused.text)")
        }
        #expect((try? Data(contentsOf: ledger)) == left, "the ledger was touched")
        #expect(try Data(contentsOf: log) == wholeLog, "the log was touched")
      }
      try whole.write(to: ledger)
      try FileManager.default.removeItem(at: log)
      #expect(try await serve(scratch).code == 1, "its log is missing")
      #expect(try Data(contentsOf: ledger) == whole)
      try wholeLog.write(to: log)
    }

    try FileManager.default.removeItem(at: ledger)
    let restored = try await slipway(["restore", copy, "--state", state])
    #expect(restored.code == 0, "\(restored.text)")
    #expect(FileManager.default.fileExists(atPath: "\(state)/installation"))
    #expect(!FileManager.default.fileExists(atPath: log.path), "the lost ledger's log would be taken for the copy's")
    let next = try await ServedHost(scratch)
    try await next.serves()
    _ = await next.ask("POST", "/v1/epoch/confirm", as: EpochView.self)
    #expect(await next.rest(order.resourceId)?.state == "active")
    _ = await next.ask("DELETE", "/v1/resources/\(order.resourceId)", as: AcceptedView.self)
    #expect(await next.rest(order.resourceId)?.state == "terminated")
    #expect(try await cloud.bill().open.isEmpty)
    await next.end()

    // Onto an empty state directory, as on another machine, with the key that was kept apart.
    let empty = "\(scratch.path)/empty"
    #expect(try await slipway(["restore", copy, "--state", empty]).code == 0)
    #expect(FileManager.default.contents(atPath: "\(empty)/installation")?.count == 27)
  }
}
