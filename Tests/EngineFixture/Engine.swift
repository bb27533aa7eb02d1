import Foundation
import System
package import Testing

/// A Docker engine of the tests' own, in namespaces of its own; `Tests/Tools/docker-engine` makes and ends it.
package final class Engine: Sendable {
  /// The suite's; nil where none can run.
  @TaskLocal package static var current: Engine?

  /// The suite's; cancels the test where none can run.
  package static func needed() throws -> Engine {
    if let current { return current }
    try Test.cancel("no Docker engine can run here")
  }

  /// Its socket.
  package let socket: String
  /// The image that its containers run: Debian with sshd, and a volume at /data.
  package static let image = "slipway-test:1"

  /// The program that makes and ends engines.
  package static let tool: String = {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return tests.appendingPathComponent("Tools/docker-engine").path
  }()

  /// Goes with the engine.
  package let folder: String
  private let child: Child
  /// The engine ends with the last copy of this, also when the tests are killed.
  private let hold: Descriptor

  private init(_ folder: String, _ child: Child, _ hold: Descriptor) {
    (self.folder, self.child, self.hold) = (folder, child, hold)
    socket = "\(folder)/docker.sock"
  }

  /// Starts one; says why where none can run.
  package static func start() async throws -> (engine: Engine?, why: String) {
    let folder = "/tmp/slipway-engine-\(UUID().uuidString.prefix(8).lowercased())"
    let (reader, writer) = try Descriptor.pipe()
    let child = try Child(tool, ["run", folder], input: reader)
    reader.close()
    let said = await child.printed(until: "ready")
    guard said.contains("ready") else {
      let line = said.split(separator: "\n").last { $0.hasPrefix("skipped: ") }
      return (nil, line.map { String($0.dropFirst(9)) } ?? "the engine ended: \(said.suffix(300))")
    }
    return (Engine(folder, child, writer), "")
  }

  /// Ends it, and says what it left.
  package func end() async -> [String] {
    hold.close()
    await child.ended()
    var left: [String] = []
    if FileManager.default.fileExists(atPath: folder) { left.append("the folder \(folder)") }
    let mounts = (try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)) ?? ""
    left += mounts.split(separator: "\n").filter { $0.contains(folder) }.map { "mounted: \($0)" }
    return left
  }

  /// The process in whose network its containers' ports are.
  package var network: Int32 { child.pid }

  /// Runs the engine's own client to its end.
  package func docker(_ arguments: String...) async throws -> String {
    try await docker(arguments)
  }

  /// The same with a list of arguments.
  package func docker(_ arguments: [String]) async throws -> String {
    let client = try Child("/usr/bin/docker", ["-H", "unix://\(socket)"] + arguments)
    return await client.printed(until: "\u{0}").trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What the engine's client shows of a container; nil where there is none.
  package func inspect(_ id: String) async throws -> [String: Any]? {
    let text = try await docker("inspect", "--type", "container", id)
    return ((try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [[String: Any]])?.first
  }
}

/// Runs one engine for a whole suite; where none can run, its tests are skipped and the reason is printed.
package struct EngineTrait: SuiteTrait, TestScoping {
  package var isRecursive: Bool { false }

  package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let (engine, why) = try await Engine.start()
    guard let engine else {
      print("Docker engine skipped: \(why)")
      return try await function()
    }
    do {
      try await Engine.$current.withValue(engine) { try await function() }
    } catch {
      _ = await engine.end()
      throw error
    }
    let left = await engine.end()
    if !left.isEmpty { Issue.record("the engine left \(left)") }
  }
}

extension Trait where Self == EngineTrait {
  /// The suite's tests share a Docker engine.
  package static var dockerEngine: EngineTrait { EngineTrait() }
}
