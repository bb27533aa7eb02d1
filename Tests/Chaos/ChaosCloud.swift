import Control
import Foundation
import HTTP
import Synchronization
import System

/// A cloud as the chaos meets it.
struct CloudKind: Sendable {
  /// Id of the plugin, name of the simulator, and of the account.
  let id: String
  /// The plugin's file.
  let library: String
  /// Where the API's paths begin.
  let base: String
  /// Path of machines below `base`.
  let machines: String
  /// A placement that it takes.
  let placement: PlacementView
  /// How it says no to a create: members of a fault's rule.
  let no: String

  static let all = [
    CloudKind(
      id: "hetzner", library: "libHetzner.so", base: "/v1", machines: "/servers",
      placement: PlacementView(account: "hetzner", type: "cx22", location: "fsn1", image: "debian-12"),
      no: #""status":412,"code":"resource_unavailable","message":"error during placement""#),
    CloudKind(
      id: "digitalocean", library: "libDigitalOcean.so", base: "/v2", machines: "/droplets",
      placement: PlacementView(account: "digitalocean", type: "s-1vcpu-1gb", location: "fra1", image: "debian-12"),
      no: #""status":422,"code":"unprocessable_entity","message":"The size is currently not available in this region.""#
    ),
    CloudKind(
      id: "vultr", library: "libVultr.so", base: "/v2", machines: "/instances",
      placement: PlacementView(account: "vultr", type: "vc2-1c-1gb", location: "ams", image: "debian-12"),
      no: #""status":400,"message":"Server add failed: Plan is not available in the selected region.""#),
  ]
}

/// One server on a cloud's bill.
struct Billed: Decodable, Sendable {
  var id: String
  var labels: [String: String]
  var createdMs: Int64
  var deletedMs: Int64?
  /// Why it ended; nil while it stands.
  var end: String?
  var seconds: Int64

  private enum CodingKeys: String, CodingKey {
    case id, labels, end, seconds
    case createdMs = "created_ms"
    case deletedMs = "deleted_ms"
  }

  /// Which of these its labels name, however the cloud's plugin writes them.
  func owner(among resources: Set<String>) -> String? {
    let words = labels.flatMap { [$0.key, $0.value] }
      .flatMap { $0.uppercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) } }
    return words.lazy.map(String.init).first { resources.contains($0) }
  }
}

/// A simulator in a process of its own. What it was asked to do wrong, and what it bills.
final class ChaosCloud: Sendable {
  let kind: CloudKind
  let url: String
  private let process: ChildProcess
  private let client: HTTPClient
  private let read = Mutex(0)

  /// Starts it beside this program and waits until it listens.
  init(_ kind: CloudKind, programs: String, on reactor: Reactor) throws {
    self.kind = kind
    let (reader, writer) = try Descriptor.pipe()
    process = try SpawnPlan(
      program: .path("\(programs)/slipway-sim"),
      arguments: [
        "slipway-sim", kind.id, "--fast", "--listen", "127.0.0.1:0", "--print-address", "--token", "secret",
      ], descriptors: [1: writer, 2: writer]
    ).spawn()
    writer.close()
    var text = ""
    while !text.contains("\n"), case .bytes(let bytes) = try reader.receive(atMost: 4096) {
      text += String(decoding: bytes, as: UTF8.self)
    }
    guard let range = text.range(of: "http://[^\\s]+", options: .regularExpression),
      let port = URL(string: String(text[range]))?.port, let number = UInt16(exactly: port),
      let address = SocketAddress("127.0.0.1", port: number)
    else { throw Wrong("the simulator of \(kind.id) did not say where it listens: \(text)") }
    url = String(text[range])
    client = HTTPClient(.tcp(address), on: reactor)
  }

  func end() { process.signalGroup(SIGKILL) }

  /// Adds a fault to its menu, as `/_sim/faults` takes it.
  func befall(_ fault: String) async throws { _ = try await ask("POST", "faults", fault) }

  /// Nothing goes wrong any more.
  func calm() async throws { _ = try await ask("DELETE", "faults") }

  /// Everything that it ever billed.
  func bill() async throws -> [Billed] {
    struct Ledger: Decodable { var servers: [Billed] }
    return try JSONDecoder().decode(Ledger.self, from: Data(try await ask("GET", "ledger"))).servers
  }

  /// What went wrong with requests since the last call, counted by what the rules' marks say.
  func hits() async throws -> [String: Int] {
    struct Entry: Decodable { var number: Int, status: Int?, fault: String? }
    struct Log: Decodable { var log: [Entry] }
    let log = try JSONDecoder().decode(Log.self, from: Data(try await ask("GET", "requests", query: "limit=10000"))).log
    let last = read.withLock { last in
      defer { last = log.last?.number ?? last }
      return last
    }
    var hits: [String: Int] = [:]
    for entry in log where entry.number > last {
      guard let fault = entry.fault else { continue }
      let status = entry.status ?? 0
      hits[fault == "respond" ? status < 500 ? "respond no" : "respond \(status)" : fault, default: 0] += 1
    }
    return hits
  }

  private func ask(_ method: String, _ path: String, _ body: String = "", query: String = "") async throws -> [UInt8] {
    let answer = try await client.send(
      HTTPRequest(method: method, path: "/_sim/\(path)", query: query, body: Array(body.utf8)))
    guard answer.status == 200 else {
      throw Wrong("\(kind.id): \(path) \(body): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    }
    return answer.body
  }
}
