import Control
import EngineFixture
import Foundation
import System
import Testing

/// Backup under a running daemon, and what an old copy may do once it is restored.
@Suite struct RestoreTests {
  private func slipway(_ words: [String]) async throws -> (code: Int32?, text: String) {
    let child = try Child(Built.path("slipway"), words, environment: [:])
    let text = await child.printed(until: "\u{0}")
    guard case .exited(let code)? = await child.ended() else { return (nil, text) }
    return (code, text)
  }

  @Test(.timeLimit(.minutes(5)))
  func
    `an old ledger looks and reports only until an operator confirms it, and then what is newer can be adopted and ended`()
    async throws
  {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud()
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    let old = try #require(await host.order("old")).get()
    #expect(await host.rest(old.resourceId)?.state == "active")

    let copy = "\(scratch.path)/copy.db"
    let made = await host.ask("POST", "/v1/backup", ["path": copy], as: BackupView.self)
    #expect(try made?.get().path == copy)
    let mode = try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    guard case .failure(let twice)? = await host.ask("POST", "/v1/backup", ["path": copy], as: BackupView.self) else {
      Issue.record("a file that was there was replaced")
      return
    }
    #expect(twice.code == .conflict)

    let new = try #require(await host.order("new")).get()
    #expect(await host.rest(new.resourceId)?.state == "active")
    let running = try await slipway(["restore", copy, "--state", "\(scratch.path)/state"])
    #expect(running.code != 0, "a daemon runs: \(running.text)")
    await host.end()

    let broken = "\(scratch.path)/broken.db"
    try Data("no ledger".utf8).write(to: URL(filePath: broken))
    #expect(try await slipway(["restore", broken, "--state", "\(scratch.path)/state"]).code != 0)
    let restored = try await slipway(["restore", copy, "--state", "\(scratch.path)/state"])
    #expect(restored.code == 0, "\(restored.text)")
    let kept = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/state")
    #expect(kept.contains { $0.hasPrefix("ledger.db.before-restore-") })
    #expect(!kept.contains("restoring") && !kept.contains("restore.begun"))

    let next = try await ServedHost(scratch)
    let epoch = try #require(await next.ask("GET", "/v1/epoch", as: EpochView.self)).get()
    #expect(epoch.confirmedAt == nil && epoch.cause == "the ledger was restored from a copy")
    _ = await next.ask("GET", "/v1/plugins?settled=true", as: ListView<PluginView>.self)
    guard case .failure(let order)? = await next.order("more"),
      case .failure(let end)? = await next.ask("DELETE", "/v1/resources/\(old.resourceId)", as: AcceptedView.self)
    else {
      Issue.record("it acted on an old copy")
      return
    }
    #expect(order.code == .conflict && order.remedy?.contains("slipway epoch confirm") == true)
    #expect(end.code == .conflict)
    #expect(try await cloud.bill().open.count == 2)
    let sweep = try #require(
      await next.ask("POST", "/v1/accounts/main/sweep", query: "apply=true", as: SweepView.self)
    ).get()
    #expect(sweep.findings.map(\.kind) == ["orphan"], "\(sweep)")
    #expect(try await cloud.bill().open.count == 2)

    _ = await next.ask("POST", "/v1/epoch/confirm", as: EpochView.self)
    let orphan = try #require(sweep.findings.first)
    let adopted = try #require(
      await next.ask("POST", "/v1/findings/\(orphan.id)/adopt", as: AcceptedView.self)
    ).get()
    #expect(adopted.resourceId == new.resourceId)
    for id in [old.resourceId, new.resourceId] {
      _ = await next.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
      #expect(await next.rest(id)?.state == "terminated")
    }
    #expect(try await cloud.bill().open.isEmpty)
    await next.end()
  }
}
