import EvilPlugins
import Foundation
import Plugins
import System
import Testing

@Suite struct SandboxTests {
  @Test func `where the kernel lacks a part, a plugin is refused with the part, the kernel and the remedy`()
    async throws
  {
    let fleet = try Fleet { $0.worker = .path((try? EvilPlugin.worker(without: "__NR_landlock_create_ruleset")) ?? "") }
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    let reason = try #require(try await fleet.settled("Test").state.reason)
    #expect(reason.hasPrefix("\(fleet.folder)/libTest.so: the sandbox is required and Linux "), "\(reason)")
    #expect(reason.contains("files (Landlock): Function not implemented; use Linux 5.13 or newer"), "\(reason)")
    #expect(reason.contains(#"set "sandbox": "available""#), "\(reason)")
    await fleet.stop()
  }

  @Test func `where the operator allows it, it serves with what there is, and that is shown`() async throws {
    let fleet = try Fleet {
      $0.worker = .path((try? EvilPlugin.worker(without: "__NR_landlock_create_ruleset")) ?? "")
      $0.sandbox.isRequired = false
    }
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    let lines = try #require(await fleet.router.status("test")?.sandbox?.lines)
    #expect(lines[SandboxPart.files.rawValue].missing == "Function not implemented")
    #expect(lines[SandboxPart.systemCalls.rawValue].isConfirmed == true)
    await fleet.stop()
  }

  @Test func `a plugin that does its own networking needs the operator's word`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(#"EXTRA=",\"network\":\"direct\"""#), as: "libTest.so")
    await fleet.router.scan()
    let reason = try await fleet.settled("Test").state.reason
    #expect(reason?.contains(#"add "test" to direct_plugins in the configuration"#) == true, "\(reason ?? "")")
    await fleet.stop()
  }

  @Test func `with it, the plugin serves from a worker that has sockets, and is shown for what it is`() async throws {
    let fleet = try Fleet { $0.sandbox.direct = ["test"] }
    try await fleet.drop(TestPlugin.build(#"EXTRA=",\"network\":\"direct\"""#), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("version").text == "1.0.0")
    let report = try #require(await fleet.router.status("test")?.sandbox)
    #expect(report.isDirect)
    #expect(report.lines[SandboxPart.systemCalls.rawValue].note?.contains("AF_INET and AF_INET6 are allowed") == true)
    await fleet.stop()
  }

  @Test func `the last end is kept with signal and call`() async throws {
    let fleet = try Fleet()
    try await fleet.drop(TestPlugin.build(), as: "libTest.so")
    await fleet.router.scan()
    guard case .crashed(let words) = await fleet.call("crash", verb: .poll) else {
      return _ = Issue.record("it did not crash")
    }
    #expect(words.contains("killed by signal 11 (SIGSEGV) during poll"), "\(words)")
    await fleet.counts { $0.lastEnd != nil }
    let end = try #require(await fleet.router.status("test")?.lastEnd)
    #expect(end.reason == "its worker was killed by signal 11 (SIGSEGV) in poll, call 1")
    #expect(end.signal == 11 && end.calls == ["poll"] && end.crash?.verb == .poll)
    await fleet.stop()
  }

  @Test func `a loader cache gives folders, and nothing that would open the whole system`() {
    func cache(_ paths: [String]) -> [UInt8] {
      var bytes = Array("glibc-ld.so.cache1.1".utf8)
      bytes.append(uint32: UInt32(paths.count))
      bytes += [UInt8](repeating: 0, count: 24)
      var strings: [UInt8] = []
      for path in paths {
        bytes += [UInt8](repeating: 0, count: 8)
        bytes.append(uint32: UInt32(48 + 24 * paths.count + strings.count))
        bytes += [UInt8](repeating: 0, count: 12)
        strings += Array(path.utf8) + [0]
      }
      return bytes + strings
    }
    let paths = ["/lib/a.so", "/lib/b.so", "/opt/x/c.so", "/d.so", "e.so", "/opt/with:colon/f.so"]
    #expect(LibraryFolders.cached(cache(paths)) == ["/lib", "/opt/x"])
    #expect(LibraryFolders.cached(Array(cache(paths).prefix(100))) == [])
    #expect(LibraryFolders.cached([]) == [])
    #expect(!LibraryFolders.standard().isEmpty && !LibraryFolders.standard().contains("/"))
  }

  @Test func `a group that was delegated is split between host and workers`() throws {
    let mount = try temporaryDirectory()
    defer { try? FileManager.default.removeItem(atPath: mount) }
    let own = mount + "/unit.service"
    try FileManager.default.createDirectory(atPath: own + "/slipway-host", withIntermediateDirectories: true)
    for file in [
      "/cgroup.controllers", "/unit.service/cgroup.subtree_control", "/unit.service/slipway-host/cgroup.procs",
    ] {
      try Data().write(to: URL(filePath: mount + file))
    }
    try Data("cpu memory pids".utf8).write(to: URL(filePath: own + "/cgroup.controllers"))
    #expect(
      WorkerGroups.prepare(mount: mount, own: "0::/unit.service\n", delegated: { _ in false }).reason
        == "the control group \(own) was not delegated to the host")
    let groups = WorkerGroups.prepare(mount: mount, own: "0::/unit.service\n", delegated: { $0 == own })
    #expect(groups.reason == nil)
    #expect(try String(contentsOfFile: own + "/cgroup.subtree_control", encoding: .utf8) == "+memory +pids")
    #expect(try String(contentsOfFile: own + "/slipway-host/cgroup.procs", encoding: .utf8) == "0")
    #expect(
      WorkerGroups.prepare(mount: mount + "/none", own: "0::/x\n").reason == "there is no cgroup v2 at \(mount)/none")
    #expect(WorkerGroups.prepare(own: "4:memory:/x\n").reason?.hasPrefix("there is no cgroup v2") == true)
  }
}

extension Result where Failure == WorkerGroupsAbsent {
  /// Why there are none, or nil.
  fileprivate var reason: String? { if case .failure(let absent) = self { absent.reason } else { nil } }
}
