import Foundation
import Testing

/// The program `slipway-sim`, as a person starts it.
@Suite struct ServerProgramTests {
  @Test(arguments: ["nimbus", ""])
  func `A cloud that is not simulated is refused with those that are`(name: String) async throws {
    let program = try #require(Installed.simulator, "slipway-sim is not built")
    let said = try await program.run(name.isEmpty ? [] : [name])
    #expect(said.status == 2 && said.errors.contains("known are hetzner, digitalocean, vultr"), "\(said)")
  }

  @Test func `Help says which clouds there are`() async throws {
    let said = try await #require(Installed.simulator, "slipway-sim is not built").run("--help")
    #expect(said.status == 0 && said.output.contains("hetzner, digitalocean, vultr"), "\(said)")
  }

  @Test func `A configuration that makes no sense is refused before anything is served`() async throws {
    let scratch = try Scratch()
    let file = try scratch.file("config.json", #"{"settings": {"colour": 1}}"#)
    let said = try await #require(Installed.simulator).run("hetzner", "--config", file)
    #expect(said.status == 2 && said.errors.contains("colour: unknown field"), "\(said)")
  }
}
