import HTTP

extension VultrCloud {
  /// vultr-v2.json, POST /instances, with the two fields that came later: `vpc_only` and `app_variables`.
  private static let createRules: [FieldRule] =
    ["region", "plan"].map { FieldRule($0, .string(1...100), required: true) }
    + sources.map { FieldRule($0, ["os_id", "app_id"].contains($0) ? .integer : .string(1...100)) }
    + ["enable_ipv6", "disable_public_ipv4", "activation_email"].map { FieldRule($0, .boolean) }
    + unsimulatedSwitches.map { FieldRule($0, .boolean) } + unknownIDs.map { FieldRule($0, .string(0...100)) }
    + unknownLists.map { FieldRule($0, .array(.string(1...100))) } + [
      FieldRule("ipxe_chain_url", .string(0...1000)), FieldRule("label", .string(0...255)),
      FieldRule("hostname", .string(0...253)), FieldRule("sshkey_id", .array(.string(1...100))),
      FieldRule("backups", .string(1...20)), FieldRule("user_data", .string(0...1_000_000)),
      FieldRule("ddos_protection", .boolean), FieldRule("tag", .string(0...255)),
      FieldRule("reserved_ipv4", .string(0...100)), FieldRule("tags", .array(.string(1...255))),
      FieldRule("user_scheme", .string(1...20)), FieldRule("app_variables", .stringMap),
    ]

  /// What an instance can be made from, exactly one of them.
  static let sources = ["os_id", "image_id", "app_id", "snapshot_id", "iso_id"]
  private static let unsimulatedSwitches = ["enable_private_network", "enable_vpc", "enable_vpc2", "vpc_only"]
  private static let unknownIDs = ["script_id", "firewall_group_id"]
  private static let unknownLists = ["attach_private_network", "attach_vpc", "attach_vpc2"]

  /// POST /instances: shape, references, quota, stock. 202 is no success: the instance has no address yet.
  mutating func createInstance(_ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try call.check(VultrCloud.createRules)
    try refuseUnsimulated(call)
    let catalog = frame.world.catalog
    guard let region = catalog.region(call.body["region"]?.string ?? "") else {
      throw .bad("region", "there is none of this id")
    }
    guard let plan = catalog.plan(call.body["plan"]?.string ?? "") else { throw .badPlan }
    guard let system = try wantedSystem(call, required: true) else { throw .bad("os_id", "is required") }
    let lines = try wantedKeys(call)
    let hostname = try wantedHostname(call) ?? "vultr"
    let reserved = try wantedAddress(call, region.id)
    let ipv6 = call.body["enable_ipv6"]?.bool ?? false
    let ipv4 = !(ipv6 && (call.body["disable_public_ipv4"]?.bool ?? false))
    if reserved != nil, !ipv4 { throw .bad("reserved_ipv4", "needs a public IPv4 address") }
    if ipv4, plan.id.hasSuffix("-v6") { throw .bad("plan", "is without IPv4: enable_ipv6 and disable_public_ipv4") }

    if case .stockOut(let ms) = call.fault {
      setStock(plan: plan.id, region: region.id) { $0.available.remove($1) }
      frame.plan(.restocked(plan: plan.id, region: region.id), at: call.now + ms)
    }
    let mine = frame.world.instances.rows.lazy.filter { $0.project == call.project }.count
    if Int64(mine) >= frame.world.settings.serverLimit { throw .tooManyServers }
    guard frame.world.catalog.plan(plan.id)?.available.contains(region.id) == true else { throw .noCapacity }

    var instance = VultrInstance(
      id: frame.random.uuid(), project: call.project, label: call.body["label"]?.string ?? "", hostname: hostname,
      tags: wantedTags(call) ?? [], plan: plan.id, region: region.id, system: system,
      userData: try wantedUserData(call) ?? "", userScheme: try wantedScheme(call) ?? "root", authorizedKeys: lines,
      created: call.now, features: try wantedFeatures(call), password: frame.random.hex(16),
      passwordUntil: call.now + frame.world.settings.password)
    if let reserved {
      instance.ip = reserved.ip
      instance.reserved = reserved.id
    } else if ipv4 {
      guard let ip = frame.world.pool.take() else { throw .noCapacity }
      instance.ip = ip
    }
    if let id = instance.reserved { frame.world.reserved.change(id) { $0.instance = instance.id } }
    if ipv6 { instance.network = freshNetwork() }
    if case .hidden(let ms) = call.fault { instance.visibleFrom = call.now + ms }
    return make(instance, call)
  }

  private mutating func make(_ instance: VultrInstance, _ call: VultrCall) -> HTTPResponse {
    frame.world.instances[instance.id] = instance
    frame.ledger.open(instance.entry)
    let settings = frame.world.settings
    let addressed = call.now + frame.random.draw(settings.address)
    let installing = addressed + frame.random.draw(settings.create)
    frame.plan(.addressed(instance.id), at: addressed)
    switch call.fault {
    case .createFails(let ms, _, _): frame.plan(.failed(instance.id), at: call.now + ms)
    case .actionFails:
      frame.world.instances.change(instance.id) { $0.stuck = true }
      frame.plan(.installing(instance.id), at: installing)
    default: frame.plan(.installing(instance.id), at: installing)
    }
    return HTTPResponse(status: 202, json: ["instance": show(instance)])
  }

  private func refuseUnsimulated(_ call: VultrCall) throws(VultrError) {
    for field in VultrCloud.unsimulatedSwitches where call.body[field]?.bool == true {
      throw .bad(field, "this simulator has no private networks")
    }
    for field in VultrCloud.unknownLists where call.body[field]?.array?.isEmpty == false {
      throw .bad(field, "there is none of this id")
    }
    for field in VultrCloud.unknownIDs + ["ipxe_chain_url"] where call.body[field]?.string?.isEmpty == false {
      throw .bad(field, "there is none of this id")
    }
  }

  private func wantedKeys(_ call: VultrCall) throws(VultrError) -> [String] {
    var lines: [String] = []
    for id in call.strings("sshkey_id") ?? [] {
      guard id.utf8.count == 36, id.split(separator: "-").map(\.utf8.count) == [8, 4, 4, 4, 12] else {
        throw .badUUID
      }
      guard let key = frame.world.keys[id], key.project == call.project else {
        throw VultrError(status: 400, message: VultrError.noKey.message, problem: "sshkey_id: there is no key \(id)")
      }
      lines.append(key.line)
    }
    return lines
  }

  private func wantedAddress(_ call: VultrCall, _ region: String) throws(VultrError) -> VultrReservedIP? {
    guard let id = call.body["reserved_ipv4"]?.string, !id.isEmpty else { return nil }
    guard let address = frame.world.reserved[id], address.project == call.project else {
      throw .bad("reserved_ipv4", "there is none of this id")
    }
    guard address.instance == nil, address.region == region else {
      throw .bad("reserved_ipv4", "belongs to another instance or region")
    }
    return address
  }

  private func wantedFeatures(_ call: VultrCall) throws(VultrError) -> [String] {
    var features: [String] = []
    if try wantedBackups(call) == true { features.append("auto_backups") }
    if call.body["ddos_protection"]?.bool == true { features.append("ddos_protection") }
    if call.body["enable_ipv6"]?.bool == true { features.append("ipv6") }
    return features
  }
}

extension VultrInstance {
  /// What the ledger holds of it: tags are labels without values.
  var entry: BillingLedger.Entry {
    BillingLedger.Entry(
      id: id, project: project, name: label, labels: Dictionary(tags.map { ($0, "") }) { first, _ in first },
      type: plan, location: region, created: created)
  }
}
