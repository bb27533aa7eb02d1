import Control
import EngineFixture
import Foundation
import System
import Testing

/// Networks of a real engine that an offering may name, and the namespaces that it may not.
@Suite(.dockerEngine) struct DockerNetworkTests {
  private func refusal(_ host: ServedHost, _ offering: String) async throws -> ControlFailure? {
    let answer = await host.ask("POST", "/v1/offerings/\(offering)/validate", as: ValidationView.self)
    return try #require(try answer?.get().placements.first).failure
  }

  @Test(.timeLimit(.minutes(5)))
  func `an offering is held against the engine's networks, and a container joins the one that it names`() async throws {
    let scene = try DockerScene()
    let network = "tenants-\(UUID().uuidString.prefix(8).lowercased())"
    _ = try await scene.engine.docker("network", "create", network)
    _ = try await scene.engine.docker("network", "create", "--internal", "\(network)-in")
    let whole = try await scene.engine.docker("network", "inspect", "--format", "{{.Id}}", "host")
    #expect(whole.count == 64)
    let host = try await scene.host()
    try await scene.setUp(host, readiness: "cloud", config: .object(["network": .string(network)]))
    let names = [
      "nosuchnet", "host", "Host", whole, String(whole.prefix(12)), network.uppercased(), "\(network)-in",
      "container:\(String(repeating: "ab", count: 32))",
    ]
    for (number, name) in names.enumerated() {
      // A name that the schema refuses does not become an offering in the first place.
      let offering = NewOffering(
        name: "bad-\(number)", placements: [try await scene.placement()], config: .object(["network": .string(name)]))
      guard case .success? = await host.ask("POST", "/v1/offerings", offering, as: OfferingView.self) else { continue }
      let failure = try await refusal(host, "bad-\(number)")
      #expect(failure?.code == .invalidSpec, "\(name): \(failure as Any)")
      let violation = failure?.violations?.first
      #expect(violation?.path == "placements[0].config.network")
      #expect(violation?.allowed.contains("bridge") == true && violation?.allowed.contains(network) == true)
      #expect(violation?.allowed.contains { ["host", "none", "\(network)-in"].contains($0) } == false)
    }

    #expect(try await refusal(host, "small") == nil)
    let made = try await scene.made(host)
    let story = await scene.story(host, made.id)
    #expect(made.state == "active", "\(story)")
    let joined = try await scene.engine.docker(
      "inspect", "--format", "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}", made.externalId ?? "")
    #expect(joined == network)
    #expect(try await scene.ended(host, made.id).state == "terminated")

    // Gone since it was validated: nothing is made.
    _ = try await scene.engine.docker("network", "rm", network, "\(network)-in")
    let failed = try await scene.made(host, "two")
    #expect(failed.state == "failed" && failed.failure?.code == .invalidSpec, "\(failed.failure as Any)")
    await host.end()
  }
}
