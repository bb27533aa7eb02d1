import HTTP

extension HetznerCloud {
  private static let createRules: [FieldRule] = [
    FieldRule("name", .string(1...253), required: true), FieldRule("server_type", .nameOrID, required: true),
    FieldRule("image", .nameOrID, required: true), FieldRule("location", .nameOrID),
    FieldRule("ssh_keys", .array(.nameOrID), nullable: true), FieldRule("user_data", .string(0...1_000_000)),
    FieldRule("labels", .stringMap, nullable: true), FieldRule("start_after_create", .boolean, nullable: true),
    FieldRule("automount", .boolean, nullable: true), FieldRule("volumes", .array(.integer), nullable: true),
    FieldRule("networks", .array(.integer), nullable: true),
    FieldRule("firewalls", .array(.object([FieldRule("firewall", .integer, required: true)])), nullable: true),
    FieldRule("placement_group", .integer, nullable: true),
    FieldRule(
      "public_net",
      .object([
        FieldRule("enable_ipv4", .boolean), FieldRule("enable_ipv6", .boolean),
        FieldRule("ipv4", .integer, nullable: true), FieldRule("ipv6", .integer, nullable: true),
      ]), nullable: true),
  ]

  /// POST /servers, its checks in the order of the observed API: shape, references, uniqueness, quota, stock.
  mutating func createServer(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    try call.check(HetznerCloud.createRules)
    let labels = try call.labels() ?? [:]
    let userData = call.body["user_data"]?.string ?? ""
    if userData.utf8.count > 32_768 { throw .invalid("user_data", "is too long (maximum is 32768 bytes)") }
    for field in ["volumes", "networks", "firewalls"] where !(call.body[field]?.array ?? []).isEmpty {
      throw .invalid(field, "not found")
    }
    if call.body["placement_group"]?.int != nil { throw .invalid("placement_group", "not found") }
    let net = call.body["public_net"]
    for field in ["ipv4", "ipv6"] where net?[field]?.int != nil { throw .invalid("public_net.\(field)", "not found") }
    let name = call.body["name"]?.string ?? ""
    guard HetznerLabels.isHostName(name) else { throw .invalid("name", "is not a valid hostname") }

    let type = try wantedType(call)
    let image = try wantedImage(call, type)
    let keys = try wantedKeys(call)
    let offers = try wantedOffers(call, type)
    if case .stockOut(let ms) = call.fault {
      for offer in offers {
        setStock(type: type.name, location: offer.location) { $0.available = false }
        frame.plan(.restocked(type: type.name, location: offer.location), at: call.now + ms)
      }
    }

    try checkName(name, call, except: nil)
    let mine = frame.world.servers.rows.lazy.filter { $0.project == call.project }.count
    if Int64(mine) >= frame.world.settings.serverLimit { throw .limit("server_limit") }
    let sold = frame.world.catalog.type(type.name)?.offers ?? []
    guard let place = offers.first(where: { offer in sold.contains { $0.location == offer.location && $0.available } })
    else { throw .outOfStock() }

    return try make(
      HetznerOrder(
        name: name, labels: labels, type: type, image: image, keys: keys, userData: userData, location: place.location,
        ipv4: net?["enable_ipv4"]?.bool ?? true, ipv6: net?["enable_ipv6"]?.bool ?? true,
        start: call.body["start_after_create"]?.bool ?? true), call)
  }

  private func wantedType(_ call: HetznerCall) throws(HetznerError) -> HetznerServerType {
    guard let type = frame.world.catalog.type(call.key("server_type")) else {
      throw .invalid("server_type", wording: "server type not found")
    }
    return type
  }

  private func wantedImage(_ call: HetznerCall, _ type: HetznerServerType) throws(HetznerError) -> HetznerImage {
    let images = frame.world.catalog.images(call.key("image"))
    guard !images.isEmpty else { throw .invalid("image", wording: "image not found") }
    guard let image = images.first(where: { $0.architecture == type.architecture }) else {
      throw .invalid("image", wording: "image has incompatible architecture")
    }
    guard isUsable(image, call.now) else { throw .invalid("image", wording: "image is deprecated") }
    return image
  }

  private func wantedKeys(_ call: HetznerCall) throws(HetznerError) -> [HetznerKey] {
    var keys: [HetznerKey] = []
    for item in call.body["ssh_keys"]?.array ?? [] {
      let wanted = item.string ?? item.int.map { String($0) } ?? ""
      let found = frame.world.keys.rows.first {
        $0.project == call.project && ($0.name == wanted || String($0.id) == wanted)
      }
      guard let found else { throw .invalid("ssh_keys", wording: "SSH key not found") }
      keys.append(found)
    }
    return keys
  }

  /// Where the type can be placed, best first, stock aside.
  private func wantedOffers(
    _ call: HetznerCall, _ type: HetznerServerType
  ) throws(HetznerError) -> [HetznerServerType.Offer] {
    let sold = type.offers.filter { isSold($0, call.now) }
    guard call.body["location"] != nil else {
      if sold.isEmpty { throw .invalid("server_type", wording: "server type is deprecated") }
      return sold
    }
    guard let location = frame.world.catalog.location(call.key("location")) else {
      throw .invalid("location", wording: "location not found")
    }
    let here = sold.filter { $0.location == location.name }
    if here.isEmpty { throw .invalid("location", wording: "unsupported location for server type") }
    return here
  }

  /// Makes the server and plans how it comes up.
  private mutating func make(_ order: HetznerOrder, _ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let id = frame.world.freshID()
    var v4: HetznerServer.Address?
    if order.ipv4 {
      v4 = allocate(v6: false, server: id, location: order.location, call)
      if v4 == nil { throw .outOfStock("no free IPv4 address in location") }
    }
    let v6 = order.ipv6 ? allocate(v6: true, server: id, location: order.location, call) : nil
    var server = HetznerServer(
      id: id, project: call.project, name: order.name, labels: order.labels, status: .initializing, created: call.now,
      type: order.type.name, location: order.location, image: order.image, ipv4: v4, ipv6: v6,
      userData: order.userData, authorizedKeys: order.keys.map(\.line))
    let action = begin("create_server", on: id, call)
    let next = order.start ? begin("start_server", on: id, call) : nil
    server.busy = action.id
    if case .hidden(let ms) = call.fault { server.visibleFrom = call.now + ms }
    frame.world.servers[id] = server
    frame.ledger.open(
      BillingLedger.Entry(
        id: String(id), project: call.project, name: order.name, labels: order.labels, type: order.type.name,
        location: order.location, created: call.now))
    planCreation(id, action.id, next?.id, call)
    return HTTPResponse(
      status: 201,
      json: [
        "server": show(server), "action": show(action), "next_actions": .array(next.map { [show($0)] } ?? []),
        "root_password": order.keys.isEmpty ? .string(frame.random.hex(20)) : .null,
      ])
  }

  private mutating func planCreation(_ id: Int64, _ action: Int64, _ next: Int64?, _ call: HetznerCall) {
    let whole = frame.random.draw(frame.world.settings.create)
    switch call.fault {
    case .createFails(let ms, let code, let message):
      let actions = [action] + (next.map { [$0] } ?? [])
      frame.plan(.failed(server: id, actions: actions, code: code, message: message), at: call.now + ms)
    case .actionFails(let code, let message):
      let failure = HetznerAction.Failure(code: code, message: message)
      frame.plan(.finished(server: id, action: action, becomes: .off, failure: failure), at: call.now + whole)
      if let next {
        frame.plan(.finished(server: id, action: next, becomes: nil, failure: failure), at: call.now + whole)
      }
    default:
      frame.plan(.created(server: id, action: action, next: next), at: call.now + whole - whole / 8)
      if let next {
        frame.plan(.finished(server: id, action: next, becomes: .running, failure: nil), at: call.now + whole)
      }
    }
  }
}

/// A server that may be made.
private struct HetznerOrder {
  let name: String
  let labels: [String: String]
  let type: HetznerServerType
  let image: HetznerImage
  let keys: [HetznerKey]
  let userData: String
  let location: String
  let ipv4: Bool
  let ipv6: Bool
  let start: Bool
}

extension HetznerCall {
  /// A name, or an id in digits, in the body.
  func key(_ field: String) -> String { body[field]?.string ?? body[field]?.int.map { String($0) } ?? "" }
}
