import Control
import EngineFixture
import Foundation
import Glibc
import HTTP
import System

/// `slipway serve` in a process of its own, spoken to through its control socket.
final class ServedHost: Sendable {
  private let child: Child
  private let client: HTTPClient

  /// Starts it on the scratch folder's state and waits until it serves or has died; with `network` in that of another
  /// process, with `through` by the program and arguments that come before its own and become it.
  init(
    _ scratch: Scratch, environment: [String: String] = [:], configuration: String? = nil, network: Int32? = nil,
    through: [String] = []
  ) async throws {
    var options: [String] = []
    if let configuration {
      let file = "\(scratch.path)/slipway.json5"
      try configuration.write(toFile: file, atomically: true, encoding: .utf8)
      options = ["--config", file]
    }
    client = HTTPClient(.unix(path: "\(scratch.path)/control.sock"), on: Child.reactor)
    let program =
      (network.map { ["/usr/bin/nsenter", "--net=/proc/\($0)/ns/net"] } ?? through) + [Built.path("slipway")]
    child = try Child(
      program[0],
      Array(program.dropFirst()) + [
        "serve", "--state", "\(scratch.path)/state", "--socket", "\(scratch.path)/control.sock", "--plugins",
        "\(scratch.path)/plugins",
      ] + options, environment: environment)
    _ = await child.printed(until: "serves on")
  }

  /// Ends it as an operator would; how it ended.
  @discardableResult
  func end() async -> System.ExitStatus? {
    child.signal(SIGTERM)
    return await child.ended()
  }

  /// Waits until it has died by itself; how it ended.
  @discardableResult
  func died() async -> System.ExitStatus? { await child.ended() }

  /// Asks it to look at its plugin files again.
  func hangUp() { child.signal(SIGHUP) }

  /// What it has logged since it came to serve; after its end.
  func log() async -> String { await child.printed(until: "\u{0}") }

  /// Its process id.
  var pid: Int32 { child.pid }

  func kill() { child.signal(SIGKILL) }

  /// One request and its answer as it is; nil where the host is gone.
  func send(
    _ method: String, _ path: String, _ body: (any Encodable)? = nil, query: String = "", key: String? = nil
  ) async -> HTTPResponse? {
    var headers: [HTTPField] = []
    if let key { headers.append(HTTPField("idempotency-key", key)) }
    if body != nil { headers.append(HTTPField("content-type", "application/json")) }
    let request = HTTPRequest(
      method: method, path: path, query: query, headers: headers, body: body.map { ControlCoding.encode($0) } ?? [])
    return try? await client.send(request)
  }

  /// One request; nil where the host is gone.
  func ask<Reply: Decodable>(
    _ method: String, _ path: String, _ body: (any Encodable)? = nil, query: String = "", key: String? = nil,
    as type: Reply.Type
  ) async -> Result<Reply, ControlFailure>? {
    guard let response = await send(method, path, body, query: query, key: key) else { return nil }
    if let reply = try? ControlCoding.decode(Reply.self, from: response.body) { return .success(reply) }
    if let failure = try? ControlCoding.decode(ErrorEnvelope.self, from: response.body) {
      return .failure(failure.error)
    }
    return nil
  }

  /// Follows a resource until it rests; nil where the host is gone first.
  func rest(_ id: String) async -> ResourceView? { await follow(id, until: { _ in false }, resting: true) }

  /// Follows a resource until it is as wanted; nil where the host is gone first.
  func follow(_ id: String, until isWanted: (ResourceView) -> Bool) async -> ResourceView? {
    await follow(id, until: isWanted, resting: false)
  }

  private func follow(_ id: String, until isWanted: (ResourceView) -> Bool, resting: Bool) async -> ResourceView? {
    let request = HTTPRequest(
      method: "GET", path: "/v1/resources/\(id)/events", query: "since=0\(resting ? "" : "&stay=true")")
    guard let answer = try? await client.open(request, timeout: .seconds(200)) else { return nil }
    while let line = try? await answer.nextLine() {
      guard let event = try? ControlCoding.decode(ResourceEvent.self, from: Array(line.utf8)) else { continue }
      if isWanted(event.resource) || (resting && event.resting) { return event.resource }
    }
    return nil
  }

  /// Waits until the plugins are as wanted; it is asked now and after every change of one of them.
  func plugins(until isSo: ([PluginView]) async throws -> Bool) async throws {
    let request = HTTPRequest(method: "GET", path: "/v1/plugins", query: "watch=true")
    let lists = try await client.open(request, timeout: .seconds(600))
    while let line = try await lists.nextLine() {
      if try await isSo(ControlCoding.decode(ListView<PluginView>.self, from: Array(line.utf8)).items) { return }
    }
    throw ScratchError("the host ended before its plugins were as wanted")
  }

  /// Waits until every plugin serves; throws where one will not.
  func serves() async throws {
    try await plugins { plugins in
      if let refused = plugins.first(where: { $0.problem != nil }) {
        throw ScratchError("plugin \(refused.id) does not serve: \(refused.problem as Any)")
      }
      return !plugins.isEmpty && plugins.allSatisfy { $0.state == "serving" }
    }
  }

  /// Waits until one plugin is as wanted.
  func plugin(_ id: String, until isSo: (PluginView) -> Bool) async throws {
    try await plugins { $0.first { $0.id == id }.map(isSo) ?? false }
  }

  /// Adds the account and an offering on a simulated cloud.
  func setUp(_ cloud: any MetCloud, readiness: String = "cloud") async throws {
    try await serves()
    let account = await ask("POST", "/v1/accounts", cloud.account, as: AccountView.self)
    guard case .success? = account else { throw ScratchError("the account was not added: \(account as Any)") }
    let offering = await ask(
      "POST", "/v1/offerings",
      NewOffering(name: "small", placements: [cloud.placement], readiness: readiness), as: OfferingView.self)
    guard case .success? = offering else { throw ScratchError("the offering was not added: \(offering as Any)") }
  }

  func order(_ key: String) async -> Result<AcceptedView, ControlFailure>? {
    await ask("POST", "/v1/resources", NewResource(offering: "small"), key: key, as: AcceptedView.self)
  }
}
