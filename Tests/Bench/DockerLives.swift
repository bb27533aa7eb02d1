import Foundation
import HTTP
import Synchronization
import System

/// Containers on a real Docker engine: what the real host asks of it for each life, counted between the two.
///
/// There is no target. An engine's containers are made in three steps (create, files in, start), and it has no realistic delays
/// to be measured with: containers run within a second, so that fewer of them share a look than VMs do.
enum DockerLives {
  private static let count = 20
  private static let spacingMs = 250
  private static let lifeMs = 10_000

  /// The row; none where no engine can run, which is said on standard error.
  static func figures(on reactor: Reactor) async throws -> [Figure] {
    guard let engine = try BenchEngine() else { return [] }
    let counter = try RequestCounter(of: engine.socket, at: "\(engine.folder)/counted.sock", on: reactor)
    let host = try await HostProcess(on: reactor, plugin: "libDocker.so")
    try await host.ask(
      "POST", "/v1/accounts",
      #"{"name":"box","plugin":"docker","endpoints":{"api":{"unix_socket":"\#(counter.socket)"}}}"#)
    let place = try await counter.name()
    try await host.ask(
      "POST", "/v1/offerings",
      #"{"name":"box","readiness":"cloud","placements":[{"account":"box","type":"c1-m64","location":"\#(place)","image":"slipway-test:1"}]}"#
    )
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<count {
        group.addTask {
          try await reactor.sleep(for: .milliseconds(number * spacingMs))
          try await live(number, host, reactor)
        }
      }
      try await group.waitForAll()
    }
    let left = try await counter.containers()
    await counter.stop()
    let counts = counter.counts.sorted { $0.key < $1.key }
    let kinds = counts.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    return [
      Figure(
        "docker: \(count) containers on a real engine, API requests for each life",
        Double(counts.reduce(0) { $0 + $1.value }) / Double(count), "/container",
        reference: "no target: the engine's API takes three requests to make a container; \(left) left; \(kinds)")
    ]
  }

  private static func live(_ number: Int, _ host: HostProcess, _ reactor: Reactor) async throws {
    let accepted = try await host.ask("POST", "/v1/resources", #"{"offering":"box"}"#, key: "life-\(number)")
    guard
      let members = try JSONSerialization.jsonObject(with: Data(accepted.utf8)) as? [String: Any],
      let id = members["resource_id"] as? String
    else { throw Unmeasured("an order was answered with \(accepted)") }
    try await rests(id, "active", host)
    try await reactor.sleep(for: .milliseconds(lifeMs))
    try await host.ask("DELETE", "/v1/resources/\(id)")
    try await rests(id, "terminated", host)
  }

  private static func rests(_ id: String, _ state: String, _ host: HostProcess) async throws {
    let events = try await host.ask("GET", "/v1/resources/\(id)/events", query: "since=0")
    guard events.split(separator: "\n").last?.contains("\"state\":\"\(state)\"") == true else {
      throw Unmeasured("a container did not become \(state): \(events.suffix(500))")
    }
  }
}

/// A Docker engine of the bench's own, in namespaces; it ends with this value.
private final class BenchEngine {
  let folder = "/tmp/slipway-bench-engine-\(UUID().uuidString.prefix(8).lowercased())"
  var socket: String { "\(folder)/docker.sock" }
  private let process = Process()
  private let hold = Pipe()

  /// Starts it and waits until it serves; nil where none can run.
  init?() throws {
    // Of the tree in which the bench is run, not of the one in which it was compiled: the tool keeps its image there.
    let tool = "Tests/Tools/docker-engine"
    guard FileManager.default.isExecutableFile(atPath: tool) else {
      Self.say("\(tool) is not below \(FileManager.default.currentDirectoryPath); run it from the source tree")
      return nil
    }
    let output = Pipe()
    process.executableURL = URL(filePath: tool)
    process.arguments = ["run", folder]
    process.standardInput = hold
    process.standardOutput = output
    try process.run()
    var said = ""
    while !said.contains("ready\n"), !said.contains("skipped: ") {
      let piece = output.fileHandleForReading.availableData
      if piece.isEmpty { break }
      said += String(decoding: piece, as: UTF8.self)
    }
    if said.contains("ready\n") { return }
    process.waitUntilExit()
    Self.say(said.isEmpty ? "it ended" : said)
    return nil
  }

  private static func say(_ why: String) {
    FileHandle.standardError.write(Data("slipway-bench: no row for docker: \(why)\n".utf8))
  }

  deinit {
    try? hold.fileHandleForWriting.close()
    process.waitUntilExit()
  }
}

/// A socket in front of an engine's that counts the requests.
private final class RequestCounter: Sendable {
  let socket: String
  private let client: HTTPClient
  private let server: HTTPServer
  private let seen: Seen

  private final class Seen: Sendable {
    let counts = Mutex<[String: Int]>([:])
  }

  init(of engine: String, at socket: String, on reactor: Reactor) throws {
    self.socket = socket
    let client = HTTPClient(.unix(path: engine), on: reactor)
    let seen = Seen()
    (self.client, self.seen) = (client, seen)
    server = try HTTPServer(
      .unix(path: socket), on: reactor, options: HTTPServerOptions(limits: HTTPLimits(body: 16 << 20))
    ) { request, _ in
      seen.counts.withLock { $0[Self.kind(request), default: 0] += 1 }
      guard let answer = try? await client.send(request, timeout: .seconds(60)) else { return .abort() }
      return .whole(answer)
    }
  }

  /// Method and path, without the API's version and with `{id}` for an id or a name of ours.
  private static func kind(_ request: HTTPRequest) -> String {
    var words = request.path.split(separator: "/").map(String.init)
    if let first = words.first, first.hasPrefix("v1.") { words.removeFirst() }
    let path = words.map { word in
      word.count == 64 && word.allSatisfy(\.isHexDigit) || word.hasPrefix("slipway-") ? "{id}" : word
    }
    return "\(request.method) /\(path.joined(separator: "/"))"
  }

  var counts: [String: Int] { seen.counts.withLock { $0 } }

  /// The engine's own name, which is its location.
  func name() async throws -> String {
    guard let name = try await object("/info", "")["Name"] as? String else {
      throw Unmeasured("the engine has no name")
    }
    return name
  }

  /// How many containers it has.
  func containers() async throws -> Int { try await object("/info", "")["Containers"] as? Int ?? -1 }

  private func object(_ path: String, _ query: String) async throws -> [String: Any] {
    let request = HTTPRequest(method: "GET", path: path, query: query, headers: [HTTPField("host", "docker")])
    let answer = try await client.send(request)
    return try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any] ?? [:]
  }

  func stop() async { await server.stop(grace: .zero) }
}
