import HTTP

/// A path of the API that the simulator knows.
enum HetznerRoute: Hashable {
  case servers, server(Int64), serverActions(Int64), serverAction(Int64, Int64), perform(Int64, Verb)
  case actions, action(Int64)
  case keys, key(Int64)
  case types, type(Int64)
  case locations, location(Int64)
  case images, image(Int64)
  case addresses, address(Int64)
  case pricing, datacenters

  /// What can be done to a server.
  enum Verb: String, Hashable {
    case poweron, poweroff, shutdown, reboot, reset
    case changeProtection = "change_protection"
  }

  init?(path: String) {
    var parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst().map(String.init)
    guard parts.first == "v1" else { return nil }
    parts.removeFirst()
    let id = parts.count > 1 ? HetznerRoute.id(parts[1]) : nil
    switch (parts.first, parts.count, id) {
    case ("servers", 1, _): self = .servers
    case ("servers", 2, .some(let id)): self = .server(id)
    case ("servers", 3, .some(let id)) where parts[2] == "actions": self = .serverActions(id)
    case ("servers", 4, .some(let id)) where parts[2] == "actions":
      if let action = HetznerRoute.id(parts[3]) {
        self = .serverAction(id, action)
      } else if let verb = Verb(rawValue: parts[3]) {
        self = .perform(id, verb)
      } else {
        return nil
      }
    case ("actions", 1, _): self = .actions
    case ("actions", 2, .some(let id)): self = .action(id)
    case ("ssh_keys", 1, _): self = .keys
    case ("ssh_keys", 2, .some(let id)): self = .key(id)
    case ("server_types", 1, _): self = .types
    case ("server_types", 2, .some(let id)): self = .type(id)
    case ("locations", 1, _): self = .locations
    case ("locations", 2, .some(let id)): self = .location(id)
    case ("images", 1, _): self = .images
    case ("images", 2, .some(let id)): self = .image(id)
    case ("primary_ips", 1, _): self = .addresses
    case ("primary_ips", 2, .some(let id)): self = .address(id)
    case ("pricing", 1, _): self = .pricing
    case ("datacenters", 1...2, _): self = .datacenters
    default: return nil
    }
  }

  private static func id(_ text: String) -> Int64? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
    return Int64(text)
  }
}

/// One request of a project, taken apart.
struct HetznerCall {
  let method: String
  let path: String
  let project: String
  let now: Int64
  let fault: Fault.Kind?
  let items: [HTTPQueryItem]
  let body: JSON

  init(_ request: HTTPRequest, project: String, now: Int64, fault: Fault.Kind?) throws(HetznerError) {
    method = request.method
    path = request.path
    self.project = project
    self.now = now
    self.fault = fault
    guard let items = request.queryItems else { throw .invalid("query", "is not valid percent-encoding") }
    self.items = items
    if request.body.isEmpty || method == "GET" || method == "DELETE" {
      body = [:]
    } else {
      guard let parsed = JSON(parsing: request.body) else { throw .badJSON }
      body = parsed
    }
  }

  /// All values of a name in the query.
  func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

  /// First value of a name in the query.
  func first(_ name: String) -> String? { items.first { $0.name == name }?.value }

  /// Refuses a body that does not keep the rules.
  func check(_ rules: [FieldRule]) throws(HetznerError) {
    let problems = FieldRule.check(body, rules)
    if !problems.isEmpty { throw .invalid(problems) }
  }

  /// The labels of the body; nil where it has none.
  func labels() throws(HetznerError) -> [String: String]? {
    guard let members = body["labels"]?.members else { return nil }
    let labels = Dictionary(members.map { ($0.name, $0.value.string ?? "") }) { first, _ in first }
    let problems = HetznerLabels.problems(labels)
    if !problems.isEmpty { throw .invalid(problems) }
    return labels
  }

  /// The label selector of the query; everything where it has none.
  func selector() throws(HetznerError) -> LabelSelector {
    guard let selector = LabelSelector(first("label_selector") ?? "") else {
      throw .invalid("label_selector", "is not a valid label selector")
    }
    return selector
  }
}
