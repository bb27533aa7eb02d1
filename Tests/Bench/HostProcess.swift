import Foundation
import HTTP
import System

/// `slipway serve` in a process of its own, with a state directory that goes with it.
final class HostProcess: Sendable {
  let directory: String
  private let process = Process()
  private let client: HTTPClient
  private let reactor: Reactor
  private let isOwner: Bool

  /// Starts the release build that lies beside this program, and waits until its plugin serves. A folder that is named
  /// belongs to the caller, and may hold the state of a host before.
  init(on reactor: Reactor, plugin: String = "libHetzner.so", in folder: String? = nil) async throws {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    directory = folder ?? "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    isOwner = folder == nil
    self.reactor = reactor
    let plugins = "\(directory)/plugins"
    if !FileManager.default.fileExists(atPath: plugins) {
      try FileManager.default.createDirectory(atPath: plugins, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(programs)/\(plugin)", toPath: "\(plugins)/\(plugin)")
    }
    process.executableURL = URL(filePath: "\(programs)/slipway")
    process.arguments = [
      "serve", "--state", "\(directory)/state", "--socket", "\(directory)/control.sock", "--plugins", plugins,
    ]
    process.standardError = FileHandle.nullDevice
    client = HTTPClient(.unix(path: "\(directory)/control.sock"), on: reactor)
    try process.run()
    let deadline = Clock.monotonic() + 20_000_000_000
    while true {
      if let plugins = try? await ask("GET", "/v1/plugins?settled=true"), plugins.contains("\"serving\"") { return }
      guard process.isRunning, Clock.monotonic() < deadline else {
        throw Unmeasured("`slipway serve` did not come to serve its plugin within 20 s")
      }
      try await reactor.sleep(for: .milliseconds(50))
    }
  }

  deinit {
    stop()
    if isOwner { try? FileManager.default.removeItem(atPath: directory) }
  }

  /// Ends it in an orderly way; its state stays.
  func stop() {
    guard process.isRunning else { return }
    process.terminate()
    process.waitUntilExit()
  }

  /// Asks again and again until the answer holds a text.
  func wait(for text: String, in path: String, seconds: UInt64) async throws {
    let deadline = Clock.monotonic() + seconds * 1_000_000_000
    while !(try await ask("GET", path)).contains(text) {
      guard Clock.monotonic() < deadline else { throw Unmeasured("\(path) did not hold \(text) within \(seconds) s") }
      try await reactor.sleep(for: .milliseconds(200))
    }
  }

  var pid: Int32 { process.processIdentifier }

  /// Sends a request to the control API; throws unless it is answered with 2xx.
  @discardableResult
  func ask(
    _ method: String, _ path: String, _ body: String = "", query: String = "", key: String? = nil
  ) async throws -> String {
    var headers = [HTTPField("host", "localhost")]
    if !body.isEmpty { headers.append(HTTPField("content-type", "application/json")) }
    if let key { headers.append(HTTPField("idempotency-key", key)) }
    let answer = try await client.send(
      HTTPRequest(method: method, path: path, query: query, headers: headers, body: Array(body.utf8)),
      timeout: .seconds(120))
    let text = String(decoding: answer.body, as: UTF8.self)
    guard (200..<300).contains(answer.status) else {
      throw Unmeasured("\(method) \(path) was answered \(answer.status): \(text)")
    }
    return text
  }

  /// Reads a resource's events until one holds a text; the instant at which that came, of the monotonic clock.
  func waitOnStream(of resource: String, for text: String) async throws -> UInt64 {
    let answer = try await client.open(
      HTTPRequest(
        method: "GET", path: "/v1/resources/\(resource)/events", query: "stay=true",
        headers: [HTTPField("host", "localhost")]))
    while let line = try await answer.nextLine() {
      if line.contains(text) { return Clock.monotonic() }
    }
    throw Unmeasured("the events of \(resource) ended without \(text)")
  }

  /// Seconds of processor time that the host and its workers have used.
  func processorSeconds() throws -> Double {
    try ProcessFacts.children(called: "slipway-worker", of: pid).reduce(try ProcessFacts.processorSeconds(pid)) {
      try $0 + ProcessFacts.processorSeconds($1)
    }
  }

  /// Adds an account of the cloud and an offering of its name.
  func add(_ name: String, token: String, url: String) async throws {
    try await ask(
      "POST", "/v1/accounts",
      #"{"name":"\#(name)","plugin":"hetzner","credential":"\#(token)","endpoints":{"api":{"url":"\#(url)"}}}"#)
    try await ask(
      "POST", "/v1/offerings",
      #"{"name":"\#(name)","readiness":"cloud","placements":[{"account":"\#(name)","type":"cx23","location":"fsn1","image":"debian-12"}]}"#
    )
  }
}
