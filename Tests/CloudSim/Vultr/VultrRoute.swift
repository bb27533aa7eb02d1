import HTTP

/// A path of the API that the simulator knows.
enum VultrRoute: Hashable {
  case account
  case regions, availability(String), plans, metalPlans, systems, applications
  case instances, instance(String), bulk(Verb), perform(String, Verb), reinstall(String)
  case userData(String), addresses(String)
  case metals
  case keys, key(String)
  case reservedIPs, reservedIP(String)

  /// What can be done to an instance.
  enum Verb: String, Hashable {
    case start, halt, reboot
  }

  init?(path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    guard parts.first == "v2" else { return nil }
    parts.removeFirst()
    guard !parts.contains("") else { return nil }
    switch (parts.first, parts.count) {
    case ("account", 1): self = .account
    case ("regions", 1): self = .regions
    case ("regions", 3) where parts[2] == "availability": self = .availability(parts[1])
    case ("plans", 1): self = .plans
    case ("plans-metal", 1): self = .metalPlans
    case ("os", 1): self = .systems
    case ("applications", 1): self = .applications
    case ("instances", 1): self = .instances
    case ("instances", 2): self = Verb(rawValue: parts[1]).map { .bulk($0) } ?? .instance(parts[1])
    case ("instances", 3):
      switch parts[2] {
      case "reinstall": self = .reinstall(parts[1])
      case "user-data": self = .userData(parts[1])
      case "ipv4": self = .addresses(parts[1])
      case let name:
        guard let verb = Verb(rawValue: name) else { return nil }
        self = .perform(parts[1], verb)
      }
    case ("bare-metals", 1): self = .metals
    case ("ssh-keys", 1): self = .keys
    case ("ssh-keys", 2): self = .key(parts[1])
    case ("reserved-ips", 1): self = .reservedIPs
    case ("reserved-ips", 2): self = .reservedIP(parts[1])
    default: return nil
    }
  }

  /// Whether a request needs no token: `"security": []` in vultr-v2.json.
  func isPublic(_ method: String) -> Bool {
    switch self {
    case .regions, .availability, .plans, .metalPlans, .systems, .applications: method == "GET"
    default: false
    }
  }

  /// Rights of which a request needs one; empty where any token will do.
  func rights(_ method: String) -> [String] {
    switch self {
    case .account, .regions, .availability, .plans, .metalPlans, .systems, .applications: []
    case .instances where method == "POST": ["provisioning"]
    case .keys, .key, .reservedIPs, .reservedIP:
      method == "GET" ? [] : ["provisioning", "subscriptions"]
    default: method == "GET" ? ["subscriptions_view", "subscriptions"] : ["subscriptions"]
    }
  }
}

/// One request of an account, taken apart.
struct VultrCall {
  let method: String
  let token: SimToken
  let now: Int64
  let fault: Fault.Kind?
  let items: [HTTPQueryItem]
  let body: JSON

  var project: String { token.project }
  var acls: Set<String> { VultrCall.acls(of: token) }

  /// All rights that there are; vultr-v2.json, GET /account.
  private static let everything: Set<String> = [
    "abuse", "alerts", "billing", "dns", "firewall", "loadbalancer", "manage_users", "objstore", "provisioning",
    "subscriptions", "subscriptions_view", "support", "upgrade",
  ]

  /// What a token may do.
  static func acls(of token: SimToken) -> Set<String> {
    token.readOnly ? ["subscriptions_view"] : token.scopes ?? everything
  }

  init(_ request: HTTPRequest, token: SimToken, now: Int64, fault: Fault.Kind?) throws(VultrError) {
    method = request.method
    self.token = token
    self.now = now
    self.fault = fault
    guard let items = request.queryItems else { throw .bad("query", "is not valid percent-encoding") }
    self.items = items
    if request.body.isEmpty || method == "GET" || method == "DELETE" {
      body = [:]
    } else {
      guard let parsed = JSON(parsing: request.body) else { throw .bad("body", "is not JSON") }
      body = parsed
    }
  }

  /// First value of a name in the query that is not empty: an empty filter filters nothing.
  func first(_ name: String) -> String? { items.first { $0.name == name && !$0.value.isEmpty }?.value }

  /// Refuses a body that does not keep the rules.
  func check(_ rules: [FieldRule]) throws(VultrError) {
    let problems = FieldRule.check(body, rules)
    if !problems.isEmpty { throw .bad(problems) }
  }

  /// The strings of an array in the body; nil where it has none.
  func strings(_ name: String) -> [String]? { body[name]?.array?.compactMap(\.string) }
}
