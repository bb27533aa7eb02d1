import Control
import EngineFixture
import EvilPlugins
import Foundation
import System
import Testing

/// What an operator does to plugins, with the real daemon and the real command.
@Suite struct PluginOperationTests {
  private struct Stage {
    let scratch: Scratch
    let host: ServedHost

    /// A daemon that serves build 1 of the plugin, with an account on it.
    init(environment: [String: String] = [:], configuration: String? = nil) async throws {
      scratch = try Scratch()
      _ = try scratch.plugins()
      try Stage.put(try EvilPlugin.build("operated"), "\(scratch.path)/plugins/libOperated.so")
      host = try await ServedHost(scratch, environment: environment, configuration: configuration)
      try await becomes { $0.state == "serving" }
      let account = await host.ask(
        "POST", "/v1/accounts", NewAccount(name: "main", plugin: "operated", credential: Credential("secret")),
        as: AccountView.self)
      guard case .success? = account else { throw ScratchError("the account was not added: \(account as Any)") }
    }

    static func put(_ build: String, _ path: String) throws {
      try FileManager.default.copyItem(atPath: build, toPath: "\(path).new")
      chmod("\(path).new", 0o644)
      guard rename("\(path).new", path) == 0 else { throw ScratchError("rename \(path)") }
    }

    func plugin(_ host: ServedHost? = nil) async -> PluginView? {
      try? (await (host ?? self.host).ask("GET", "/v1/plugins/operated", as: PluginView.self))?.get()
    }

    func becomes(_ host: ServedHost? = nil, _ test: (PluginView) -> Bool) async throws {
      try await (host ?? self.host).plugin("operated", until: test)
    }

    /// Runs `slipway plugin …`; gives its exit code and what it printed.
    func slipway(_ words: String...) async throws -> (exit: Int32, text: String) {
      let child = try Child(Built.path("slipway"), words + ["--socket", "\(scratch.path)/control.sock"])
      let text = await child.printed(until: "\u{0}")
      guard case .exited(let code)? = await child.ended() else { throw ScratchError("slipway was killed") }
      return (code, text)
    }

    /// Puts a build into place and waits until it has been decided on.
    func install(_ macros: String...) async throws -> (exit: Int32, text: String) {
      let build =
        try macros.count == 1
        ? EvilPlugin.build("operated", macros[0]) : EvilPlugin.build("operated", macros[0], macros[1])
      let file = "\(scratch.path)/libOperated.so"
      try? FileManager.default.removeItem(atPath: file)
      try FileManager.default.copyItem(atPath: build, toPath: file)
      return try await slipway("plugin", "install", file)
    }
  }

  @Test(.timeLimit(.minutes(5)))
  func `an operator installs, rolls back, switches off and on, and every exit code tells the truth`() async throws {
    let stage = try await Stage()
    let installed = try await stage.install("BUILD=2")
    #expect(installed.exit == 0 && installed.text.contains("2.0.0"), "\(installed.text)")
    let back = try await stage.slipway("plugin", "rollback", "operated")
    #expect(back.exit == 0 && back.text.contains("1.0.0") && back.text.contains("was rolled back"), "\(back.text)")
    let again = try await stage.slipway("plugin", "reload", "operated")
    #expect(again.exit == 0 && again.text.contains("2.0.0"), "\(again.text)")
    let off = try await stage.slipway("plugin", "disable", "operated")
    #expect(off.exit == 0, "\(off.text)")
    let shown = try await stage.slipway("plugin", "show", "operated")
    #expect(shown.exit == 13 && shown.text.contains("disabled"), "\(shown.text)")
    #expect(try await stage.slipway("plugin", "reload", "operated").exit == 5)
    #expect(try await stage.slipway("plugin", "enable", "operated").exit == 0)
    #expect(try await stage.slipway("plugin", "show", "operated").exit == 0)
    #expect(try await stage.slipway("plugin", "reset", "operated").exit == 0)
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    let json = try await stage.slipway("plugin", "show", "operated", "--json")
    #expect(json.text.contains(#""verb" : "self_test""#) && json.text.contains(#""memory_bytes""#), "\(json.text)")
    await stage.host.end()
  }

  @Test(
    .timeLimit(.minutes(5)),
    arguments: [
      (["BUILD=3", "DIES"], "SIGABRT) while it started"), (["BUILD=3", "STRICT"], "settings.zone is required"),
      (["BUILD=3", "TEST_CRASHES"], "SIGSEGV) while it was tested"), (["BUILD=3", "TEST_GARBAGE"], "cannot be read"),
      (["BUILD=3", "TEST_DENIED"], "says that the credential is not valid"),
    ])
  func `a bad build leaves the good one serving, says why, and does not exit with 0`(macros: [String], reason: String)
    async throws
  {
    let stage = try await Stage()
    let answer = try await stage.install(macros[0], macros[1])
    #expect(answer.exit == 13 && answer.text.contains(reason), "\(answer.text)")
    let view = try #require(await stage.plugin())
    #expect(view.state == "serving" && view.version == "1.0.0" && view.held != nil)
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    // It is still the good one that serves after a restart.
    await stage.host.end()
    let next = try await ServedHost(stage.scratch)
    try await stage.becomes(next) { $0.state == "serving" && $0.version == "1.0.0" }
    await next.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `an account whose settings do not fit is refused by itself, and the plugin serves the others`() async throws {
    let stage = try await Stage()
    await stage.host.end()
    // The ledger comes to a machine that never had the old build: nothing can serve in the new one's place.
    try FileManager.default.removeItem(atPath: "\(stage.scratch.path)/state/plugins")
    try Stage.put(
      try EvilPlugin.build("operated", "BUILD=3", "STRICT"), "\(stage.scratch.path)/plugins/libOperated.so")
    let host = try await ServedHost(stage.scratch)
    try await stage.becomes(host) { $0.state == "serving" && $0.version == "3.0.0" && $0.held == nil }
    let other = try await stage.slipway("account", "check", "main")
    #expect(other.exit != 0)
    for words in ["account main", "operated 3.0.0", "settings.zone is required", "add the account again"] {
      #expect(other.text.contains(words), "\(words): \(other.text)")
    }
    let zoned = NewAccount(
      name: "zoned", plugin: "operated", credential: Credential("secret"), settings: .object(["zone": .string("a")]))
    let added = await host.ask("POST", "/v1/accounts", zoned, as: AccountView.self)
    #expect(try added?.get().health.state == "healthy", "\(added as Any)")
    #expect(try await stage.slipway("account", "check", "zoned").exit == 0)
    // The next build takes both, and is not kept out by what the one that serves refuses.
    #expect(try await stage.install("BUILD=4").exit == 0)
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a plugin that is refused at its first start is listed by the id that it told`() async throws {
    let stage = try await Stage()
    await stage.host.end()
    try FileManager.default.removeItem(atPath: "\(stage.scratch.path)/state/plugins")
    try Stage.put(
      try EvilPlugin.build("operated", "BUILD=3", "TEST_GARBAGE"), "\(stage.scratch.path)/plugins/libOperated.so")
    let host = try await ServedHost(stage.scratch)
    try await stage.becomes(host) { $0.id == "operated" && $0.problem?.message.contains("self test") == true }
    let list = try #require(await host.ask("GET", "/v1/plugins", as: ListView<PluginView>.self)).get()
    #expect(list.items.map(\.id) == ["operated"])
    await host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a test that fails for the cloud's sake rejects no build`() async throws {
    let stage = try await Stage()
    let answer = try await stage.install("BUILD=2", "TEST_UNAVAILABLE")
    #expect(answer.exit == 0 && answer.text.contains("2.0.0"), "\(answer.text)")
    await stage.host.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a build that wants the token sent elsewhere waits until an operator has seen and approved it`() async throws {
    let stage = try await Stage()
    let answer = try await stage.install("BUILD=2", "MOVED")
    #expect(answer.exit == 13, "\(answer.text)")
    let look = try await stage.slipway("plugin", "approve", "operated", "--dry-run")
    #expect(
      look.exit == 0 && look.text.contains("endpoint api: address https://api.test/v1 → https://elsewhere.test/v1"),
      "\(look.text)")
    #expect(await stage.plugin()?.version == "1.0.0")
    let other = await stage.host.ask(
      "POST", "/v1/plugins/operated/approve", ["sha256": String(repeating: "0", count: 64)], as: PluginView.self)
    guard case .failure(let failure)? = other else { throw ScratchError("an image was approved that nobody saw") }
    #expect(failure.code == .conflict)
    // A restart forgets neither that it waits nor what serves meanwhile.
    await stage.host.end()
    let next = try await ServedHost(stage.scratch)
    try await stage.becomes(next) { $0.version == "1.0.0" && $0.held?.asks.isEmpty == false }
    let approved = try await stage.slipway("plugin", "approve", "operated")
    #expect(approved.exit == 0 && approved.text.contains("2.0.0"), "\(approved.text)")
    guard case .success(let account)? = await next.ask("GET", "/v1/accounts/main", as: AccountView.self) else {
      throw ScratchError("no account")
    }
    #expect(account.endpoints.first?.url == "https://elsewhere.test/v1")
    #expect(try await stage.slipway("plugin", "approve", "operated").exit == 5, "nothing waits any more")
    await next.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `a plugin with its own networking gets the credential in its settings once that is approved, another never`()
    async throws
  {
    let stage = try await Stage(configuration: "{ direct_plugins: [\"operated\"] }")
    let answer = try await stage.install("BUILD=2", "DIRECT")
    #expect(answer.exit == 13 && answer.text.contains("network: brokered → direct"), "\(answer.text)")
    #expect(await stage.plugin()?.version == "1.0.0")
    // Its self test fails without the credential.
    let approved = try await stage.slipway("plugin", "approve", "operated")
    #expect(approved.exit == 0 && approved.text.contains("2.0.0"), "\(approved.text)")
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    let shown = try await stage.slipway("account", "show", "main", "--json")
    #expect(shown.text.contains("direct") && !shown.text.contains(#""secret""#), "\(shown.text)")
    // The next image is brokered; its self test fails where it finds the credential.
    let back = try await stage.install("BUILD=3", "TATTLES")
    #expect(back.exit == 13 && back.text.contains("network: direct → brokered"), "\(back.text)")
    let again = try await stage.slipway("plugin", "approve", "operated")
    #expect(again.exit == 0 && again.text.contains("3.0.0"), "\(again.text)")
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    await stage.host.end()
    #expect(!(await stage.host.log()).contains("secret"))
  }

  @Test(.timeLimit(.minutes(5)))
  func `without its file the plugin serves its account, but nothing new is made`() async throws {
    let stage = try await Stage()
    let placement = PlacementView(account: "main", type: "s1", location: "north", image: "debian")
    _ = await stage.host.ask(
      "POST", "/v1/offerings", NewOffering(name: "small", placements: [placement], readiness: "cloud"),
      as: OfferingView.self)
    unlink("\(stage.scratch.path)/plugins/libOperated.so")
    try await stage.becomes { !$0.filePresent }
    await stage.host.end()
    let next = try await ServedHost(stage.scratch)
    try await stage.becomes(next) { $0.state == "serving" && !$0.filePresent }
    #expect(try await stage.slipway("account", "check", "main").exit == 0)
    let accepted = try #require(try (await next.order("one"))?.get())
    let failed = await next.rest(accepted.resourceId)
    #expect(failed?.state == "failed" && failed?.failure?.message.contains("its file is gone") == true)
    await next.end()
  }

  @Test(.timeLimit(.minutes(5)))
  func `SIGHUP looks at everything again, and a refused file is told once, with no list of refused ones`() async throws
  {
    let stage = try await Stage(configuration: "{ workers: { kill_grace_s: 1 } }")
    try "text".write(toFile: "\(stage.scratch.path)/plugins/libBad.so", atomically: true, encoding: .utf8)
    stage.host.hangUp()
    try await stage.host.plugin("Bad") { $0.state == "refused" }
    let bad = try await stage.slipway("plugin", "show", "Bad")
    #expect(bad.exit == 13 && bad.text.contains("is a text file"), "\(bad.text)")
    let unknown = try await stage.slipway("plugin", "show", "nobody")
    #expect(unknown.exit == 4 && unknown.text.contains("operated") && !unknown.text.contains("Bad"), "\(unknown.text)")
    await stage.host.end()
    let log = await stage.host.log()
    #expect(log.components(separatedBy: "is a text file").count == 2, "\(log)")
    #expect(!log.contains("error its worker") && !log.contains("exited with status 0"), "\(log)")
  }

  @Test(.timeLimit(.minutes(5)), arguments: ["copying", "copied", "placed"], [2, 3])
  func `a host killed while a plugin is installed serves a whole build after its restart`(step: String, count: Int)
    async throws
  {
    let stage = try await Stage(environment: ["SLIPWAY_CRASH_STORE": "\(step):\(count)"])
    let build = try EvilPlugin.build("operated", "BUILD=2")
    let file = "\(stage.scratch.path)/libOperated.so"
    try FileManager.default.copyItem(atPath: build, toPath: file)
    let answer = await stage.host.ask("POST", "/v1/plugins", ["path": file], as: PluginView.self)
    #expect(answer == nil, "the host was to die: \(answer as Any)")
    await stage.host.died()
    let next = try await ServedHost(stage.scratch)
    try await stage.becomes(next) { $0.state == "serving" && $0.held == nil }
    let view = try #require(await stage.plugin(next))
    #expect(["1.0.0", "2.0.0"].contains(view.version))
    let names = try FileManager.default.contentsOfDirectory(atPath: "\(stage.scratch.path)/plugins")
    #expect(names.filter { !$0.hasPrefix(".") } == ["libOperated.so"])
    let whole = [view.version == "1.0.0" ? try EvilPlugin.build("operated") : build]
    #expect(
      FileManager.default.contentsEqual(atPath: "\(stage.scratch.path)/plugins/libOperated.so", andPath: whole[0]))
    guard case .success(let again)? = await next.ask("POST", "/v1/plugins", ["path": file], as: PluginView.self) else {
      throw ScratchError("it cannot be installed again")
    }
    #expect(again.version == "2.0.0" && again.state == "serving")
    let left = try FileManager.default.contentsOfDirectory(atPath: "\(stage.scratch.path)/state/plugins")
    let stale = left.filter { $0.hasPrefix("incoming.") && !$0.hasPrefix("incoming.\(next.pid).") }
    #expect(stale == [], "\(left)")
    await next.end()
  }
}
