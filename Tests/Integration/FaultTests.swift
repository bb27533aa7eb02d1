import CloudTable
import Control
import EngineFixture
import Foundation
import HTTP
import System
import Testing

/// Real host, worker, plugin and simulator, and something that goes wrong.
@Suite struct FaultTests {
  private func world(_ options: [String] = ["--fast"]) async throws -> (Scratch, SimulatedCloud, ServedHost) {
    let scratch = try Scratch()
    _ = try scratch.plugins("libHetzner.so")
    let cloud = try await SimulatedCloud(.hetzner, options)
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    return (scratch, cloud, host)
  }

  private func plugin(_ host: ServedHost) async throws -> PluginView {
    guard case .success(let view)? = await host.ask("GET", "/v1/plugins/hetzner", as: PluginView.self) else {
      throw ScratchError("no plugin")
    }
    return view
  }

  /// Requests of one kind that the cloud has seen; a path as a fault rule has it, with `{}` and `$`.
  private func seen(_ cloud: SimulatedCloud, _ method: String, _ path: String) async throws -> Int {
    let log = try await cloud.admin("requests?limit=10000")["log"] as? [[String: Any]] ?? []
    let wanted = ("/v1" + path.filter { $0 != "$" }).split(separator: "/")
    return log.filter { entry in
      let found = (entry["path"] as? String ?? "").split(separator: "/")
      return entry["method"] as? String == method
        && (path.hasSuffix("$") ? found.count == wanted.count : found.count >= wanted.count)
        && zip(wanted, found).allSatisfy { $0 == "{}" || $0 == $1 }
    }.count
  }

  /// Kills the worker while it waits for the answer to a request of that kind, and waits until another one serves.
  private func killDuring(
    _ cloud: SimulatedCloud, _ host: ServedHost, _ method: String, _ path: String,
    _ act: () async throws -> Void
  ) async throws {
    let count = try await seen(cloud, method, path)
    _ = try await cloud.admin(
      "faults", method: "PUT", body: #"{"kind":"delay","ms":4000,"method":"\#(method)","path":"/v1\#(path)"}"#)
    let before = try await plugin(host)
    let pid = try #require(before.pid)
    try await act()
    try await cloud.waits { try await seen(cloud, method, path) > count }
    #expect(try await plugin(host).generations.first?.inFlight == 1, "nothing was open, or more than that")
    #expect(kill(pid, SIGKILL) == 0)
    var after: PluginView?
    try await host.plugin("hetzner") { view in
      after = view
      return view.state == "serving" && view.restarts > before.restarts
    }
    #expect(after?.restarts == before.restarts + 1 && after?.pid != pid)
  }

  /// Whether the host says that its worker was killed while this verb was open.
  private func tells(_ told: [String], of verb: String) -> Bool {
    told.contains { $0.contains("killed by signal 9 (SIGKILL) during \(verb)") }
  }

  /// The same of a resource's story. That has no line for a look, but only a look may ask for actions: of any other verb the
  /// host refuses it.
  private func tells(_ host: ServedHost, _ resource: String, of verb: String) async throws {
    if verb == "poll" { return }
    let list = await host.ask("GET", "/v1/resources/\(resource)/timeline", as: ListView<TimelineEntryView>.self)
    let told = try #require(list).get().items.map(\.text)
    #expect(tells(told, of: verb), "no word of a death during \(verb): \(told)")
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("validate", "GET", "/server_types$"), ("prepare", "GET", "/ssh_keys$"), ("provision", "POST", "/servers$"),
      ("poll", "GET", "/actions$"),
    ])
  func `a worker killed during a verb of a provision costs nothing but time`(
    verb: String, method: String, path: String
  ) async throws {
    let (scratch, cloud, host) = try await world()
    _ = await host.ask("POST", "/v1/plugins/hetzner/reload", as: PluginView.self)
    var order: AcceptedView?
    try await killDuring(cloud, host, method, path) { order = try (await host.order("one"))?.get() }
    let accepted = try #require(order)
    let active = await host.rest(accepted.resourceId)
    #expect(active?.state == "active")
    try await tells(host, accepted.resourceId, of: verb)
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open == [active?.externalId ?? ""])
    _ = await host.ask("DELETE", "/v1/resources/\(accepted.resourceId)", as: AcceptedView.self)
    let ended = await host.rest(accepted.resourceId)
    #expect(ended?.state == "terminated")
    try await cloud.closes(active?.externalId, ended)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("terminate", "GET", "/servers/{}$"), ("terminate", "DELETE", "/servers/{}$"), ("poll", "GET", "/actions$"),
    ])
  func `a worker killed during a verb of a terminate leaves nothing`(
    verb: String, method: String, path: String
  ) async throws {
    let (scratch, cloud, host) = try await world()
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = await host.rest(accepted.resourceId)
    #expect(active?.state == "active")
    try await killDuring(cloud, host, method, path) {
      _ = await host.ask("DELETE", "/v1/resources/\(accepted.resourceId)", as: AcceptedView.self)
    }
    let ended = await host.rest(accepted.resourceId)
    #expect(ended?.state == "terminated")
    try await tells(host, accepted.resourceId, of: verb)
    try await cloud.closes(active?.externalId, ended)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["stop", "reboot"])
  func `a worker killed during power leaves the machine standing, and the operation is decided`(action: String)
    async throws
  {
    let (scratch, cloud, host) = try await world()
    let accepted = try #require(try (await host.order("one"))?.get())
    #expect(await host.rest(accepted.resourceId)?.state == "active")
    let verb = action == "stop" ? "poweroff" : "reboot"
    try await killDuring(cloud, host, "POST", "/servers/{}/actions/\(verb)$") {
      _ = await host.ask(
        "POST", "/v1/resources/\(accepted.resourceId)/power", ["action": action], as: AcceptedView.self)
    }
    let after = try #require(await host.rest(accepted.resourceId))
    let operation = try #require(after.operation)
    #expect(operation.kind == "power" && after.state == (action == "stop" ? "stopped" : "active"), "\(after)")
    // That the machine is off can be seen; whether it was rebooted cannot, and may be told as unknown.
    #expect(operation.state == "succeeded" || (action == "reboot" && operation.failure != nil), "\(after)")
    try await tells(host, accepted.resourceId, of: "power")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open == [after.externalId ?? ""])
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `a worker killed during a self test fails that check alone, and the next one holds`() async throws {
    let (scratch, cloud, host) = try await world()
    let (checked, door) = AsyncStream<String>.makeStream()
    try await killDuring(cloud, host, "GET", "/ssh_keys$") {
      Task {
        let answer = await host.send("POST", "/v1/accounts/main/check")
        door.yield(String(decoding: answer?.body ?? [], as: UTF8.self))
        door.finish()
      }
    }
    for await answer in checked { #expect(tells([answer], of: "self_test"), "no word of a death: \(answer)") }
    let again = try (await host.ask("POST", "/v1/accounts/main/check", as: AccountView.self))?.get()
    #expect(again?.health.state == "healthy", "\(again as Any)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      ("list", "/servers$", "POST", "/v1/accounts/main/sweep"),
      ("catalog", "/server_types$", "GET", "/v1/accounts/main/catalog"),
    ])
  func `a worker killed during a sweep or a catalog fails that request alone`(
    verb: String, cloudPath: String, method: String, path: String
  ) async throws {
    let (scratch, cloud, host) = try await world()
    // A catalog that was read before would be answered from the cache.
    let machines = cloudPath == "/servers$" ? 1 : 0
    if machines > 0 {
      let accepted = try #require(try (await host.order("one"))?.get())
      #expect(await host.rest(accepted.resourceId)?.state == "active")
    }
    let (told, door) = AsyncStream<String>.makeStream()
    try await killDuring(cloud, host, "GET", cloudPath) {
      Task {
        let answer = await host.send(method, path)
        door.yield(String(decoding: answer?.body ?? [], as: UTF8.self))
        door.finish()
      }
    }
    for await answer in told { #expect(tells([answer], of: verb), "no word of a death during \(verb): \(answer)") }
    _ = try #require(await host.ask(method, path, as: [String: JSON].self)).get()
    let findings = try #require(await host.ask("GET", "/v1/findings", as: ListView<CloudFindingView>.self)).get()
    #expect(findings.items.isEmpty)
    let bill = try await cloud.bill()
    #expect(bill.made == machines && bill.open.count == machines)
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `a create whose answer is lost is found again, and there is one VM`() async throws {
    let (scratch, cloud, host) = try await world()
    _ = try await cloud.admin(
      "faults", method: "PUT", body: #"{"kind":"drop_answer","method":"POST","path":"/v1/servers$"}"#)
    let accepted = try #require(try (await host.order("one"))?.get())
    let active = await host.rest(accepted.resourceId)
    #expect(active?.state == "active")
    let bill = try await cloud.bill()
    #expect(bill.made == 1 && bill.open == [active?.externalId ?? ""])
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `a replaced plugin file is served by a new worker of the same host`() async throws {
    let (scratch, cloud, host) = try await world()
    let before = try await plugin(host)
    // Another build of the same plugin: bytes behind an ELF file's sections change nothing but its digest.
    let file = "\(scratch.path)/plugins/libHetzner.so"
    let data = try Data(contentsOf: URL(fileURLWithPath: file)) + Data("another build".utf8)
    try data.write(to: URL(fileURLWithPath: "\(file).new"))
    #expect(rename("\(file).new", file) == 0)
    guard case .success(let after)? = await host.ask("POST", "/v1/plugins/hetzner/reload", as: PluginView.self) else {
      Issue.record("the reload failed")
      return
    }
    #expect(after.state == "serving")
    #expect(after.sha256 != before.sha256 && after.pid != before.pid)
    let accepted = try #require(try (await host.order("one"))?.get())
    #expect(await host.rest(accepted.resourceId)?.state == "active")
    #expect(try await cloud.bill().made == 1)
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `wrong placements are told with what would be right, and wrong credentials with what to do`() async throws {
    let (scratch, cloud, host) = try await world()
    for (name, type, location, image, word) in [
      ("type", "cx99", "fsn1", "debian-12", "cx"), ("place", "cx22", "fsn9", "debian-12", "fsn1"),
      ("image", "cx22", "fsn1", "debain-12", "debian-12"),
    ] {
      let placement = PlacementView(account: "main", type: type, location: location, image: image)
      _ = await host.ask(
        "POST", "/v1/offerings", NewOffering(name: name, placements: [placement]), as: OfferingView.self)
      guard
        case .success(let check)? = await host.ask("POST", "/v1/offerings/\(name)/validate", as: ValidationView.self)
      else {
        Issue.record("\(name) was not validated")
        continue
      }
      let failure = try #require(check.placements.first?.failure)
      #expect(!check.holds && failure.code == .invalidSpec)
      #expect(failure.violations?.first?.allowed.contains { $0.contains(word) } == true, "\(failure)")
    }
    _ = try await cloud.admin("tokens", method: "POST", body: #"{"token":"reader","project":"other","read_only":true}"#)
    for (token, code) in [("wrong", ControlCode.unauthenticated), ("reader", .forbidden)] {
      let answer = await host.ask(
        "POST", "/v1/accounts",
        NewAccount(
          name: "a-\(token)", plugin: "hetzner", credential: Credential(token),
          endpoints: ["api": EndpointOverride(url: cloud.url)]), as: AccountView.self)
      guard case .failure(let failure)? = answer else {
        Issue.record("the token \(token) was taken")
        continue
      }
      #expect(failure.code == code && failure.remedy != nil, "\(failure)")
    }
    let unreachable = await host.ask(
      "POST", "/v1/accounts",
      NewAccount(
        name: "far", plugin: "hetzner", credential: Credential("secret"),
        endpoints: ["api": EndpointOverride(url: "http://127.0.0.1:1/v1")]), as: AccountView.self)
    guard case .failure(let failure)? = unreachable else { throw ScratchError("an unreachable endpoint was taken") }
    #expect(failure.code == .unavailable, "\(failure)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `settings and configurations that break the plugin's schema are refused by their path`() async throws {
    let (scratch, cloud, host) = try await world()
    let account = await host.ask(
      "POST", "/v1/accounts",
      NewAccount(
        name: "other", plugin: "hetzner", credential: Credential("secret"),
        endpoints: ["api": EndpointOverride(url: cloud.url)], settings: .object(["foo": .integer(1)])),
      as: AccountView.self)
    let placement = PlacementView(account: "main", type: "cx22", location: "fsn1", image: "debian-12")
    let offering = await host.ask(
      "POST", "/v1/offerings",
      NewOffering(name: "odd", placements: [placement], config: .object(["public_ipv4": .string("maybe")])),
      as: OfferingView.self)
    guard case .failure(let first)? = account, case .failure(let second)? = offering else {
      throw ScratchError("they were taken: \(account as Any) \(offering as Any)")
    }
    #expect(first.code == .invalidSpec && first.violations?.first?.path == "settings.foo", "\(first)")
    #expect(second.code == .invalidSpec && second.violations?.first?.path == "config.public_ipv4", "\(second)")
    await host.end()
    withExtendedLifetime(scratch) {}
  }

  @Test(.timeLimit(.minutes(5)))
  func `a second daemon on the same state is refused by the first one's process id`() async throws {
    let (scratch, _, host) = try await world()
    let second = try Child(
      Built.path("slipway"),
      [
        "serve", "--state", "\(scratch.path)/state", "--socket", "\(scratch.path)/other.sock", "--plugins",
        scratch.path,
      ])
    let said = await second.printed(until: "process \(host.pid)")
    #expect(said.contains("is in use") && said.contains("process \(host.pid)"), "\(said)")
    await host.end()
  }
}
