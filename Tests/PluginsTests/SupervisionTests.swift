import Foundation
import Plugins
import Synchronization
import System
import Testing

@Suite struct SupervisionTests {
  private func serving(_ macros: String..., change: (inout PluginsConfiguration) -> Void = { _ in }) async throws
    -> Fleet
  {
    let fleet = try Fleet(change)
    try await fleet.drop(TestPlugin.build(macros.isEmpty ? "SLOTS=4" : macros[0]), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    return fleet
  }

  @Test func `one account of a plugin that takes one call at a time does not delay another`() async throws {
    let fleet = try await serving("SLOTS=1") { $0.idle = .milliseconds(50) }
    let gate = try temporaryDirectory() + "/gate"
    await withTaskGroup(of: Void.self) { group in
      for index in 0..<3 {
        group.addTask { #expect(await fleet.call("until \(gate)", account: "\(index)").text == "done") }
      }
      await fleet.counts { $0.inFlight == 3 }
      #expect(await fleet.call("version", account: "other").text == "1.0.0")
      // The account's own second call waits behind its first.
      group.addTask { #expect(await fleet.call("version", account: "0").text == "1.0.0") }
      await fleet.counts { $0.waiting == 1 }
      #expect((await fleet.router.status("test")?.generations.first?.pids.count ?? 0) >= 3)
      try? Data().write(to: URL(filePath: gate))
    }
    await fleet.counts { $0.generations.first?.pids.count == 1 }
    await fleet.stop()
  }

  @Test func `a worker that is stopped is found out and replaced`() async throws {
    let fleet = try await serving {
      $0.pingAfter = .milliseconds(50)
      $0.pingGrace = .seconds(1)
    }
    let pid = try #require(await fleet.router.status("test")?.pid)
    kill(pid, SIGSTOP)
    // The signal is on its way when kill returns: a call sent at once may still be answered.
    await fleet.counts { _ in
      let fields = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8))?.split(separator: " ")
      return fields?.dropFirst(2).first == "T"
    }
    let outcome = await fleet.call("version")
    guard case .crashed(let reason) = outcome else { return _ = Issue.record("\(outcome)") }
    #expect(reason.contains("gave no sign of life for 1 s"))
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.stop()
  }

  @Test func `a worker that answers is left alone however long its call takes`() async throws {
    let fleet = try await serving {
      $0.pingAfter = .milliseconds(20)
      $0.pingGrace = .milliseconds(700)
    }
    let outcome = await fleet.call("late", within: .milliseconds(900))
    #expect(outcome == .overdue || outcome.text == "late")
    #expect(!fleet.logs.value.contains { $0.message.contains("sign of life") })
    await fleet.stop()
  }

  @Test func `what crashes alone twice is not called again, and everything else is`() async throws {
    let fleet = try await serving()
    func poll(_ text: String, _ subjects: String...) async -> CallOutcome {
      await fleet.router.call(
        PluginCall(
          plugin: "test", verb: .poll, account: "a", payload: Array(text.utf8),
          deadline: Clock.monotonic() + 8_000_000_000, subjects: subjects), http: Fleet.noHTTP)
    }
    for _ in 0..<2 {
      guard case .crashed = await poll("crash", "r/1") else { return _ = Issue.record("no such outcome") }
    }
    guard case .parked(let reason) = await poll("crash", "r/1") else {
      return _ = Issue.record("it was called again")
    }
    #expect(reason.contains("poll of r/1 has crashed the plugin 2 times"))
    #expect(await poll("version", "r/2").text == "1.0.0")
    #expect(fleet.parked.value.map(\.subject.subject) == ["r/1"])
    #expect(await fleet.router.parked(.poll, plugin: "test").keys.sorted() == ["r/1"])
    let again = try await fleet.restarted()
    _ = await again.call("version")
    #expect(await again.router.parked(.poll, plugin: "test").keys.sorted() == ["r/1"])
    _ = try await again.router.steer("test", .reset)
    #expect(await again.router.parked(.poll, plugin: "test").isEmpty)
    await again.stop()
  }

  @Test func `calls beside a crash run alone until they are cleared, and hurt nobody else`() async throws {
    let fleet = try await serving()
    let pid = { await fleet.router.status("test")?.pid }
    func poll(_ text: String, _ subject: String) async -> CallOutcome {
      await fleet.router.call(
        PluginCall(
          plugin: "test", verb: .poll, account: "a", payload: Array(text.utf8),
          deadline: Clock.monotonic() + 8_000_000_000, subjects: [subject]), http: Fleet.noHTTP)
    }
    let gate = try temporaryDirectory() + "/gate"
    async let beside = poll("until \(gate)", "good")
    await fleet.counts { $0.inFlight == 1 }
    // An exit tells of no call, so both that ran are suspects.
    guard case .crashed = await poll("exit", "bad"), case .crashed = await beside else {
      return _ = Issue.record("no such outcome")
    }
    #expect(await fleet.call("version").text == "1.0.0")
    let before = await pid()
    for _ in 0..<2 {
      guard case .crashed = await poll("exit", "bad") else { return _ = Issue.record("no such outcome") }
    }
    #expect(await poll("version", "good").text == "1.0.0")
    #expect(await fleet.router.parked(.poll, plugin: "test").keys.sorted() == ["bad"])
    #expect(await pid() == before, "the serving worker was not the one that crashed")
    await fleet.stop()
  }

  @Test func `a call that the worker names is charged alone, whatever else ran`() async throws {
    let fleet = try await serving()
    func poll(_ text: String, _ subject: String) async -> CallOutcome {
      await fleet.router.call(
        PluginCall(
          plugin: "test", verb: .poll, account: "a", payload: Array(text.utf8),
          deadline: Clock.monotonic() + 8_000_000_000, subjects: [subject]), http: Fleet.noHTTP)
    }
    let gate = try temporaryDirectory() + "/gate"
    async let beside = poll("until \(gate)", "good")
    await fleet.counts { $0.inFlight == 1 }
    for _ in 0..<2 {
      guard case .crashed = await poll("crash", "bad") else { return _ = Issue.record("no such outcome") }
    }
    _ = await beside
    #expect(await fleet.router.parked(.poll, plugin: "test").keys.sorted() == ["bad"])
    await fleet.stop()
  }

  @Test func `crashes on three different things quarantine the image, whatever file it is in, until a reset`()
    async throws
  {
    let fleet = try await serving()
    for index in 0..<3 {
      _ = await fleet.call("log")
      _ = await fleet.call("crash", account: "\(index)")
    }
    #expect(await fleet.states.becomes { $0.contains { $0.state.name == "quarantined" } })
    let status = await fleet.router.status("test")
    let entry = try #require(status?.quarantine.first)
    #expect(status?.state.name == "quarantined" && entry.end.contains("SIGSEGV") && entry.sha256 == status?.sha256)
    #expect(entry.calls == ["validate on account 2"] && entry.lines.contains("hello [31mred"))
    guard case .notServing(let reason) = await fleet.call("version") else { return _ = Issue.record("it serves") }
    #expect(reason.contains("slipway plugin reset test"))
    // The same bytes under another name are the same image, and a restart forgets nothing.
    let again = try await fleet.restarted()
    await again.until { $0.state.name == "quarantined" }
    let reloaded = await again.router.reload("test")
    #expect(reloaded?.state.name == "quarantined")
    // Another build starts clean.
    try await again.drop(TestPlugin.build("VERSION=\"2.0.0\""), as: "libTest.so")
    #expect(await again.states.becomes { $0.contains { $0.version == "2.0.0" && $0.state == .serving } })
    try await again.drop(TestPlugin.build("SLOTS=4"), as: "libTest.so")
    await again.until { $0.fault?.reason.contains("is quarantined") == true }
    #expect(await again.call("version").text == "2.0.0")
    let reset = try #require(try await again.router.steer("test", .reset))
    #expect(reset.state == .serving && reset.version == "1.0.0" && reset.quarantine.isEmpty)
    await again.stop()
  }

  @Test func `an image that never comes to serve is quarantined, and the one before goes first`() async throws {
    let fleet = try Fleet {
      $0.quarantineLoads = 3
      $0.restart.first = 1_000_000
    }
    try await fleet.drop(TestPlugin.build("CRASH"), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.states.becomes { $0.contains { $0.state.name == "quarantined" } })
    let status = try #require(await fleet.router.statuses().first)
    #expect(status.quarantine.first?.reason.contains("3 times in a row") == true)
    await fleet.stop()
  }

  @Test func `metrics count calls, failures, timeouts and crashes, by generation and verb`() async throws {
    let fleet = try await serving { $0.lateGrace = .milliseconds(20) }
    _ = await fleet.call("fail")
    _ = await fleet.call("crash", verb: .catalog)
    _ = await fleet.call("hang", verb: .list, within: .milliseconds(50))
    #expect(await fleet.call("version").text == "1.0.0")
    // The worker that hung is ended a moment after its call was given up, so the last call may still meet it.
    await fleet.counts {
      $0.generations.first?.metrics.verbs[.validate]?.latency.count == 3
        && $0.generations.first?.metrics.restarts == 2 && $0.generations.first?.memory ?? 0 > 0
    }
    let generation = try #require(await fleet.router.status("test")?.generations.first)
    let verbs = generation.metrics.verbs
    #expect(verbs[.validate]?.failures == 1 && (verbs[.validate]?.latency.quantile(0.99) ?? 0) > 0)
    #expect(verbs[.catalog]?.crashed == 1 && verbs[.list]?.timeouts == 1)
    #expect(generation.metrics.restarts == 2 && (generation.memory ?? 0) > 0)
    await fleet.stop()
  }

  @Test func `lines carry the plugin's id, generation and process, and a clean stop is no error`() async throws {
    let fleet = try await serving()
    _ = await fleet.call("log")
    #expect(await fleet.logs.becomes { $0.contains { $0.message == "output: printed" } })
    let line = try #require(fleet.logs.value.first { $0.message == "output: printed" })
    #expect(line.plugin == "test" && line.generation == 1 && line.pid != nil)
    await fleet.stop()
    #expect(!fleet.logs.value.contains { $0.level == 3 })
  }

  @Test func `a refused plugin is told once`() async throws {
    let fleet = try Fleet()
    try "text".write(toFile: fleet.folder + "/libBad.so", atomically: true, encoding: .utf8)
    await fleet.router.scan()
    let status = try await fleet.settled("Bad")
    #expect(status.state.name == "refused")
    // The state's own line is the one; the supervisor adds none.
    #expect(!fleet.logs.value.contains { $0.message.contains("is a text file") })
    await fleet.stop()
  }
}
