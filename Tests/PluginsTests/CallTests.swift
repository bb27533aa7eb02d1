import Foundation
import Plugins
import Synchronization
import System
import Testing

@Suite struct CallTests {
  private func serving(_ macros: String..., change: (inout PluginsConfiguration) -> Void = { _ in }) async throws
    -> Fleet
  {
    let fleet = try Fleet(change)
    try await fleet.drop(macros.isEmpty ? TestPlugin.build() : TestPlugin.build(macros[0]), as: "libTest.so")
    await fleet.router.scan()
    _ = await fleet.call("version")
    // The answer comes before the verb has returned.
    await fleet.counts { $0.inFlight == 0 }
    return fleet
  }

  @Test func `a brokered worker never gets what is meant for plugins with their own networking`() async throws {
    let fleet = try await serving()
    let outcome = await fleet.router.call(
      PluginCall(
        plugin: "test", verb: .validate, account: "a", payload: Array("version".utf8),
        deadline: Clock.monotonic() + 5_000_000_000, directPayload: Array("fail".utf8)),
      http: Fleet.noHTTP)
    #expect(outcome.text == "1.0.0")
    await fleet.stop()
  }

  @Test func `a failure comes with its code and report`() async throws {
    let fleet = try await serving()
    #expect(await fleet.call("fail") == .failed(code: 2, Array(#"{"message":"none left"}"#.utf8)))
    guard case .failed(let code, _) = await fleet.call("silent") else { return _ = Issue.record("no such outcome") }
    #expect(code == 16)
    #expect(
      await fleet.call("power", verb: .power)
        == .failed(code: 15, Array(#"{"message":"this plugin has no such verb","may_exist":false}"#.utf8)))
    await fleet.stop()
  }

  @Test func `a reply of several megabytes arrives whole`() async throws {
    let fleet = try await serving()
    #expect(await fleet.call("big 4000000").text?.utf8.count == 4_000_000)
    #expect(await fleet.call("big 16000000", verb: .list).text?.utf8.count == 16_000_000)
    await fleet.stop()
  }

  @Test func `a crash is told with its signal, the worker is replaced and the next call works`() async throws {
    let fleet = try await serving()
    let pid = await fleet.router.status("test")?.pid
    guard case .crashed(let reason) = await fleet.call("crash", verb: .provision) else {
      return _ = Issue.record("no such outcome")
    }
    #expect(reason.contains("libTest.so: its worker was killed by signal 11 (SIGSEGV) during provision"))
    #expect(await fleet.call("version").text == "1.0.0")
    let status = try #require(await fleet.router.status("test"))
    #expect(status.restarts == 1 && status.generation == 1 && status.pid != pid)
    guard case .crashed(let exit) = await fleet.call("exit") else { return _ = Issue.record("no such outcome") }
    #expect(exit.contains("exited with status 3"))
    await fleet.stop()
  }

  @Test func `a worker killed from outside is replaced`() async throws {
    let fleet = try await serving()
    let pid = try #require(await fleet.router.status("test")?.pid)
    kill(pid, SIGKILL)
    #expect(await fleet.states.becomes { $0.contains { $0.state.name == "backoff" } })
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.stop()
  }

  @Test func `an overdue call is decided at its deadline, the worker is replaced and its other call finishes`()
    async throws
  {
    let fleet = try await serving("SLOTS=2") { $0.lateGrace = .milliseconds(50) }
    let pid = try #require(await fleet.router.status("test")?.pid)
    let gate = try temporaryDirectory() + "/gate"
    async let other = fleet.call("until \(gate)", account: "b")
    let start = Clock.monotonic()
    #expect(await fleet.call("hang", within: .milliseconds(300)) == .overdue)
    #expect(Clock.monotonic() - start < 2_000_000_000)
    #expect(await fleet.call("version").text == "1.0.0")
    #expect(await fleet.router.status("test")?.pid != pid)
    #expect(kill(pid, 0) == 0, "the condemned worker still runs the other call")
    try Data().write(to: URL(filePath: gate))
    #expect(await other.text == "done")
    await fleet.stop()
    #expect(kill(pid, 0) == -1)
  }

  @Test func `a late reply after a cancelled call is evidence`() async throws {
    let fleet = try await serving()
    let task = Task {
      await fleet.call("late", verb: .provision, account: "x")
    }
    // The call is on the worker once it is counted.
    await fleet.counts { $0.inFlight == 1 }
    task.cancel()
    #expect(await task.value == .cancelled(sent: true))
    _ = await fleet.late.becomes { !$0.isEmpty }
    #expect(await fleet.call("version").text == "1.0.0")
    let late = fleet.late.value.first
    #expect(late?.verb == .provision && late?.account == "x" && late?.tag == "late")
    await fleet.stop()
  }

  @Test func `a forged reply to another call ends the worker with that reason`() async throws {
    let fleet = try await serving()
    guard case .crashed(let reason) = await fleet.call("forge") else { return _ = Issue.record("no such outcome") }
    #expect(
      reason.contains("broke the protocol: a REPLY frame for call 99, which is not open on this connection"))
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.stop()
  }

  @Test func `calls beyond the slots wait, terminate first, then account by account`() async throws {
    let fleet = try await serving { $0.mostWorkers = 1 }
    let gate = try temporaryDirectory() + "/gate"
    await withTaskGroup(of: Void.self) { group in
      group.addTask { _ = await fleet.call("until \(gate)") }
      await fleet.counts { $0.inFlight == 1 }
      let calls: [(String, String, PluginVerb)] = [
        ("a1", "a", .poll), ("a2", "a", .poll), ("a3", "a", .poll), ("b1", "b", .poll), ("t", "b", .terminate),
      ]
      for (index, (name, account, verb)) in calls.enumerated() {
        group.addTask {
          _ = await fleet.call("log \(name)", verb: verb, account: account)
        }
        await fleet.counts { $0.waiting == index + 1 }
      }
      try? Data().write(to: URL(filePath: gate))
    }
    // The plugin's own lines tell in which order it was called.
    _ = await fleet.logs.becomes { $0.count { $0.message.hasPrefix("hello") } == 5 }
    let order = fleet.logs.value.filter { $0.message.hasPrefix("hello") }.map(\.tag)
    #expect(order == ["log t", "log a1", "log b1", "log a2", "log a3"])
    await fleet.stop()
  }

  @Test func `a call whose turn never came is told that nothing happened`() async throws {
    let fleet = try await serving()
    let gate = try temporaryDirectory() + "/gate"
    async let first = fleet.call("until \(gate)")
    await fleet.counts { $0.inFlight == 1 }
    guard case .notServing(let reason) = await fleet.call("version", within: .milliseconds(100)) else {
      return _ = Issue.record("no such outcome")
    }
    #expect(reason.contains("time ran out while all 1 call slots of the plugin were taken"))
    try Data().write(to: URL(filePath: gate))
    #expect(await first.text == "done")
    await fleet.stop()
  }

  @Test func `log, output and progress reach the host, fit for a terminal`() async throws {
    let fleet = try await serving()
    let progress = Watched<[CallProgress]>([], on: fleet.reactor)
    _ = await fleet.call("log", progress: { update in progress.change { $0.append(update) } })
    #expect(await progress.becomes { $0.first?.permille == 500 && $0.first?.message == "half" })
    #expect(
      await fleet.logs.becomes { $0.contains { $0.message == "hello [31mred" && $0.level == 2 && $0.tag == "log" } })
    #expect(await fleet.logs.becomes { $0.contains { $0.message == "output: printed" } })
    await fleet.stop()
  }

  @Test func `a replaced file is served after a reload without ending what runs, and a bad one is not`() async throws {
    let fleet = try await serving()
    let gate = try temporaryDirectory() + "/gate"
    async let old = fleet.call("until \(gate)")
    await fleet.counts { $0.inFlight == 1 }
    try await fleet.drop(TestPlugin.build(#"VERSION="2.0.0""#), as: "libTest.so")
    let status = try #require(await fleet.router.reload("test"))
    #expect(status.state == .serving && status.generation >= 2 && status.version == "2.0.0")
    #expect(await fleet.call("version").text == "2.0.0")
    try Data().write(to: URL(filePath: gate))
    #expect(await old.text == "done")
    try "text".write(toFile: fleet.folder + "/libTest.so", atomically: true, encoding: .utf8)
    let kept = try #require(await fleet.router.reload("test"))
    #expect(kept.state == .serving && kept.version == "2.0.0" && kept.reloadFault?.contains("is a text file") == true)
    #expect(await fleet.call("version").text == "2.0.0")
    await fleet.stop()
  }

  @Test func `a file that has become unusable does not take a working plugin away`() async throws {
    let fleet = try await serving()
    try "text".write(toFile: fleet.folder + "/libTest.so", atomically: true, encoding: .utf8)
    await fleet.until { $0.fault?.reason.contains("is a text file") == true }
    _ = await fleet.call("crash")
    #expect(await fleet.call("version").text == "1.0.0")
    await fleet.stop()
  }
}
