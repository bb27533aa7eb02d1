import Control
import EngineFixture
import Foundation
import System
import Testing

/// A host with the Docker plugin in a worker, on the suite's engine.
final class DockerScene: Sendable {
  let engine: Engine
  let scratch: Scratch
  /// Where the account's endpoint is.
  private let socket: String
  private let configuration: String?

  /// Makes the folder; cancels the test where there is no engine. With `gate` the account goes through one.
  init(gate: ((Engine, Scratch) throws -> EngineGate)? = nil, configuration: String? = nil) throws {
    engine = try Engine.needed()
    self.configuration = configuration
    scratch = try Scratch()
    _ = try scratch.plugins("libDocker.so")
    socket = try gate?(engine, scratch).socket ?? engine.socket
  }

  /// Starts a host on the scene's state.
  func host(_ environment: [String: String] = [:]) async throws -> ServedHost {
    try await ServedHost(scratch, environment: environment, configuration: configuration, network: engine.network)
  }

  /// The account on the engine.
  func account(socket: String? = nil) -> NewAccount {
    NewAccount(
      name: "local", plugin: "docker", credential: nil,
      endpoints: ["api": EndpointOverride(unixSocket: socket ?? self.socket)])
  }

  /// Adds the account and an offering.
  func setUp(
    _ host: ServedHost, image: String = Engine.image, readiness: String = "ssh", type: String = "c1-m256",
    config: JSON = .object([:])
  ) async throws {
    try await host.serves()
    _ = try #require(await host.ask("POST", "/v1/accounts", account(), as: AccountView.self)).get()
    try await offer(host, "small", image: image, readiness: readiness, type: type, config: config)
  }

  /// Adds an offering.
  func offer(
    _ host: ServedHost, _ name: String, image: String = Engine.image, readiness: String = "ssh",
    type: String = "c1-m256", config: JSON = .object([:])
  ) async throws {
    let offering = NewOffering(
      name: name, placements: [try await placement(type, image)], config: config, readiness: readiness)
    _ = try #require(await host.ask("POST", "/v1/offerings", offering, as: OfferingView.self)).get()
  }

  /// A placement on the account.
  func placement(_ type: String = "c1-m256", _ image: String = Engine.image) async throws -> PlacementView {
    let place = try await engine.docker("info", "--format", "{{.Name}}")
    return PlacementView(account: "local", type: type, location: place, image: image)
  }

  /// Orders a machine of the offering and waits until it rests.
  func made(_ host: ServedHost, _ key: String = "one", keys: [String] = []) async throws -> ResourceView {
    let order = await host.ask(
      "POST", "/v1/resources", NewResource(offering: "small", sshKeys: keys), key: key, as: AcceptedView.self)
    let accepted = try #require(order).get()
    return try #require(await host.rest(accepted.resourceId))
  }

  /// Terminates a machine and waits for its end.
  func ended(_ host: ServedHost, _ id: String) async throws -> ResourceView {
    _ = try #require(await host.ask("DELETE", "/v1/resources/\(id)", as: AcceptedView.self)).get()
    return try #require(await host.rest(id))
  }

  /// The story of a resource, for a test's message.
  func story(_ host: ServedHost, _ id: String) async -> String {
    let entries = await host.ask("GET", "/v1/resources/\(id)/timeline", as: ListView<TimelineEntryView>.self)
    return ((try? entries?.get())?.items ?? []).map { "\($0.kind): \($0.text)" }.joined(separator: "\n")
  }
}

extension Engine {
  /// Runs a program in the engine's network.
  func inside(_ scratch: Scratch, _ program: String, _ arguments: [String]) async throws -> String {
    try await scratch.run("/usr/bin/nsenter", ["--net=/proc/\(network)/ns/net", program] + arguments)
  }
}
