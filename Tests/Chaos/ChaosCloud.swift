import Control
import Foundation
import HTTP
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

  static let all = [
    CloudKind(
      id: "hetzner", library: "libHetzner.so", base: "/v1", machines: "/servers",
      placement: PlacementView(account: "hetzner", type: "cx22", location: "fsn1", image: "debian-12")),
    CloudKind(
      id: "digitalocean", library: "libDigitalOcean.so", base: "/v2", machines: "/droplets",
      placement: PlacementView(account: "digitalocean", type: "s-1vcpu-1gb", location: "fra1", image: "debian-12")),
    CloudKind(
      id: "vultr", library: "libVultr.so", base: "/v2", machines: "/instances",
      placement: PlacementView(account: "vultr", type: "vc2-1c-1gb", location: "ams", image: "debian-12")),
  ]
}

/// One server on a cloud's bill.
struct Billed: Decodable, Sendable {
  var id: String
  var name: String
  var deletedMs: Int64?
  var seconds: Int64

  private enum CodingKeys: String, CodingKey {
    case id, name, seconds
    case deletedMs = "deleted_ms"
  }
}

/// A simulator in a process of its own. What it was asked to do wrong, and what it bills.
final class ChaosCloud: Sendable {
  let kind: CloudKind
  let url: String
  private let process: ChildProcess
  private let client: HTTPClient

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

  private func ask(_ method: String, _ path: String, _ body: String = "") async throws -> [UInt8] {
    let answer = try await client.send(
      HTTPRequest(method: method, path: "/_sim/\(path)", body: Array(body.utf8)))
    guard answer.status == 200 else {
      throw Wrong("\(kind.id): \(path) \(body): \(answer.status) \(String(decoding: answer.body, as: UTF8.self))")
    }
    return answer.body
  }
}

/// What a cloud can be made to do wrong.
enum FaultMenu {
  /// A rule for one of the cloud's paths, drawn by chance, and its name.
  static func draw(_ kind: CloudKind, _ chance: inout Chance) -> (name: String, rule: String) {
    let create = #""method":"POST","path":"\#(kind.base)\#(kind.machines)$""#
    let look = #""method":"GET","path":"\#(kind.base)\#(kind.machines)""#
    let end = #""method":"DELETE","path":"\#(kind.base)\#(kind.machines)/{}""#
    let any = #""path":"\#(kind.base)""#
    let ms = chance.number(50...3_000)
    let rules = [
      ("answer lost", #""kind":"drop_answer",\#(create)"#), ("answer lost", #""kind":"drop_answer",\#(end)"#),
      ("request lost", #""kind":"drop_unread",\#(any),"count":2"#),
      ("500", #""kind":"respond","status":500,\#(any),"count":2"#),
      ("503 and carried out", #""kind":"respond","status":503,"execute":true,\#(create)"#),
      ("429", #""kind":"rate_limit","seconds":2,\#(any)"#), ("delay", #""kind":"delay","ms":\#(ms),\#(any),"count":3"#),
      ("delay of a create", #""kind":"delay","ms":\#(ms),\#(create)"#),
      ("carried out later", #""kind":"late","ms":\#(ms + 2_000),\#(create)"#),
      ("carried out after the settle window", #""kind":"late","ms":75000,\#(create)"#),
      ("carried out twice", #""kind":"twice","ms":\#(ms),\#(create)"#),
      ("cut off", #""kind":"truncate","bytes":30,\#(any)"#), ("garbage", #""kind":"garbage",\#(any)"#),
      ("unknown fields", #""kind":"extra_fields",\#(any),"count":3"#),
      ("hidden", #""kind":"hidden","ms":\#(ms),\#(create)"#),
      ("create fails afterwards", #""kind":"create_fails","ms":\#(ms),\#(create)"#),
      ("out of stock", #""kind":"stock_out","ms":\#(ms),\#(create)"#),
      ("stale look", #""kind":"stale","ms":\#(ms),\#(look),"count":2"#), ("ignored end", #""kind":"ignore",\#(end)"#),
    ]
    let drawn = chance.pick(rules) ?? rules[0]
    return (drawn.0, "{\(drawn.1)}")
  }
}
