import EngineFixture
import Foundation
import Glibc
import System
import Testing

/// The tool that makes the suites' engines: it leaves nothing, whenever it is told to end.
@Suite(.dockerEngine) struct DockerToolTests {
  private struct Running {
    let folder: String
    let child: Child
    let hold: Descriptor
  }

  private func run() throws -> Running {
    let folder = "/tmp/slipway-tool-\(UUID().uuidString.prefix(8).lowercased())"
    let (reader, writer) = try Descriptor.pipe()
    let child = try Child(Engine.tool, ["run", folder], input: reader)
    reader.close()
    return Running(folder: folder, child: child, hold: writer)
  }

  /// What an engine of that process has left.
  private func left(by running: Running) async throws -> [String] {
    let groups = try await Scratch().run(
      "/usr/bin/find", "/sys/fs/cgroup", "-name", "slipway-engine-\(running.child.pid)*")
    let folder = FileManager.default.fileExists(atPath: running.folder) ? [running.folder] : []
    return folder + groups.split(separator: "\n").map(String.init)
  }

  @Test(.timeLimit(.minutes(3)))
  func `signals that come while it is ending change nothing: its folder and its group go`() async throws {
    _ = try Engine.needed()
    let running = try run()
    #expect(await running.child.printed(until: "ready").contains("ready"))
    #expect(FileManager.default.fileExists(atPath: running.folder))
    let ended = Task { await running.child.ended() }
    let ticks = Task {
      while !Task.isCancelled {
        running.child.signal(SIGTERM)
        try await Child.reactor.sleep(for: .milliseconds(20))
      }
    }
    _ = await ended.value
    ticks.cancel()
    #expect(try await left(by: running) == [])
    running.hold.close()
  }

  @Test(.timeLimit(.minutes(3)), arguments: [0, 30, 100, 300, 1_000])
  func `one that is told to end while it starts leaves nothing either`(afterMs: Int) async throws {
    _ = try Engine.needed()
    let running = try run()
    try await Child.reactor.sleep(for: .milliseconds(afterMs))
    running.child.signal(SIGTERM)
    _ = await running.child.ended()
    #expect(try await left(by: running) == [])
    running.hold.close()
  }

  @Test(.timeLimit(.minutes(1)))
  func `a folder that is there already is refused and stays`() async throws {
    _ = try Engine.needed()
    let scratch = try Scratch()
    try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/file"))
    let child = try Child(Engine.tool, ["run", scratch.path])
    _ = await child.ended()
    #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/file"))
  }
}
