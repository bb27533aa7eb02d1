import CloudTable
import EngineFixture
import Foundation
import HTTP
import System

/// What was built beside the tests.
enum Built {
  /// The folder of programs and plugins: where the test bundle lies.
  static let folder: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
  }()

  /// A program or plugin by its file name.
  static func path(_ name: String) -> String { "\(folder)/\(name)" }
}

/// A folder that goes with the test.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = "/tmp/slipway-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs a program to its end and gives what it printed on standard output.
  func run(_ program: String, _ arguments: String...) async throws -> String {
    try await run(program, arguments)
  }

  /// The same with a list of arguments.
  func run(_ program: String, _ arguments: [String]) async throws -> String {
    let child = try Child(program, arguments)
    return await child.printed(until: "\u{0}")
  }

  /// Makes an SSH key pair.
  func sshKey() async throws -> (file: String, publicKey: String) {
    let file = "\(path)/id_ed25519"
    _ = try await run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    let text = try String(contentsOfFile: "\(file).pub", encoding: .utf8)
    return (file, text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Makes a folder with a copy of a plugin in it.
  func plugins(_ names: String...) throws -> String {
    let folder = "\(path)/plugins"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in names { try FileManager.default.copyItem(atPath: Built.path(name), toPath: "\(folder)/\(name)") }
    return folder
  }
}

/// A simulated cloud in a process of its own; it ends with the test.
final class SimulatedCloud: Sendable {
  let provider: SimulatedProvider
  let url: String
  private let child: Child
  private let client: HTTPClient

  init(_ provider: SimulatedProvider = .hetzner, _ arguments: [String] = ["--fast"]) async throws {
    self.provider = provider
    child = try Child(
      Built.path("slipway-sim"),
      [provider.id, "--listen", "127.0.0.1:0", "--print-address", "--token", "secret"] + arguments)
    let text = await child.printed(until: "\n")
    guard let range = text.range(of: "http://[^\\s]+", options: .regularExpression),
      let port = URL(string: String(text[range]))?.port,
      let address = SocketAddress("127.0.0.1", port: UInt16(port))
    else { throw ScratchError("the simulator did not say where it listens: \(text)") }
    url = String(text[range])
    client = HTTPClient(.tcp(address), on: Child.reactor)
  }

  /// Asks the simulator's own endpoint.
  func admin(_ path: String, method: String = "GET", body: String = "") async throws -> [String: Any] {
    let request = HTTPRequest(method: method, path: "/_sim/\(path)", body: Array(body.utf8))
    let response = try await client.send(request)
    return (try? JSONSerialization.jsonObject(with: Data(response.body))) as? [String: Any] ?? [:]
  }

  /// Asks the cloud's own API, as somebody else with the account's token would.
  func call(_ method: String, _ path: String, _ body: String = "") async throws -> Int {
    let headers = [
      HTTPField("authorization", "Bearer secret"), HTTPField("content-type", "application/json"),
    ]
    let request = HTTPRequest(method: method, path: provider.base + path, headers: headers, body: Array(body.utf8))
    return try await client.send(request).status
  }

  /// Waits until something is so; it is asked now and after every request that the cloud has acted on.
  func waits(until isSo: () async throws -> Bool) async throws {
    let request = HTTPRequest(method: "GET", path: "/_sim/requests/stream")
    let requests = try await client.open(request, timeout: .seconds(600))
    while try await requests.nextLine() != nil { if try await isSo() { return } }
    throw ScratchError("the simulator ended")
  }

  /// Servers ever made, and those that are not deleted.
  func bill() async throws -> (made: Int, open: [String]) {
    let servers = try await admin("ledger")["servers"] as? [[String: Any]] ?? []
    let open = servers.filter { !($0["deleted_ms"] is Int) }
    return (servers.count, open.compactMap { $0["id"] as? String })
  }
}

struct ScratchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
