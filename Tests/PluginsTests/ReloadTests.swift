import Foundation
import PluginMessages
import Plugins
import Synchronization
import System
import Testing

@Suite struct ReloadTests {
  private func fleet(
    _ macros: String..., hooks: PluginHooks = PluginHooks(), change: (inout PluginsConfiguration) -> Void = { _ in }
  ) async throws -> Fleet {
    let fleet = try Fleet(change)
    await fleet.router.use(hooks)
    try await fleet.drop(macros.isEmpty ? TestPlugin.build("SLOTS=4") : TestPlugin.build(macros[0]), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    return fleet
  }

  /// What clients share.
  private final class Load: Sendable {
    let over = Atomic<Bool>(false)
    let failed = Mutex<[CallOutcome]>([])
  }

  /// Versions that came to serve.
  private final class Seen: Sendable {
    private let versions = Mutex<[String]>([])
    var all: [String] { versions.withLock { $0 } }
    func add(_ version: String) { versions.withLock { $0.append(version) } }
  }

  private let second = "VERSION=\"2.0.0\""

  @Test func `a file that is renamed into place serves by itself`() async throws {
    let fleet = try await fleet()
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" && $0.state == .serving }
    #expect(await fleet.call("version").text == "2.0.0")
    let status = try #require(await fleet.router.status("test"))
    #expect(status.generation == 2 && status.fault == nil && status.previous != nil)
    await fleet.stop()
  }

  @Test func `a file that is written in pieces is read when it is whole, and half a file is no error`()
    async throws
  {
    let fleet = try await fleet { $0.quiet = .milliseconds(40) }
    let bytes = try Data(contentsOf: URL(filePath: try await TestPlugin.build(second)))
    let file = fleet.folder + "/libTest.so"
    for part in 1...8 {
      // Each piece is a writer of its own, which opens and closes the file.
      try bytes.prefix(bytes.count * part / 8).write(to: URL(filePath: file))
      try await fleet.reactor.sleep(for: .milliseconds(part % 3 == 0 ? 60 : 5))
      #expect(await fleet.call("version").text != nil)
    }
    await fleet.until { $0.version == "2.0.0" }
    let status = try #require(await fleet.router.status("test"))
    #expect(status.fault == nil && status.restarts == 0)
    #expect(!fleet.logs.value.contains { $0.level == 3 })
    await fleet.stop()
  }

  @Test func `every switch is told with the manifest that counts from then on, a rollback too`() async throws {
    var hooks = PluginHooks()
    let seen = Seen()
    hooks.serves = { manifest in seen.add(manifest.version) }
    let fleet = try await fleet(hooks: hooks)
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" && $0.state == .serving }
    _ = try await fleet.router.steer("test", .rollback)
    #expect(seen.all == ["1.0.0", "2.0.0", "1.0.0"])
    await fleet.stop()
  }

  @Test func `a new file and a folder that comes later are found`() async throws {
    let root = try temporaryDirectory()
    let late = root + "/later/plugins"
    let fleet = try await fleet { configuration in
      configuration.folders.append(late)
      configuration.optionalFolders = [late]
    }
    #expect(!fleet.logs.value.contains { $0.message.contains("later") }, "an optional folder may be missing")
    try await fleet.drop(TestPlugin.build(#"ID="second""#), as: "libSecond.so")
    _ = await fleet.states.becomes { $0.contains { $0.id == "second" && $0.state == .serving } }
    try FileManager.default.createDirectory(atPath: late, withIntermediateDirectories: true)
    try await FileManager.default.copyItem(atPath: TestPlugin.build(#"ID="third""#), toPath: late + "/libThird.so")
    #expect(await fleet.states.becomes { $0.contains { $0.id == "third" && $0.state == .serving } })
    #expect(await fleet.call("version", plugin: "second").text == "1.0.0")
    await fleet.stop()
    try FileManager.default.removeItem(atPath: root)
  }

  @Test func `eight clients that call without pause lose no call while the plugin is replaced again and again`()
    async throws
  {
    let fleet = try await fleet()
    let builds = [try await TestPlugin.build("SLOTS=4"), try await TestPlugin.build("VERSION=\"2.0.0\"", "SLOTS=4")]
    let load = Load()
    let calls = await withTaskGroup(of: Int.self) { group in
      for client in 0..<8 {
        group.addTask {
          var count = 0
          while !load.over.load(ordering: .relaxed) {
            let outcome = await fleet.call("version", account: "\(client)")
            if outcome.text == nil { load.failed.withLock { $0.append(outcome) } }
            count += 1
          }
          return count
        }
      }
      for round in 0..<20 {
        try? fleet.drop(builds[(round + 1) % 2], as: "libTest.so")
        let status = await fleet.router.reload("test")
        #expect(status?.state == .serving && status?.fault == nil)
      }
      load.over.store(true, ordering: .relaxed)
      return await group.reduce(0, +)
    }
    #expect(load.failed.withLock { $0 } == [])
    #expect(calls > 100)
    let status = try #require(await fleet.router.status("test"))
    #expect(status.generation > 20 && status.restarts == 0)
    await fleet.stop()
  }

  @Test func `three generations drain at most, and the reloads that wait become one of the newest file`() async throws {
    let fleet = try await fleet { $0.mostDraining = 2 }
    let gates = try (0..<3).map { _ in try temporaryDirectory() + "/gate" }
    let outcomes = await withTaskGroup(of: String?.self) { group in
      for (index, gate) in gates.enumerated() {
        group.addTask { await fleet.call("until \(gate)", account: "\(index)").text }
        await fleet.counts { $0.inFlight == index + 1 }
        if index < 2 { _ = await fleet.router.reload("test") }
      }
      // Two drain, and the third one serves: the next reloads have to wait.
      async let fourth = fleet.router.reload("test")
      try? await fleet.drop(TestPlugin.build(second), as: "libTest.so")
      async let fifth = fleet.router.reload("test")
      #expect(await fleet.router.status("test")?.generations.map(\.isDraining) == [false, true, true])
      #expect(await fleet.router.status("test")?.version == "1.0.0")
      try? Data().write(to: URL(filePath: gates[0]))
      let statuses = await [fourth, fifth]
      #expect(statuses.allSatisfy { $0?.version == "2.0.0" && $0?.generation == 4 })
      for gate in gates { try? Data().write(to: URL(filePath: gate)) }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(outcomes == ["done", "done", "done"])
    await fleet.counts { $0.generations.count == 1 }
    await fleet.stop()
  }

  @Test(arguments: ["CRASH", "REFUSE", "NO_SYMBOL", "ABI=0x10002"])
  func `an image that does not come to serve leaves the old one serving and says why`(macro: String) async throws {
    let fleet = try await fleet()
    try await fleet.drop(TestPlugin.build(macro), as: "libTest.so")
    let status = try #require(await fleet.router.reload("test"))
    #expect(status.state == .serving && status.version == "1.0.0" && status.fault?.sha256 != nil)
    #expect(status.fault?.reason.contains("libTest.so") == true)
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.stop()
  }

  @Test func `a verdict of the rest of the host holds an image back, and approval lets it in`() async throws {
    let verdict = Mutex(PluginVerdict.needsApproval(["endpoint api: address a → b"]))
    let tested = Mutex<[CallOutcome]>([])
    var hooks = PluginHooks()
    hooks.gate = { candidate in
      guard candidate.hasPredecessor else { return .accepted }
      let call = PluginCall(
        plugin: candidate.id, verb: .selfTest, account: "a", payload: Array("version".utf8),
        deadline: Clock.monotonic() + 5_000_000_000)
      let outcome = await candidate.call(call, Fleet.noHTTP)
      tested.withLock { $0.append(outcome) }
      return verdict.withLock { $0 }
    }
    let fleet = try await fleet(hooks: hooks)
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    let held = try #require(await fleet.router.reload("test"))
    #expect(held.version == "1.0.0" && held.fault?.asks == ["endpoint api: address a → b"])
    #expect(held.fault?.version == "2.0.0" && held.fault?.reason.contains("slipway plugin approve test") == true)
    #expect(tested.withLock { $0.last?.text } == "2.0.0", "the candidate itself was called, not what serves")
    verdict.withLock { $0 = .rejected("settings of account a do not fit") }
    #expect(await fleet.router.reload("test")?.fault?.reason.contains("do not fit") == true)
    #expect(await fleet.call("version").text == "1.0.0")
    verdict.withLock { $0 = .accepted }
    #expect(await fleet.router.reload("test")?.fault == nil)
    #expect(await fleet.call("version").text == "2.0.0")
    await fleet.stop()
  }

  @Test func `an image that crashes in its test is not let in`() async throws {
    var hooks = PluginHooks()
    hooks.gate = { candidate in
      guard candidate.hasPredecessor else { return .accepted }
      let call = PluginCall(
        plugin: candidate.id, verb: .selfTest, account: "a", payload: Array("crash".utf8),
        deadline: Clock.monotonic() + 5_000_000_000)
      _ = await candidate.call(call, Fleet.noHTTP)
      return .accepted
    }
    let fleet = try await fleet(hooks: hooks)
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    let status = try #require(await fleet.router.reload("test"))
    #expect(status.version == "1.0.0" && status.fault?.reason.contains("SIGSEGV) while it was tested") == true)
    await fleet.stop()
  }

  @Test func `a crash soon after the switch brings the previous image back, later it does not`() async throws {
    let fleet = try await fleet { $0.probation = .seconds(30) }
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" }
    _ = await fleet.call("crash")
    #expect(await fleet.call("version").text == "1.0.0")
    let status = try #require(await fleet.router.status("test"))
    #expect(status.state == .serving && status.version == "1.0.0")
    #expect(status.fault?.reason.contains("soon after it took over") == true && status.fault?.version == "2.0.0")
    // It is not tried again by itself, but at the operator's word; and a crash of the old one changes nothing.
    _ = await fleet.call("crash")
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.router.rescan()
    #expect(await fleet.call("version").text == "1.0.0")
    #expect(await fleet.router.reload("test")?.version == "2.0.0")
    await fleet.stop()
  }

  @Test func `after the probation a crash is only a restart`() async throws {
    let fleet = try await fleet { $0.probation = .zero }
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" }
    _ = await fleet.call("crash")
    #expect(await fleet.call("version").text == "2.0.0")
    await fleet.stop()
  }

  @Test func `rollback serves the image before, across a restart, until a reload`() async throws {
    let fleet = try await fleet()
    do {
      _ = try await fleet.router.steer("test", .rollback)
      Issue.record("there was nothing to go back to")
    } catch { #expect(error.text.contains("no previous image")) }
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" }
    let back = try #require(try await fleet.router.steer("test", .rollback))
    #expect(back.version == "1.0.0" && back.fault?.reason.contains("was rolled back") == true)
    let again = try await fleet.restarted()
    #expect(await again.call("version").text == "1.0.0")
    #expect(await again.router.reload("test")?.version == "2.0.0")
    await again.stop()
  }

  @Test func `a rollback that cannot be leaves everything as it was, across a restart too`() async throws {
    let fleet = try await fleet()
    try await fleet.drop(TestPlugin.build(second), as: "libTest.so")
    await fleet.until { $0.version == "2.0.0" }
    let previous = try #require(await fleet.router.status("test")?.previous)
    let image = "\(fleet.store)/\(previous)/libTest.so"
    chmod(image, 0o600)
    try "damage".write(toFile: image, atomically: false, encoding: .utf8)
    let status = try #require(try await fleet.router.steer("test", .rollback))
    #expect(status.version == "2.0.0" && status.state == .serving)
    let again = try await fleet.restarted()
    #expect(await again.call("version").text == "2.0.0")
    await again.stop()
  }

  @Test func `what is disabled serves nothing until it is enabled, across a restart`() async throws {
    let fleet = try await fleet()
    #expect(try await fleet.router.steer("test", .disable)?.state == .disabled)
    #expect(
      await fleet.call("version")
        == .notServing("test: it is switched off; `slipway plugin enable` switches it on"))
    let again = try await fleet.restarted()
    #expect(await again.router.status("test")?.state == .disabled)
    #expect(try await again.router.steer("test", .enable)?.state == .serving)
    #expect(await again.call("version").text == "1.0.0")
    await again.stop()
  }

  @Test func `without its file a needed plugin serves from the store, at a start too, and another file can follow it`()
    async throws
  {
    var hooks = PluginHooks()
    hooks.isNeeded = { $0 == "test" }
    let fleet = try await fleet(hooks: hooks)
    try await fleet.drop(TestPlugin.build(#"ID="unused""#), as: "libUnused.so")
    _ = await fleet.states.becomes { $0.contains { $0.id == "unused" && $0.state == .serving } }
    unlink(fleet.folder + "/libTest.so")
    unlink(fleet.folder + "/libUnused.so")
    await fleet.until { !$0.isFilePresent }
    #expect(await fleet.call("version").text == "1.0.0")
    #expect(await fleet.router.isWithdrawn("test"))
    #expect(await fleet.states.becomes { $0.last { $0.id == "unused" }?.state == .stopped })
    #expect(await fleet.router.status("unused") == nil)
    let again = try await fleet.restarted(hooks: hooks)
    #expect(await again.call("version").text == "1.0.0")
    #expect(await again.router.isWithdrawn("test"))
    try await again.drop(TestPlugin.build(second), as: "libOther.so")
    await again.until { $0.version == "2.0.0" && $0.isFilePresent }
    #expect(await again.call("version").text == "2.0.0")
    #expect(await again.router.statuses().map(\.id) == ["test"])
    await again.stop()
  }

  @Test func `a start with an unusable file serves the image that served last`() async throws {
    let fleet = try await fleet()
    await fleet.router.stop()
    try "text".write(toFile: fleet.folder + "/libTest.so", atomically: true, encoding: .utf8)
    let again = try await fleet.restarted()
    #expect(await again.call("version").text == "1.0.0")
    #expect(await again.router.status("test")?.fault?.reason.contains("is a text file") == true)
    await again.stop()
  }

  @Test func `an installed file serves when the command returns, and one that cannot leaves the folder alone`()
    async throws
  {
    let fleet = try await fleet()
    let root = try temporaryDirectory()
    let file = root + "/libTest.so"
    try await FileManager.default.copyItem(atPath: TestPlugin.build(second), toPath: file)
    let status = try await fleet.router.install(file)
    #expect(status.version == "2.0.0" && status.state == .serving && status.fault == nil)
    try "text".write(toFile: file, atomically: true, encoding: .utf8)
    await #expect(throws: PluginSteerFault.self) { try await fleet.router.install(file) }
    #expect(await fleet.call("version").text == "2.0.0")
    #expect(try FileManager.default.contentsOfDirectory(atPath: fleet.folder) == ["libTest.so"])
    await fleet.stop()
    try FileManager.default.removeItem(atPath: root)
  }

  @Test func `images that nothing refers to are removed, the one that serves and the one before stay`() async throws {
    let fleet = try await fleet()
    for version in 2...4 {
      try await fleet.drop(TestPlugin.build("VERSION=\"\(version).0.0\""), as: "libTest.so")
      await fleet.counts { $0.version == "\(version).0.0" && $0.generations.count == 1 }
    }
    let status = try #require(await fleet.router.status("test"))
    await fleet.router.rescan()
    await fleet.router.rescan()
    let names = try FileManager.default.contentsOfDirectory(atPath: fleet.store).filter { $0.count == 64 }
    #expect(Set(names) == [status.sha256, try #require(status.previous)])
    await fleet.stop()
  }
}
