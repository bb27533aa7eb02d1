import CloudTable
import Control
import Foundation
import System
import Testing

/// A recipe's life through the real command and a real host.
@Suite struct RecipeSessionTests {
  @Test(.timeLimit(.minutes(5)))
  func `a recipe is added, offered, kept by a resource, and removed when nothing needs it`() async throws {
    let scratch = try Scratch()
    _ = try scratch.plugins(SimulatedProvider.hetzner.library)
    let cloud = try await SimulatedCloud()
    let host = try await ServedHost(scratch)
    try await host.setUp(cloud)
    func slipway(_ words: String...) async throws -> String {
      try await scratch.run(Built.path("slipway"), words + ["--socket", "\(scratch.path)/control.sock"])
    }
    let file = "\(scratch.path)/web.sh"
    let script = """
      #!/bin/sh
      # slipway-description: A web server
      # slipway-input: PORT integer default=80
      # slipway-input: PASSWORD string secret required
      set -eu
      echo one

      """
    try script.write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await slipway("recipe", "add", "web", file).contains("web@1 added"))
    #expect(try await slipway("recipe", "add", "web", file).contains("is there already"))
    try (script + "rm -rf /\n").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await slipway("recipe", "add", "web", file).contains("was not taken: line 7: rm removes /"))
    try script.replacingOccurrences(of: "one", with: "two").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try await slipway("recipe", "add", "web", file).contains("web@2 added"))
    #expect(try await slipway("recipe", "diff", "web@1", "web@2").contains("-echo one\n+echo two"))
    #expect(try await slipway("recipe", "add", "db", "--template", "postgresql").contains("db@1 added"))

    let place = cloud.provider.placement
    let line = ["\(place.account)/\(place.type)/\(place.location)", place.image]
    let offered = try await slipway(
      "offering", "add", "webs", "--placement", line[0], "--image", line[1], "--recipe", "web@1", "--input", "PORT=81")
    #expect(offered.contains("web@1") && offered.contains("PORT=81"))
    #expect(try await !slipway("offering", "list", "--has-recipe", "true").contains("small"))
    #expect(try await slipway("provision", "webs", "--no-wait").contains("inputs.PASSWORD is required"))
    #expect(
      try await slipway("provision", "webs", "--no-wait", "--input", "PORT=82").contains(
        "is settled by the offering already"))
    let secret = "\(scratch.path)/secret"
    try "hunter2-hunter2\n".write(toFile: secret, atomically: true, encoding: .utf8)
    let accepted = try await slipway(
      "provision", "webs", "--no-wait", "--tenant", "joe", "--input-file", "PASSWORD=\(secret)")
    let id = try #require(accepted.split(separator: "\n").first?.split(separator: " ").last.map(String.init))
    let shown = try await slipway("resource", "show", id)
    #expect(shown.contains("web@1") && shown.contains("PASSWORD (sealed)") && !shown.contains("hunter2"), "\(shown)")
    #expect(try await slipway("recipe", "rate", "web@1", "4", "--tenant", "joe").contains("4.0 of 5 (1)"))
    #expect(
      try await slipway("recipe", "rate", "web@2", "4", "--tenant", "joe").contains(
        "has no resource that was made with web@2"))
    #expect(try await slipway("recipe", "remove", "web").contains("still needed by offerings webs"))
    _ = try await slipway("offering", "remove", "webs")
    #expect(try await slipway("recipe", "remove", "web").contains("still needed by resources \(id)"))

    // Nothing of the secret is on the disk in the open, and all of the rest is there after a restart.
    await host.end()
    for name in try FileManager.default.subpathsOfDirectory(atPath: "\(scratch.path)/state") {
      let bytes = FileManager.default.contents(atPath: "\(scratch.path)/state/\(name)") ?? Data()
      #expect(bytes.range(of: Data("hunter2".utf8)) == nil, "\(name)")
    }
    let again = try await ServedHost(scratch)
    #expect(try await slipway("recipe", "versions", "web").contains("4.0 of 5 (1)"))
    #expect(try await slipway("recipe", "show", "web@2", "--script").contains("echo two"))
    #expect(try await slipway("terminate", id).contains("terminated"))
    #expect(try await slipway("recipe", "remove", "web").contains("removed"))
    await again.end()
  }
}
