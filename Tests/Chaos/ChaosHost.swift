import Control
import Foundation
import HTTP
import System

/// `slipway serve`, which is killed and started again on one state.
final class ChaosHost {
  let folder: String
  private let programs: String
  private let reactor: Reactor
  private let client: HTTPClient
  private var process: ChildProcess?

  /// Its files are below `folder`; nothing is started yet.
  init(folder: String, programs: String, on reactor: Reactor) throws {
    (self.folder, self.programs, self.reactor) = (folder, programs, reactor)
    client = HTTPClient(.unix(path: "\(folder)/control.sock"), on: reactor)
    try """
    { polling: { young_s: 1, old_s: 5, late_s: 5 }, workers: { restart_most_s: 2, restart_intensity: 1000 },
      reload: { probation_s: 1 } }
    """.write(toFile: "\(folder)/slipway.json5", atomically: true, encoding: .utf8)
    for kind in CloudKind.all {
      try FileManager.default.createDirectory(atPath: "\(folder)/plugins", withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(programs)/\(kind.library)", toPath: "\(folder)/plugins/\(kind.library)")
    }
  }

  /// Starts it, and waits until its plugins have settled.
  func start() async throws {
    let log = try Descriptor.open("\(folder)/host.log", O_WRONLY | O_CREAT | O_APPEND)
    process = try SpawnPlan(
      program: .path("\(programs)/slipway"),
      arguments: [
        "slipway", "serve", "--config", "\(folder)/slipway.json5", "--state", "\(folder)/state", "--socket",
        "\(folder)/control.sock", "--plugins", "\(folder)/plugins",
      ], environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], descriptors: [1: log, 2: log]
    ).spawn()
    let deadline = Clock.monotonic() + 30_000_000_000
    while try await ask("GET", "/v1/plugins", query: "settled=true", as: ListView<PluginView>.self) == nil {
      guard Clock.monotonic() < deadline else { throw Wrong("the host did not come to serve within 30 s") }
      try await reactor.sleep(for: .milliseconds(20))
    }
  }

  /// Sends it a signal.
  func signal(_ number: Int32) { process?.signal(number) }

  /// Kills it in a moment, whatever it does then.
  @discardableResult
  func kill(after wait: Duration) -> ReactorTimer? {
    guard let process else { return nil }
    return reactor.schedule(after: wait) { process.signal(SIGKILL) }
  }

  /// Kills it, and waits until it is gone.
  func kill() async throws { try await end(SIGKILL) }

  /// Ends it with a signal, and waits for that.
  func end(_ number: Int32) async throws {
    guard let process else { return }
    process.signal(number)
    let deadline = Clock.monotonic() + 30_000_000_000
    while process.reap() == nil {
      guard Clock.monotonic() < deadline else { throw Wrong("the host did not end within 30 s of signal \(number)") }
      try await reactor.sleep(for: .milliseconds(5))
    }
    self.process = nil
  }

  /// One request; nil: it got no answer, or an error that says so.
  func ask<Reply: Decodable>(
    _ method: String, _ path: String, _ body: (any Encodable)? = nil, query: String = "", key: String? = nil,
    as type: Reply.Type
  ) async throws -> Reply? {
    if let status = process?.reap() { throw Wrong("the host ended by itself: \(status)") }
    var headers: [HTTPField] = []
    if let key { headers.append(HTTPField("idempotency-key", key)) }
    if body != nil { headers.append(HTTPField("content-type", "application/json")) }
    let request = HTTPRequest(
      method: method, path: path, query: query, headers: headers, body: body.map { ControlCoding.encode($0) } ?? [])
    guard let answer = try? await client.send(request), (200..<300).contains(answer.status) else { return nil }
    return try? ControlCoding.decode(Reply.self, from: answer.body)
  }

  /// Waits for the events of a resource until it rests; nil where the stream ends first.
  func rest(_ id: String) async -> ResourceView? {
    let request = HTTPRequest(method: "GET", path: "/v1/resources/\(id)/events", query: "since=0")
    guard let answer = try? await client.open(request) else { return nil }
    while let line = try? await answer.nextLine() {
      guard let event = try? ControlCoding.decode(ResourceEvent.self, from: Array(line.utf8)) else { continue }
      if event.resting { return event.resource }
    }
    return nil
  }

  /// The end of its log, for people.
  var lastWords: String {
    let text = (try? String(contentsOfFile: "\(folder)/host.log", encoding: .utf8)) ?? ""
    return text.split(separator: "\n").suffix(15).joined(separator: "\n")
  }
}
