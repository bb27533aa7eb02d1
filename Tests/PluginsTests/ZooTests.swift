import Crypto
import EvilPlugins
import Foundation
import Plugins
import Synchronization
import System
import Testing

/// Each plugin of the zoo that a router can meet, with a bystander whose calls keep succeeding meanwhile.
@Suite struct ZooTests {
  @Test(.timeLimit(.minutes(2)), arguments: Animal.all)
  func `a plugin that misbehaves is told of, and hurts nobody else`(animal: Animal) async throws {
    let fleet = try Fleet { Self.configure(&$0) }
    let bystander = try await Bystander(fleet)
    try await animal.place(in: fleet)
    await fleet.router.rescan()
    if let request = animal.request {
      for round in 0..<animal.rounds {
        let outcome = await fleet.call(request, within: animal.within, http: Animal.endless)
        if round == animal.rounds - 1 || !animal.isOK(outcome) { #expect(animal.isOK(outcome), "\(outcome.shown)") }
      }
    }
    func found() async -> PluginStatus? {
      await fleet.router.statuses().first { $0.file.hasSuffix("libTest.so") }
    }
    let isSo = await fleet.settles { await found().map(animal.isExpected) ?? false }
    let status = await found()
    #expect(
      isSo,
      "\(status?.state.name ?? "none"): \(status?.state.reason ?? "no reason"); \(status?.lastEnd?.reason ?? "no end"); the log: \(fleet.logs.value.suffix(6).map(\.message))"
    )
    for text in animal.log {
      let told = await fleet.logs.becomes { $0.contains { $0.message.contains(text) } }
      #expect(told, "not told: \(text); the log: \(fleet.logs.value.suffix(8).map(\.message))")
    }
    for line in fleet.logs.value {
      #expect(line.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      #expect(line.fields.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
    }
    if animal.state == "serving" { #expect(await fleet.call("anything").text == "as ever") }
    try await bystander.end()
    await fleet.stop()
  }

  @Test(.timeLimit(.minutes(1))) func `crashes at every third start`() async throws {
    let fleet = try Fleet { Self.configure(&$0) }
    let bystander = try await Bystander(fleet)
    let root = try temporaryDirectory()
    let file = root + "/crash"
    try await fleet.drop(EvilPlugin.built("zoo", ["EVERY_THIRD=\"\(file)\""]), as: "libTest.so")
    await fleet.router.scan()
    #expect(await fleet.call("x").text == "as ever")
    for start in 2...7 {
      if start % 3 == 0 { try Data().write(to: URL(filePath: file)) }
      let count = fleet.logs.value.count
      let pid = try #require(await fleet.router.status("test")?.pid)
      kill(pid, SIGKILL)
      if start % 3 == 0 {
        #expect(
          await fleet.logs.becomes {
            $0.dropFirst(count).contains { $0.message.contains("(SIGABRT)") && $0.level == 3 }
          })
        unlink(file)
      }
      await fleet.until { $0.state == .serving && $0.pid != pid }
      #expect(await fleet.call("x").text == "as ever")
    }
    try await bystander.end()
    await fleet.stop()
    try FileManager.default.removeItem(atPath: root)
  }

  @Test(.timeLimit(.minutes(1))) func `is changed while it is read`() async throws {
    let fleet = try Fleet { Self.configure(&$0) }
    let bystander = try await Bystander(fleet)
    let files = [
      try await EvilPlugin.built("zoo", ["VERSION=\"2.0.0\""]),
      try await EvilPlugin.built("zoo", ["VERSION=\"3.0.0\""]),
    ]
    let images = try files.map { try Data(contentsOf: URL(filePath: $0)) }
    #expect(images[0].count == images[1].count, "a mixture would look whole")
    let path = fleet.folder + "/libTest.so"
    try images[0].write(to: URL(filePath: path))
    let end = End()
    let rounds = try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        // Written over in place, a piece at a time, as `cp` does.
        var round = 0
        while !end.isOver.load(ordering: .relaxed) {
          round += 1
          let handle = try FileHandle(forUpdating: URL(filePath: path))
          for start in stride(from: 0, to: images[0].count, by: 1000) {
            try handle.seek(toOffset: UInt64(start))
            try handle.write(contentsOf: images[round % 2].dropFirst(start).prefix(1000))
            await Task.yield()
          }
          try handle.close()
        }
        // Whole at last.
        try images[0].write(to: URL(filePath: path))
        return round
      }
      for _ in 0..<40 { await fleet.router.rescan() }
      end.isOver.store(true, ordering: .relaxed)
      return try await group.reduce(0, +)
    }
    #expect(rounds > 1)
    await fleet.until { $0.version == "2.0.0" && $0.state == .serving }
    #expect(await fleet.call("x").text == "as ever")
    let whole = Set(images.map { SHA256.hex($0) })
    let served = Set(fleet.states.value.filter { $0.file == path && $0.state == .serving }.map(\.sha256))
    #expect(served.isSubset(of: whole), "\(served) of \(whole)")
    try await bystander.end()
    await fleet.stop()
  }

  @Test func `the table of the documentation is the zoo's, and every row is tried`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/misbehaving-plugins.md"), encoding: .utf8)
    let lines = text.split(separator: "\n").map(String.init).filter {
      $0.hasPrefix("| ") && !$0.hasPrefix("| a plugin that … |")
    }
    #expect(lines == Zoo.all.map(\.line))
    #expect(Set(Zoo.all.map(\.does)).count == Zoo.all.count)
    let own = try String(contentsOf: URL(filePath: #filePath), encoding: .utf8)
    let tried = Set(Animal.all.map(\.does))
    for row in Zoo.rows(.router) {
      #expect(tried.contains(row.does) || own.contains("func `\(row.does)`"), "nobody tries: \(row.does)")
    }
    #expect(tried.isSubset(of: Set(Zoo.rows(.router).map(\.does))))
    for row in Zoo.all {
      guard case .test(let file, let name) = row.place else { continue }
      let source = try String(contentsOf: root.appending(path: file), encoding: .utf8)
      #expect(source.contains("func `\(name)"), "\(file) has no test \(name)")
    }
  }

  private static func configure(_ configuration: inout PluginsConfiguration) {
    configuration.handshake = .seconds(2)
    configuration.lateGrace = .milliseconds(100)
    configuration.killGrace = .milliseconds(300)
    configuration.pingAfter = .milliseconds(100)
    configuration.pingGrace = .milliseconds(1500)
    configuration.quarantineLoads = 3
    configuration.sandbox.memoryMiB = 96
  }
}

extension CallOutcome {
  /// For messages of tests: a long reply is cut.
  var shown: String { text.map { "replied \($0.prefix(100))" } ?? "\(self)" }
}

/// Whether a loop is to end.
private final class End: Sendable { let isOver = Atomic<Bool>(false) }

/// A plugin that behaves, called without pause.
private struct Bystander {
  private let fleet: Fleet
  private let task: Task<(calls: Int, failed: [CallOutcome]), Never>
  private let pid: Int32?

  init(_ fleet: Fleet) async throws {
    self.fleet = fleet
    try await fleet.drop(TestPlugin.build(#"ID="bystander""#), as: "libBystander.so")
    await fleet.router.scan()
    #expect(await fleet.call("version", plugin: "bystander").text == "1.0.0")
    pid = await fleet.router.status("bystander")?.pid
    task = Task {
      var (calls, failed) = (0, [CallOutcome]())
      while !Task.isCancelled {
        // Not cancelled with the loop: the last call too has to succeed.
        let outcome = await Task.detached { await fleet.call("version", plugin: "bystander") }.value
        calls += 1
        // Often, but not so that it alone keeps the machine busy.
        try? await fleet.reactor.sleep(for: .milliseconds(10))
        if outcome.text != "1.0.0" { failed.append(outcome) }
      }
      return (calls, failed)
    }
  }

  /// Every call succeeded, all in one worker.
  func end() async throws {
    task.cancel()
    let found = await task.value
    #expect(found.calls > 0 && found.failed == [])
    let status = try #require(await fleet.router.status("bystander"))
    #expect(status.state == .serving && status.restarts == 0 && status.pid == pid)
  }
}
