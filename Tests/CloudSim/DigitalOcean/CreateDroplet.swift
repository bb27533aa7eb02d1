import HTTP

extension DigitalOceanCloud {
  private static let createRules: [FieldRule] = [
    FieldRule("name", .string(1...255)), FieldRule("names", .array(.string(1...255))),
    FieldRule("region", .string(0...100)), FieldRule("size", .string(1...100), required: true),
    FieldRule("image", .nameOrID, required: true), FieldRule("ssh_keys", .array(.nameOrID), nullable: true),
    FieldRule("backups", .boolean),
    FieldRule(
      "backup_policy",
      .object([FieldRule("plan", .string(1...20)), FieldRule("weekday", .string(1...3)), FieldRule("hour", .integer)])),
    FieldRule("ipv6", .boolean), FieldRule("monitoring", .boolean),
    FieldRule("tags", .array(.string(1...255)), nullable: true),
    // Libcloud sends null where there is none, and works with the cloud.
    FieldRule("user_data", .string(0...1_000_000), nullable: true), FieldRule("private_networking", .boolean),
    FieldRule("volumes", .array(.string(1...100))), FieldRule("vpc_uuid", .string(0...100)),
    FieldRule("with_droplet_agent", .boolean), FieldRule("public_networking", .boolean),
  ]

  /// POST /v2/droplets: one `name`, or up to ten `names`; 202 says that it was ordered, not that it will be there.
  mutating func createDroplets(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    try call.check(DigitalOceanCloud.createRules)
    try call.demand(["image:read"])
    if call.body["ssh_keys"]?.array?.isEmpty == false { try call.demand(["ssh_key:read"]) }
    if call.body["tags"]?.array?.isEmpty == false { try call.demand(["tag:create"]) }
    let names = try wantedNames(call)
    let order = try order(call)
    let mine = frame.world.droplets.rows.lazy.filter { $0.project == call.project }.count
    if Int64(mine + names.count) > frame.world.settings.dropletLimit { throw .dropletLimit }

    var made: [JSON] = []
    var links: [JSON] = []
    for name in names {
      let (droplet, action) = try make(name, order, call)
      made.append(show(droplet, call))
      let link = "\(frame.world.settings.baseURL)/actions/\(action)"
      links.append(["id": .int(action), "rel": "create", "href": .string(link)])
    }
    let single = call.body["name"] != nil
    return HTTPResponse(
      status: 202,
      json: .object([
        .init(single ? "droplet" : "droplets", single ? made.first ?? .null : .array(made)),
        .init("links", ["actions": .array(links)]),
      ]))
  }

  private func wantedNames(_ call: DigitalOceanCall) throws(DigitalOceanError) -> [String] {
    let (one, several) = (call.body["name"]?.string, call.body["names"]?.array)
    if one != nil, several != nil { throw .invalid("name and names cannot be combined") }
    guard let names = one.map({ [$0] }) ?? several?.compactMap(\.string) else { throw .invalid("name is required") }
    guard (1...10).contains(names.count) else { throw .invalid("names must hold 1 to 10 names") }
    for name in names where !DigitalOceanCloud.isName(name) { throw .badName }
    return names
  }

  /// Whether a text is a droplet's name: `^[a-zA-Z0-9]?[a-z0-9A-Z.\-]*[a-z0-9A-Z]$` in the description.
  static func isName(_ text: String) -> Bool {
    guard let last = text.utf8.last, isAlphanumeric(last) else { return false }
    return text.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: false
    }
  }

  /// Checks everything but names and quota, and chooses the region.
  private mutating func order(_ call: DigitalOceanCall) throws(DigitalOceanError) -> DropletOrder {
    let catalog = frame.world.catalog
    guard let size = catalog.size(call.body["size"]?.string ?? "") else { throw .badSize }
    let wanted = call.body["image"]
    guard let image = catalog.image(wanted?.string ?? wanted?.int.map { String($0) } ?? ""),
      image.status == "available"
    else { throw .badImage }
    let userData = call.body["user_data"]?.string ?? ""
    if userData.utf8.count > 65_536 { throw .invalid("user_data is too long (maximum is 65536 bytes)") }
    let keys = try wantedKeys(call)
    let tags = try wantedTags(call)
    if call.body["volumes"]?.array?.isEmpty == false { throw .invalid("volumes not found") }
    let isPublic = call.body["public_networking"]?.bool ?? true
    let ipv6 = call.body["ipv6"]?.bool ?? false
    if ipv6, !isPublic { throw .invalid("ipv6 must be false where public_networking is") }

    let region = try place(call, size, image)
    if let network = call.body["vpc_uuid"]?.string, !network.isEmpty, network != self.network(call.project, region) {
      throw .invalid("vpc_uuid not found")
    }
    if image.minDisk > size.disk { throw .smallDisk }
    let agent = call.body["with_droplet_agent"]?.bool ?? true
    let features = [
      ("backups", call.body["backups"]?.bool ?? false), ("droplet_agent", agent), ("ipv6", ipv6),
      ("monitoring", call.body["monitoring"]?.bool ?? false), ("private_networking", true),
    ]
    return DropletOrder(
      size: size, image: image, region: region, keys: keys, tags: tags, userData: userData, isPublic: isPublic,
      ipv6: ipv6, features: features.filter(\.1).map(\.0))
  }

  private func wantedKeys(_ call: DigitalOceanCall) throws(DigitalOceanError) -> [DigitalOceanKey] {
    var keys: [DigitalOceanKey] = []
    var unknown: [String] = []
    for item in call.body["ssh_keys"]?.array ?? [] {
      let wanted = item.string ?? item.int.map { String($0) } ?? ""
      if let key = find(wanted, call), key.usableFrom <= call.now { keys.append(key) } else { unknown.append(wanted) }
    }
    guard unknown.isEmpty else {
      throw .invalid("\(unknown.joined(separator: ", ")) are invalid key identifiers for Droplet creation.")
    }
    return keys
  }

  /// Tags in the spelling of their first use in the project; letters, digits, `_`, `:` and `-`.
  private mutating func wantedTags(_ call: DigitalOceanCall) throws(DigitalOceanError) -> [String] {
    let wanted = (call.body["tags"]?.array ?? []).compactMap(\.string)
    for tag in wanted {
      let valid = tag.utf8.allSatisfy { DigitalOceanCloud.isAlphanumeric($0) || "_:-".utf8.contains($0) }
      guard valid else { throw .invalid("tags may only hold letters, numbers, colons, dashes and underscores: \(tag)") }
    }
    var tags: [String] = []
    for tag in wanted {
      let tag = frame.world.spell(tag, call.project)
      if !tags.contains(tag) { tags.append(tag) }
    }
    return tags
  }

  /// The region for an order: the one that was named, the first of a slug's beginning, or the first of all.
  private mutating func place(
    _ call: DigitalOceanCall, _ size: DigitalOceanSize, _ image: DigitalOceanImage
  ) throws(DigitalOceanError) -> String {
    let all = frame.world.catalog.regions
    let slug = call.body["region"]?.string ?? ""
    let exact = all.filter { $0.slug == slug }
    let named = exact.isEmpty ? all.filter { $0.slug.hasPrefix(slug) } : exact
    guard let first = named.first else { throw .badRegion }
    if !size.available { throw .invalid("This size is unavailable.") }
    let open = named.filter(\.available).map(\.slug)
    if open.isEmpty { throw .invalid("\(first.slug) is unavailable.") }
    let sold = open.filter(size.regions.contains)
    if sold.isEmpty { throw .noCapacity }
    let ready = sold.filter(image.regions.contains)
    if ready.isEmpty { throw .imageElsewhere }
    if case .stockOut(let ms) = call.fault {
      for region in ready {
        let place = DigitalOceanPlace(size: size.slug, region: region)
        frame.world.full.insert(place)
        frame.plan(.restocked(place), at: call.now + ms)
      }
    }
    let free = ready.first { !frame.world.full.contains(DigitalOceanPlace(size: size.slug, region: $0)) }
    guard let free else { throw .noCapacity }
    return free
  }

  /// Makes the droplet and plans how it comes up; returns it and the id of its create action.
  private mutating func make(
    _ name: String, _ order: DropletOrder, _ call: DigitalOceanCall
  ) throws(DigitalOceanError) -> (DigitalOceanDroplet, action: Int64) {
    let ipv4 = order.isPublic ? frame.world.pool.take() : nil
    if order.isPublic, ipv4 == nil { throw .invalid("\(order.region) is unavailable.") }
    let id = frame.world.freshID()
    var droplet = DigitalOceanDroplet(
      id: id, project: call.project, name: name, tags: order.tags, status: .new, created: call.now,
      size: order.size.slug, region: order.region, image: order.image, ipv4: ipv4, hasIPv6: order.ipv6,
      features: order.features, userData: order.userData, authorizedKeys: order.keys.map(\.line))
    droplet.namedFrom = call.now + frame.random.draw(frame.world.settings.nameFilter)
    if case .hidden(let ms) = call.fault { droplet.visibleFrom = call.now + ms }
    frame.world.droplets[id] = droplet
    frame.ledger.open(entry(droplet))
    let action = begin("create", on: id, call)
    frame.world.droplets.change(id) { $0.busy = action.id }
    let whole = frame.random.draw(frame.world.settings.create)
    switch call.fault {
    case .createFails(let ms, _, _): frame.plan(.failed(droplet: id, action: action.id), at: call.now + ms)
    case .actionFails: frame.plan(.failed(droplet: id, action: action.id), at: call.now + whole)
    default: frame.plan(.created(droplet: id, action: action.id), at: call.now + whole)
    }
    return (droplet, action.id)
  }

  /// What the ledger says of a droplet; a tag is a label without a value.
  func entry(_ droplet: DigitalOceanDroplet) -> BillingLedger.Entry {
    BillingLedger.Entry(
      id: String(droplet.id), project: droplet.project, name: droplet.name,
      labels: Dictionary(droplet.tags.map { ($0, "") }) { first, _ in first }, type: droplet.size,
      location: droplet.region, created: droplet.created)
  }
}

/// Droplets that may be made.
private struct DropletOrder {
  let size: DigitalOceanSize
  let image: DigitalOceanImage
  let region: String
  let keys: [DigitalOceanKey]
  let tags: [String]
  let userData: String
  let isPublic: Bool
  let ipv6: Bool
  let features: [String]
}

extension DigitalOceanWorld {
  /// A tag as it was spelled at its first use in a project.
  mutating func spell(_ tag: String, _ project: String) -> String {
    let known = tagSpelling[project]?[tag.lowercased()] ?? tag
    tagSpelling[project, default: [:]][tag.lowercased()] = known
    return known
  }
}
