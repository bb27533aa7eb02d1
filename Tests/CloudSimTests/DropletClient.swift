import CloudSim
import HTTP

/// A client of the pure DigitalOcean with a clock of its own.
final class DropletClient {
  var cloud: DigitalOceanCloud
  var now: Int64 = 1_790_000_000_000
  var token = "secret"

  init(_ settings: DigitalOceanSettings = .realistic, seed: UInt64 = 1) {
    cloud = DigitalOceanCloud(token: "secret", settings: settings, seed: seed, start: 1_790_000_000_000)
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
    let seen = send(method, path.hasPrefix("/_sim") ? path : "/v2" + path, body).seen
    return Answer(status: seen?.status, json: seen?.json, headers: seen?.headers ?? [])
  }

  /// Lets milliseconds pass.
  func wait(_ ms: Int64) { now += ms }

  /// Puts a fault in force through the admin endpoint.
  func fault(_ json: JSON) -> Int? { call("POST", "/_sim/faults", json).status }

  /// Makes a droplet and returns its id.
  @discardableResult
  func create(_ name: String = "web", _ more: [(String, JSON)] = []) -> Int64? {
    call("POST", "/droplets", DropletClient.order(name, more)).json?["droplet"]?["id"]?.int
  }

  /// What a POST /v2/droplets with these changes is refused with; empty where it is not.
  func refusal(_ more: [(String, JSON?)]) -> String {
    var body = DropletClient.order()
    for (field, value) in more { body[field] = value }
    let answer = call("POST", "/droplets", body)
    return answer.status == 202 ? "" : "\(answer.status ?? 0) \(answer.id ?? "") \(answer.text ?? "")"
  }

  /// Body of a POST /v2/droplets that is in order.
  static func order(_ name: String = "web", _ more: [(String, JSON)] = []) -> JSON {
    var body: JSON = ["name": .string(name), "size": "s-1vcpu-1gb", "image": "debian-12-x64", "region": "fra1"]
    for (field, value) in more { body[field] = value }
    return body
  }

  /// Makes a droplet and waits until it is active and shows its tags.
  func active(_ name: String = "web", _ more: [(String, JSON)] = []) -> Int64 {
    let id = create(name, more) ?? 0
    wait(40_000)
    return id
  }

  /// The droplet as the API shows it; nil where it is gone.
  func droplet(_ id: Int64) -> JSON? { call("GET", "/droplets/\(id)").json?["droplet"] }

  /// Status of a droplet as the API shows it; nil where it is gone.
  func status(_ id: Int64) -> String? { droplet(id)?["status"]?.string }

  /// Names of the droplets that a listing has.
  func names(_ query: String = "") -> [String] { call("GET", "/droplets" + query).names("droplets") }
}

extension Answer {
  /// Slug of a DigitalOcean error.
  var id: String? { json?["id"]?.string }
  /// Message of a DigitalOcean error.
  var text: String? { json?["message"]?.string }
  /// `links.pages` of a DigitalOcean listing.
  var pages: JSON? { json?["links"]?["pages"] }
  /// `meta.total` of a DigitalOcean listing.
  var total: Int64? { json?["meta"]?["total"]?.int }
}
