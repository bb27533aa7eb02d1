import EngineFixture
import Foundation
import System

/// A registry of images in the engine's network: Debian's docker-registry, on files of its own.
final class Registry: Sendable {
  let port: Int
  private let child: Child

  init(_ scene: DockerScene) async throws {
    // The network is the engine's own: nothing else listens in it but what the suite starts.
    port = 5_000
    let file = "\(scene.scratch.path)/registry.yml"
    try """
    version: 0.1
    log: {level: info}
    storage: {filesystem: {rootdirectory: \(scene.scratch.path)/registry}}
    http: {addr: 127.0.0.1:\(port)}
    """.write(toFile: file, atomically: true, encoding: .utf8)
    child = try Child(
      "/usr/bin/nsenter",
      ["--net=/proc/\(scene.engine.network)/ns/net", "/usr/bin/docker-registry", "serve", file])
    let said = await child.printed(until: "listening on")
    guard said.contains("listening on") else { throw ScratchError("the registry does not start: \(said)") }
  }

  func end() async {
    child.signal(15)
    await child.ended()
  }
}
