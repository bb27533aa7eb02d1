import HTTP

/// A path of the API that the simulator knows.
enum DigitalOceanRoute: Hashable {
  case account, keys, key(String)
  case droplets, droplet(Int64), dropletActions(Int64), dropletAction(Int64, Int64)
  case actions, action(Int64)
  case sizes, regions, images, image(String)

  init?(path: String) {
    var parts: [String] = []
    for part in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      guard let decoded = Percent.decoded(part) else { return nil }
      parts.append(decoded)
    }
    guard parts.first == "v2" else { return nil }
    parts.removeFirst()
    let id = parts.count > 1 ? DigitalOceanRoute.id(parts[1]) : nil
    switch (parts.first, parts.count, id) {
    case ("account", 1, _): self = .account
    case ("account", 2, _) where parts[1] == "keys": self = .keys
    case ("account", 3, _) where parts[1] == "keys" && !parts[2].isEmpty: self = .key(parts[2])
    case ("droplets", 1, _): self = .droplets
    case ("droplets", 2, .some(let id)): self = .droplet(id)
    case ("droplets", 3, .some(let id)) where parts[2] == "actions": self = .dropletActions(id)
    case ("droplets", 4, .some(let id)) where parts[2] == "actions":
      guard let action = DigitalOceanRoute.id(parts[3]) else { return nil }
      self = .dropletAction(id, action)
    case ("actions", 1, _): self = .actions
    case ("actions", 2, .some(let id)): self = .action(id)
    case ("sizes", 1, _): self = .sizes
    case ("regions", 1, _): self = .regions
    case ("images", 1, _): self = .images
    case ("images", 2, _) where !parts[1].isEmpty: self = .image(parts[1])
    default: return nil
    }
  }

  private static func id(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
  }
}

/// One request of a project, taken apart.
struct DigitalOceanCall {
  let method: String
  let path: String
  let project: String
  let now: Int64
  let fault: Fault.Kind?
  let scopes: Set<String>?
  let items: [HTTPQueryItem]
  let body: JSON

  init(_ request: HTTPRequest, _ token: SimToken, now: Int64, fault: Fault.Kind?) throws(DigitalOceanError) {
    method = request.method
    path = request.path
    project = token.project
    scopes = token.scopes
    self.now = now
    self.fault = fault
    guard let items = request.queryItems else { throw .invalid("the query is not valid percent-encoding") }
    self.items = items
    if method == "GET" || method == "DELETE" {
      body = [:]
    } else {
      guard let parsed = JSON(parsing: request.body) else { throw .badJSON }
      body = parsed
    }
  }

  /// First value of a name in the query.
  func first(_ name: String) -> String? { items.first { $0.name == name }?.value }

  /// Refuses a body that does not keep the rules.
  func check(_ rules: [FieldRule]) throws(DigitalOceanError) {
    guard let problem = FieldRule.check(body, rules).first else { return }
    throw .invalid(problem.field.isEmpty ? "the body \(problem.message)" : "\(problem.field) \(problem.message)")
  }
}
