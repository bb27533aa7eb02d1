import CloudTable
import Control
import EngineFixture
import Foundation
import Testing

/// A host, a cloud whose VMs run sshd, and the command.
struct RecipeStage {
  let scratch: Scratch
  let cloud: SimulatedCloud
  let host: ServedHost

  /// Starts them.
  init(configuration: String? = nil) async throws {
    scratch = try Scratch()
    _ = try scratch.plugins(SimulatedProvider.hetzner.library)
    cloud = try await SimulatedCloud(.hetzner, ["--fast", "--vms", "\(scratch.path)/vms"])
    host = try await ServedHost(scratch, configuration: configuration)
    try await host.setUp(cloud, readiness: "ssh")
  }

  /// The real command, to the stage's host.
  func slipway(_ words: String...) async throws -> String { try await slipway(words) }

  /// The same with a list of words.
  func slipway(_ words: [String]) async throws -> String {
    try await scratch.run(Built.path("slipway"), words + ["--socket", "\(scratch.path)/control.sock"])
  }

  /// Adds a recipe and an offering of that name.
  func offer(_ name: String, _ script: String, _ options: String...) async throws {
    let file = "\(scratch.path)/\(name).sh"
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    let added = try await slipway("recipe", "add", name, file)
    #expect(added.contains("\(name)@"), "\(added)")
    let place = cloud.provider.placement
    let shown = try await slipway(
      [
        "offering", "add", name, "--placement", "\(place.account)/\(place.type)/\(place.location)", "--image",
        place.image, "--recipe", name,
      ] + options)
    #expect(shown.contains("\(name)@1"), "\(shown)")
  }

  /// Orders one; its id.
  func order(_ offering: String, _ options: String...) async throws -> String {
    let text = try await slipway(["provision", offering, "--no-wait"] + options)
    return try #require(text.split(separator: "\n").first?.split(separator: " ").last.map(String.init), "\(text)")
  }
}
