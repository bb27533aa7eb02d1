import CloudSim
import HTTP

/// A client of the pure cloud with a clock of its own.
final class Client {
  var cloud: HetznerCloud
  var now: Int64 = 1_790_000_000_000
  var token = "secret"

  init(_ settings: HetznerSettings = .realistic, seed: UInt64 = 1) {
    cloud = HetznerCloud(token: "secret", settings: settings, seed: seed, start: 1_790_000_000_000)
  }

  /// Sends a request; a target may hold a query.
  func send(_ method: String, _ target: String, _ body: JSON? = nil) -> SimReply {
    let parts = target.split(separator: "?", maxSplits: 1)
    let request = HTTPRequest(
      method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
      headers: token.isEmpty ? [] : [HTTPField("authorization", "Bearer \(token)")], body: body?.bytes ?? [])
    return cloud.handle(request, at: now)
  }

  /// Sends a request to the API and returns its status and body; nil for both where nothing arrives.
  func call(_ method: String, _ path: String, _ body: JSON? = nil) -> Answer {
    let seen = send(method, path.hasPrefix("/_sim") ? path : "/v1" + path, body).seen
    return Answer(status: seen?.status, json: seen?.json, headers: seen?.headers ?? [])
  }

  /// Lets milliseconds pass.
  func wait(_ ms: Int64) { now += ms }

  /// Puts a fault in force through the admin endpoint.
  func fault(_ json: JSON) -> Int? { call("POST", "/_sim/faults", json).status }

  /// Makes a server and returns its id.
  @discardableResult
  func create(_ name: String = "web", _ more: [(String, JSON)] = []) -> Int64? {
    call("POST", "/servers", Client.order(name, more)).json?["server"]?["id"]?.int
  }

  /// Body of a POST /servers that is in order.
  static func order(_ name: String = "web", _ more: [(String, JSON)] = []) -> JSON {
    var body: JSON = ["name": .string(name), "server_type": "cx23", "image": "debian-12", "location": "fsn1"]
    for (field, value) in more { body[field] = value }
    return body
  }

  /// Makes a server and waits until it runs.
  func running(_ name: String = "web") -> Int64 {
    let id = create(name) ?? 0
    wait(30_000)
    return id
  }

  /// Status of a server as the API shows it; nil where it is gone.
  func status(_ id: Int64) -> String? { call("GET", "/servers/\(id)").json?["server"]?["status"]?.string }

  static let keyA =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ1rX7ZNYhPmgsmxLtTxnZsqYQ0zSGKCMY8VzYRCZYEr one@example"
  static let keyB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
}

/// What a client sees of an answer.
struct Answer {
  let status: Int?
  let json: JSON?
  let headers: [HTTPField]

  var code: String? { json?["error"]?["code"]?.string }
  var message: String? { json?["error"]?["message"]?.string }
  /// Names in error.details.fields.
  var fields: [String] { (json?["error"]?["details"]?["fields"]?.array ?? []).compactMap { $0["name"]?.string } }
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
  func names(_ root: String) -> [String] { (json?[root]?.array ?? []).compactMap { $0["name"]?.string } }
  var page: JSON? { json?["meta"]?["pagination"] }
}
