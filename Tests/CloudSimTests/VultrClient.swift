import CloudSim
import HTTP

/// A client of the pure cloud with a clock of its own.
final class VultrClient {
  var cloud: VultrCloud
  var now: Int64 = 1_790_000_000_000
  var token = "secret"
  /// Where requests come from; nil leaves that to the settings.
  var source: String?

  init(_ settings: VultrSettings = .realistic, seed: UInt64 = 1) {
    cloud = VultrCloud(token: "secret", settings: settings, seed: seed, start: 1_790_000_000_000)
  }

  /// Sends a request; a target may hold a query.
  func send(_ method: String, _ target: String, _ body: JSON? = nil) -> SimReply {
    let parts = target.split(separator: "?", maxSplits: 1)
    var headers = token.isEmpty ? [] : [HTTPField("authorization", "Bearer \(token)")]
    if let source { headers.append(HTTPField("x-sim-source", source)) }
    let request = HTTPRequest(
      method: method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "", headers: headers,
      body: body?.bytes ?? [])
    return cloud.handle(request, at: now)
  }

  /// Sends a request to the API and returns its status and body; nil for both where nothing arrives.
  func call(_ method: String, _ path: String, _ body: JSON? = nil) -> VultrAnswer {
    let seen = send(method, path.hasPrefix("/_sim") ? path : "/v2" + path, body).seen
    return VultrAnswer(status: seen?.status, json: seen?.json, headers: seen?.headers ?? [])
  }

  /// Lets milliseconds pass.
  func wait(_ ms: Int64) { now += ms }

  /// Puts a fault in force through the admin endpoint.
  func fault(_ json: JSON) -> Int? { call("POST", "/_sim/faults", json).status }

  /// Makes an instance and returns its id.
  @discardableResult
  func create(_ label: String = "web", _ more: [(String, JSON)] = []) -> String? {
    call("POST", "/instances", VultrClient.order(label, more)).json?["instance"]?["id"]?.string
  }

  /// Body of a POST /instances that is in order.
  static func order(_ label: String = "web", _ more: [(String, JSON)] = []) -> JSON {
    var body: JSON = ["region": "ewr", "plan": "vc2-1c-1gb", "os_id": 2136, "label": .string(label)]
    for (field, value) in more { body[field] = value == .null ? nil : value }
    return body
  }

  /// Makes an instance and waits until it is installed and answers.
  func running(_ label: String = "web", _ more: [(String, JSON)] = []) -> String {
    let id = create(label, more) ?? ""
    wait(60_000)
    return id
  }

  /// An instance as the API shows it; nil where it is gone.
  func instance(_ id: String) -> JSON? { call("GET", "/instances/\(id)").json?["instance"] }

  /// `status`, `power_status`, `server_status` and `main_ip` of an instance.
  func state(_ id: String) -> [String] {
    let seen = instance(id)
    return ["status", "power_status", "server_status", "main_ip"].compactMap { seen?[$0]?.string }
  }

  /// Labels of all instances that a query finds, sorted.
  func labels(_ query: String = "") -> [String] {
    call("GET", "/instances" + (query.isEmpty ? "" : "?" + query)).texts("instances", "label").sorted()
  }
}

/// What a client sees of an answer.
struct VultrAnswer {
  let status: Int?
  let json: JSON?
  let headers: [HTTPField]

  /// The cloud's words.
  var error: String? { json?["error"]?.string }
  /// What the simulator adds for whoever looks for a mistake.
  var problem: String? { headers.first { $0.name == "x-sim-problem" }?.value }
  var total: Int64? { json?["meta"]?["total"]?.int }
  var next: String? { json?["meta"]?["links"]?["next"]?.string }
  var previous: String? { json?["meta"]?["links"]?["prev"]?.string }
  func texts(_ root: String, _ field: String) -> [String] {
    (json?[root]?.array ?? []).compactMap { $0[field]?.string }
  }
}
