import Control
import EngineFixture
import EvilPlugins
import Foundation
import Testing

/// The zoo's answers, requests and lives: `slipway serve`, an account whose plugin misbehaves, and a bystander.
@Suite struct ZooTests {
  /// What the plugin does when an account is added, and what the operator is told.
  private static let refused: [(does: String, order: String, told: [String])] = [
    ("replies with half an object", "half", ["answered self_test with a reply that cannot be read"]),
    ("replies with bytes that are no UTF-8", "no UTF-8", ["answered self_test with a reply that cannot be read"]),
    ("replies with 100,000 levels of arrays", "deep", ["answered self_test with a reply that cannot be read"]),
    ("replies with an empty text", "empty", ["answered self_test with a reply that cannot be read"]),
    ("replies with 5 MB", "5 MB", ["returned without calling reply or fail"]),
    ("asks an endpoint that it did not declare", "undeclared", ["refused by the host: ", "elsewhere"]),
    ("asks a path with ..", "dots", ["refused by the host: ", "path"]),
    ("asks a path that begins with @", "at", ["refused by the host: ", "path"]),
    ("puts CR and LF into a header", "CRLF", ["refused by the host: ", "header"]),
    ("sets a Host of its own", "host", ["refused by the host: ", "Host"]),
    ("sets an Authorization of its own", "authorization", ["refused by the host: ", "Authorization"]),
    ("sends a POST in self_test", "POST in self_test", ["refused by the host: ", "POST"]),
  ]

  @Test(.timeLimit(.minutes(5))) func `what an account's test may not do is told to who adds it, and nothing is sent`()
    async throws
  {
    try await Scene.run { scene in
      for row in Self.refused {
        let before = (scene.cloud.seen("GET", "/"), scene.cloud.seen("POST", "/"))
        let result = await scene.add("a", order: row.order)
        guard case .failure(let failure)? = result else {
          Issue.record("\(row.does): the account was added")
          continue
        }
        let text = "\(failure.message) \(failure.found ?? "") \(failure.remedy ?? "")"
        for told in row.told { #expect(text.contains(told), "\(row.does): \(text)") }
        #expect((scene.cloud.seen("GET", "/"), scene.cloud.seen("POST", "/")) == before, "\(row.does)")
      }
      // It is not held against the plugin, nor is its worker harmed.
      let view = try #require(await scene.plugin("pebble"))
      #expect(view.state == "serving" && view.restarts == 0)
      guard case .success? = await scene.add("a", order: "nothing bad") else {
        return _ = Issue.record("a good account was not added")
      }
    }
  }

  /// How far a machine comes.
  private enum Reach: Sendable {
    case active
    /// It is not `active` after that many looks.
    case booting(looks: Int)
  }

  /// What the plugin does to a machine's life, how far that comes, and what `explain` shows.
  private static let lives: [(does: String, order: String, reach: Reach, explained: [String])] = [
    ("replies with the largest numbers that there are", "largest", .active, []),
    ("replies with the smallest numbers that there are", "smallest", .active, []),
    ("sends a POST in poll", "POST in poll", .active, []),
    ("crashes after the cloud has created", "crash after create", .active, ["killed by signal 6 (SIGABRT)"]),
    ("is overdue after the cloud has created", "late", .active, ["no answer within its deadline"]),
    ("names the same attempt twice in a poll", "same twice", .booting(looks: 3), []),
    ("says that nothing will be seen for 292 million years", "never look", .booting(looks: 0), []),
  ]

  @Test(.timeLimit(.minutes(5)), arguments: lives.map(\.does))
  func `a plugin that misbehaves makes one machine, and ends it`(does: String) async throws {
    let row = try #require(Self.lives.first { $0.does == does })
    try await Scene.run { scene in
      let added = await scene.add("a", order: row.order)
      guard case .success? = added else { return _ = Issue.record("the account was not added: \(added as Any)") }
      let id = try await scene.provision()
      switch row.reach {
      case .active:
        let active = await scene.host.rest(id)
        #expect(active?.state == "active", "\(active as Any)")
        #expect(active?.externalId == scene.cloud.bill.open.first?.id)
      case .booting(let looks):
        // Looks that count for nothing are made again and again.
        await scene.cloud.waits(until: looks, "GET", "/machines")
        let view = await scene.host.follow(id) { $0.state == "booting" || $0.state == "active" }
        #expect(view?.state == "booting" && view?.externalId == scene.cloud.bill.open.first?.id)
      }
      #expect(scene.cloud.bill.made == 1 && scene.cloud.bill.open.count == 1)
      let lines = try await scene.explained(id)
      for text in row.explained { #expect(lines.contains { $0.contains(text) }, "\(text) is not in \(lines)") }
      _ = await scene.host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)
      #expect(await scene.host.rest(id)?.state == "terminated")
      #expect(scene.cloud.bill.made == 1 && scene.cloud.bill.open.isEmpty)
    }
  }

  @Test(.timeLimit(.minutes(5))) func `deletes another machine`() async throws {
    try await Scene.run { scene in
      guard case .success? = await scene.add("a", order: "deletes others") else {
        return _ = Issue.record("the account was not added")
      }
      let first = try await scene.provision()
      #expect(await scene.host.rest(first)?.state == "active")
      guard case .success(let accepted)? = await scene.host.order("two") else {
        return _ = Issue.record("nothing was accepted")
      }
      let second = await scene.host.rest(accepted.resourceId)
      #expect(second?.state == "active" && scene.cloud.bill.open.count == 2)
      _ = await scene.host.ask("DELETE", "/v1/resources/\(first)", as: AcceptedView.self)
      #expect(await scene.host.rest(first)?.state == "terminated")
      #expect(scene.cloud.bill.open.map(\.id) == [second?.externalId].compactMap(\.self))
      #expect(scene.cloud.seen("DELETE", "/machines/\(second?.externalId ?? "")") == 0)
    }
  }

  @Test func `every row of the zoo that needs a host is tried here`() {
    let alone = ["deletes another machine"]
    #expect(Set(Self.refused.map(\.does) + Self.lives.map(\.does) + alone) == Set(Zoo.rows(.host).map(\.does)))
  }
}

/// A host with the evil plugin, the good one, and a cloud for both.
private struct Scene {
  let host: ServedHost
  let cloud: PebbleCloud

  /// Sets it up, and takes it down; meanwhile the bystander is called whenever the evil plugin is about to be asked, and
  /// whenever it asks the cloud.
  static func run(_ body: @Sendable @escaping (Scene) async throws -> Void) async throws {
    let scratch = try Scratch()
    let folder = try scratch.plugins()
    let evil = try await EvilPlugin.built("evil_pebble")
    try FileManager.default.copyItem(atPath: evil, toPath: "\(folder)/libPebble.so")
    let good = try await EvilPlugin.bystander()
    try FileManager.default.copyItem(atPath: good, toPath: "\(folder)/libBystander.so")
    let cloud = try PebbleCloud()
    let host = try await ServedHost(
      scratch,
      configuration: "{deadlines: {calls: {provision_s: 1}}, polling: {young_s: 1}, workers: {restart_first_ms: 20}}")
    let scene = Scene(host: host, cloud: cloud)
    for id in ["pebble", "bystander"] { try await host.plugin(id) { $0.state == "serving" } }
    let account = await scene.add("by", plugin: "bystander", order: "nothing")
    guard case .success? = account else { throw ScratchError("the bystander's account: \(account as Any)") }
    let pid = await scene.plugin("bystander")?.pid
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        var calls = 0
        func call() async -> Bool {
          // Not cancelled with the loop: the last call too has to succeed.
          let check = await Task.detached {
            await scene.host.ask("POST", "/v1/accounts/by/check", as: AccountView.self)
          }.value
          calls += 1
          if case .success(let view)? = check, view.health.state == "healthy" { return true }
          Issue.record("the bystander's call \(calls): \(check as Any)")
          return false
        }
        for await _ in cloud.others() where await !call() { return }
        _ = await call()
      }
      try await body(scene)
      group.cancelAll()
      try await group.waitForAll()
    }
    let bystander = await scene.plugin("bystander")
    #expect(bystander?.state == "serving" && bystander?.restarts == 0 && bystander?.pid == pid)
    await host.end()
    await cloud.stop()
  }

  func plugin(_ id: String) async -> PluginView? {
    guard case .success(let view)? = await host.ask("GET", "/v1/plugins/\(id)", as: PluginView.self) else { return nil }
    return view
  }

  /// Adds an account whose plugin is to do that.
  func add(_ name: String, plugin: String = "pebble", order: String) async -> Result<AccountView, ControlFailure>? {
    cloud.ring()
    let account = NewAccount(
      name: name, plugin: plugin, credential: Credential(plugin == "bystander" ? plugin : "secret"),
      endpoints: ["api": EndpointOverride(url: cloud.url)], settings: .object(["do": .string(order)]))
    return await host.ask("POST", "/v1/accounts", account, as: AccountView.self)
  }

  /// Orders a machine from an offering on the account `a`.
  func provision() async throws -> String {
    let offering = await host.ask(
      "POST", "/v1/offerings",
      NewOffering(
        name: "small", placements: [PlacementView(account: "a", type: "small", location: "beach", image: "debian-12")],
        readiness: "cloud"), as: OfferingView.self)
    guard case .success? = offering else { throw ScratchError("the offering was not added: \(offering as Any)") }
    cloud.ring()
    guard case .success(let accepted)? = await host.order("one") else { throw ScratchError("nothing was accepted") }
    return accepted.resourceId
  }

  /// What `slipway explain` shows.
  func explained(_ id: String) async throws -> [String] {
    let list = await host.ask("GET", "/v1/resources/\(id)/timeline", as: ListView<TimelineEntryView>.self)
    guard case .success(let lines)? = list else { throw ScratchError("no timeline: \(list as Any)") }
    return lines.items.map(\.text)
  }
}
