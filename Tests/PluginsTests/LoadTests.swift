import Foundation
import PluginMessages
import Plugins
import System
import Testing

@Suite struct LoadTests {
  @Test func `a plugin file is found, loaded and called`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    let status = try #require(await fleet.router.status("test"))
    #expect(status.state == .serving && status.generation == 1 && status.restarts == 0 && status.abi == "1.0")
    let parts = try #require(status.sandbox).lines
    for part in [SandboxPart.noNewPrivileges, .systemCalls, .noCapabilities, .limits, .noCore] {
      #expect(parts[part.rawValue].isConfirmed == true && parts[part.rawValue].missing == nil, "\(part.name)")
    }
    #expect(status.sha256.count == 64 && status.manifest?.name == "Test")
    let limits = try String(contentsOfFile: "/proc/\(try #require(status.pid))/status", encoding: .utf8)
    #expect(limits.contains("NoNewPrivs:\t1"))
    await fleet.stop()
    #expect(kill(try #require(status.pid), 0) == -1)
  }

  @Test func `a worker gets exactly the environment that is documented`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("env").text == "C.UTF-8 2 enable=no none")
    await fleet.stop()
  }

  @Test(arguments: [
    ("#!/bin/sh\necho hi\n", "is a text file; expected a shared object (ELF); build the plugin and copy its .so here"),
    ("\u{1}\u{2}binary", "is not a shared object (ELF); build the plugin and copy its .so here"),
  ]) func `a file that is no plugin is refused with what to do`(content: String, reason: String) async throws {
    let fleet = try Fleet()
    let path = fleet.folder + "/libBad.so"
    try content.write(toFile: path, atomically: true, encoding: .utf8)
    await fleet.router.scan()
    #expect(try await fleet.settled("Bad").state == .refused(reason: "\(path): \(reason)"))
    #expect(await fleet.call("version", plugin: "Bad") == .notServing("\(path): \(reason)"))
    await fleet.stop()
  }

  @Test func `a truncated plugin and one for another machine say so`() async throws {
    let fleet = try Fleet()
    let whole = try Data(contentsOf: URL(filePath: try await TestPlugin.build()))
    try whole.prefix(whole.count / 2).write(to: URL(filePath: fleet.folder + "/libHalf.so"))
    var other = whole
    other[18] = 183
    try other.write(to: URL(filePath: fleet.folder + "/libOther.so"))
    await fleet.router.scan()
    let half = try await fleet.settled("Half").state.reason
    #expect(try await fleet.settled("Half").state.name == "incomplete", "it may still be being copied")
    #expect(half?.contains("is cut short: expected at least ") == true)
    #expect(half?.hasSuffix("found \(whole.count / 2); copy it here again") == true)
    #expect(
      try await fleet.settled("Other").state.reason
        == "\(fleet.folder)/libOther.so: is built for AArch64; expected x86-64; build the plugin for this machine")
    await fleet.stop()
  }

  @Test func `refusals after loading name the file, both sides and the remedy`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build("NO_SYMBOL"), as: "libNone.so")
    try await fleet.drop(TestPlugin.build("ABI=0x10002"), as: "libNew.so")
    try await fleet.drop(TestPlugin.build("REFUSE"), as: "libRefuse.so")
    try await fleet.drop(TestPlugin.build(#"EXTRA=",\"settings_schema\":{\"pattern\":\"a\"}""#), as: "libSchema.so")
    await fleet.router.scan()
    let none = try await fleet.settled("None").state.reason
    #expect(none?.hasPrefix("\(fleet.folder)/libNone.so: ") == true && none?.contains("slipway_plugin_entry") == true)
    #expect(
      try await fleet.settled("New").state.reason
        == "\(fleet.folder)/libNew.so: the plugin speaks plugin ABI 1.2, this host 1.0; update the host, or install an older build of the plugin"
    )
    let refused = try await fleet.settled("Refuse").state.reason
    #expect(refused?.contains("the plugin refused to run with this host: needs a newer moon") == true)
    let schema = try await fleet.settled("Schema").state.reason
    #expect(schema?.contains("(plugin test 1.0.0): settings_schema: pattern: the keyword is not one") == true)
    await fleet.stop()
  }

  @Test func `a plugin that does not load in time or dies while loading is tried again, and delays no other`()
    async throws
  {
    let fleet = try Fleet { $0.handshake = .milliseconds(300) }
    try await fleet.drop(TestPlugin.build("SLOW", #"ID="slow""#), as: "libASlow.so")
    try await fleet.drop(TestPlugin.build("CRASH", #"ID="dead""#), as: "libBDead.so")
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    let (slow, dead) = (try await fleet.settled("ASlow"), try await fleet.settled("BDead"))
    _ = (slow, dead)
    #expect(await fleet.logs.becomes { $0.contains { $0.message.contains("did not load within 0.3 s") } })
    #expect(await fleet.logs.becomes { $0.contains { $0.message.contains("killed by signal 6 (SIGABRT)") } })
    #expect(await fleet.states.becomes { $0.contains { $0.id == "BDead" && $0.restarts >= 2 } })
    await fleet.stop()
  }

  @Test func `of two files with one id the first by name serves and the other is told why not`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libA.so")
    try await fleet.drop(TestPlugin.build(#"VERSION="2.0.0""#), as: "libB.so")
    await fleet.router.scan()
    #expect(await fleet.states.becomes { $0.contains { if case .refused = $0.state { true } else { false } } })
    #expect(await fleet.call("version").text == "1.0.0")
    let other = await fleet.router.statuses().first { $0.file.hasSuffix("libB.so") }
    #expect(other?.state.reason?.contains("remove one of the two") == true)
    await fleet.stop()
  }

  @Test func `an unknown plugin is answered at once with what there is`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    _ = await fleet.call("version")
    #expect(
      await fleet.call("version", plugin: "nobody")
        == .notServing("no plugin has the id \"nobody\"; loaded: test; looked in \(fleet.folder)"))
    await fleet.stop()
  }
}
