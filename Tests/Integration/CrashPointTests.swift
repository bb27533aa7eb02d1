import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// Kills the host at every passage through its three choke points, and looks at the cloud's bill.
@Suite struct CrashPointTests {
  @Test(.timeLimit(.minutes(15)), arguments: SimulatedProvider.all.map(CrashStory.life))
  func `a host killed at any crash point of a provision leaves exactly one VM, and none after its end`(
    story: CrashStory
  ) async throws {
    try await story.tell()
  }

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point of a power change goes through with it`() async throws {
    try await CrashStory.power.tell()
  }

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point of a fallback leaves one VM, at the placement that had room`() async throws {
    try await CrashStory.fallback.tell()
  }

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point of a reload serves the new file, and makes one VM meanwhile`() async throws {
    try await CrashStory.reload.tell()
  }

  @Test(.timeLimit(.minutes(15)))
  func `a host killed at any crash point of a sweep ends nothing but the orphan that was adopted`() async throws {
    try await CrashStory.sweep.tell()
  }
}

extension CrashAct {
  /// Orders a machine and waits for it; the key makes the second order the first one's.
  static func provision(
    of offering: String = "small", least: Int = 20,
    check: @escaping @Sendable (CrashScene, Comment) async throws -> Void
  ) -> CrashAct {
    CrashAct(name: "provision", least: least) { scene, host in
      let accepted = try await host.answer(
        "POST", "/v1/resources", NewResource(offering: offering, sshKeys: scene.noted("key").map { [$0] } ?? []),
        key: "one", as: AcceptedView.self)
      guard let accepted else { return false }
      return await scene.rests(accepted.resourceId, on: host)
    } check: { scene, at in
      #expect(scene.state == "active", at)
      try await check(scene, at)
    }
  }

  /// Ends the machine; where it had ended before it was asked again, that is seen, too.
  static func terminate(
    check: @escaping @Sendable (CrashScene, Comment) async throws -> Void
  ) -> CrashAct {
    CrashAct(name: "terminate", least: 10) { scene, host in
      let id = try scene.id
      guard await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self) != nil else { return false }
      return await scene.rests(id, on: host)
    } check: { scene, at in
      #expect(scene.state == "terminated", at)
      try await check(scene, at)
    }
  }

  /// Stops or starts the machine, unless a host before has.
  static func power(_ action: String, to state: String) -> CrashAct {
    CrashAct(name: action, least: 8) { scene, host in
      let id = try scene.id
      guard await scene.rests(id, on: host) else { return false }
      if scene.state == state { return true }
      let path = "/v1/resources/\(id)/power"
      guard try await host.answer("POST", path, ["action": action], as: AcceptedView.self) != nil else { return false }
      return await scene.rests(id, on: host)
    } check: { scene, at in
      #expect(scene.state == state, at)
      let bill = try await scene.clouds[0].bill()
      #expect(bill.made == 1 && bill.open == [scene.externalId ?? ""], at)
    }
  }
}

extension CrashStory {
  /// A state folder with account and offering on a simulated cloud.
  private static func simulated(_ provider: SimulatedProvider) async throws -> CrashScene {
    let scratch = try Scratch()
    _ = try scratch.plugins(provider.library)
    let scene = CrashScene(scratch, [try await SimulatedCloud(provider)])
    let host = try await scene.host([:])
    try await host.setUp(scene.clouds[0])
    await host.end()
    return scene
  }

  /// There is one machine, and there never was another one.
  static let one: @Sendable (CrashScene, Comment) async throws -> Void = { scene, at in
    let bill = try await scene.clouds[0].bill()
    #expect(bill.made == 1 && bill.open == [scene.externalId ?? ""], at)
    scene.note(scene.externalId, as: "machine")
  }

  /// It has ended, nothing else was made, and it is charged for the time that it stood.
  static let none: @Sendable (CrashScene, Comment) async throws -> Void = { scene, at in
    try await scene.clouds[0].closes(scene.noted("machine"), scene.resource, at)
  }

  static func life(on provider: SimulatedProvider) -> CrashStory {
    CrashStory(
      name: provider.id, scene: { try await simulated(provider) },
      acts: [.provision(check: one), .terminate(check: none)])
  }

  static let power = CrashStory(
    name: "power",
    scene: {
      let scene = try await simulated(.hetzner)
      let host = try await scene.host([:])
      let accepted = try #require(try await host.order("one")?.get())
      try #require(await scene.rests(accepted.resourceId, on: host))
      await host.end()
      return scene
    }, acts: [.power("stop", to: "stopped"), .power("start", to: "active")])

  static let fallback = CrashStory(
    name: "fallback",
    scene: {
      let scratch = try Scratch()
      _ = try scratch.plugins("libHetzner.so")
      let clouds = [try await SimulatedCloud(), try await SimulatedCloud()]
      let scene = CrashScene(scratch, clouds)
      let host = try await scene.host([:])
      try await host.setUp(clouds[0])
      _ = try #require(
        try await host.answer(
          "POST", "/v1/accounts", SimulatedProvider.hetzner.account("other", on: clouds[1]), as: AccountView.self))
      let placements = ["main", "other"].map {
        PlacementView(account: $0, type: "cx23", location: "fsn1", image: "debian-12")
      }
      _ = try #require(
        try await host.answer(
          "POST", "/v1/offerings", NewOffering(name: "both", placements: placements, readiness: "cloud"),
          as: OfferingView.self))
      await host.end()
      // The catalog still says that it is in stock; the create is refused.
      _ = try await clouds[0].admin(
        "faults", method: "PUT",
        body: #"{"kind":"respond","status":412,"code":"resource_unavailable","message":"error during placement","#
          + #""count":null,"method":"POST","path":"/v1/servers$"}"#)
      return scene
    },
    acts: [
      .provision(of: "both") { scene, at in
        let refused = try await scene.clouds[0].bill()
        #expect(refused.made == 0, at)
        let bill = try await scene.clouds[1].bill()
        #expect(bill.made == 1 && bill.open == [scene.externalId ?? ""], at)
      }
    ])

  static let reload = CrashStory(
    name: "reload",
    scene: {
      let scene = try await simulated(.hetzner)
      // Another image of the same plugin: what follows an ELF file's sections is of no account.
      let file = "\(scene.scratch.path)/plugins/libHetzner.so"
      try Data(contentsOf: URL(filePath: file)).write(to: URL(filePath: "\(scene.scratch.path)/older"))
      scene.note(file, as: "file")
      return scene
    },
    acts: [
      CrashAct(name: "reload and provision", least: 30) { scene, host in
        let file = try #require(scene.noted("file"))
        async let order = host.order("one")
        let newer = try Data(contentsOf: URL(filePath: "\(scene.scratch.path)/older")) + Data("newer".utf8)
        try newer.write(to: URL(filePath: "\(file).new"))
        rename("\(file).new", file)
        let view = await host.ask("POST", "/v1/plugins/hetzner/reload", as: PluginView.self)
        guard let accepted = try await order?.get(), let view else { return false }
        scene.note((try? view.get())?.sha256, as: "sha256")
        return await scene.rests(accepted.resourceId, on: host)
      } check: { scene, at in
        #expect(scene.state == "active", at)
        try await one(scene, at)
        let file = try #require(scene.noted("file"))
        let sum = try await scene.scratch.run("/usr/bin/sha256sum", file)
        #expect(scene.noted("sha256") == String(sum.prefix(64)), at)
      }
    ])

  static let sweep = CrashStory(
    name: "sweep",
    scene: {
      let scene = try await simulated(.hetzner)
      let host = try await scene.host([:])
      let accepted = try #require(try await host.order("one")?.get())
      try #require(await scene.rests(accepted.resourceId, on: host))
      let health = try #require(try await host.answer("GET", "/v1/health", as: HealthView.self))
      await host.end()
      _ = try await scene.clouds[0].admin("servers", method: "POST", body: #"{"name":"somebody-elses"}"#)
      let marks = SimulatedProvider.hetzner.marks(health.installationId, "01HZZZZZZZ0000000000000001", orphan)
      let kept = try await scene.clouds[0].bill().open
      _ = try await scene.clouds[0].admin("servers", method: "POST", body: #"{"name":"slipway-orphan",\#(marks)}"#)
      scene.note(kept.sorted().joined(separator: " "), as: "kept")
      return scene
    },
    acts: [
      CrashAct(name: "sweep, adopt and terminate", least: 20) { scene, host in
        guard
          let sweep = try await host.answer(
            "POST", "/v1/accounts/main/sweep", query: "apply=true", as: SweepView.self),
          let findings = try await host.answer("GET", "/v1/findings", as: ListView<CloudFindingView>.self)
        else { return false }
        let found = findings.items.filter { $0.kind == "orphan" }
        #expect(found.count == 1, "\(findings) after \(sweep)")
        if let open = found.first(where: { $0.status == "open" }) {
          let path = "/v1/findings/\(open.id)/adopt"
          guard await host.ask("POST", path, query: "tenant=alice", as: AcceptedView.self) != nil else { return false }
        }
        guard await host.ask("DELETE", "/v1/resources/\(orphan)", as: AcceptedView.self) != nil else { return false }
        return await scene.rests(orphan, on: host)
      } check: { scene, at in
        #expect(scene.state == "terminated", at)
        let left = try await scene.clouds[0].bill().open.sorted().joined(separator: " ")
        #expect(left == scene.noted("kept"), at)
      }
    ])

  private static let orphan = "01HZZZZZZZ0000000000000002"
}
