import HTTP

extension VultrCloud {
  /// vultr-v2.json, PATCH /instances/{instance-id}.
  private static let updateRules: [FieldRule] =
    ["enable_private_network", "enable_vpc", "enable_vpc2"].map { FieldRule($0, .boolean) }
    + [
      "attach_private_network", "attach_vpc", "attach_vpc2", "detach_private_network", "detach_vpc", "detach_vpc2",
    ].map { FieldRule($0, .array(.string(1...100))) } + [
      FieldRule("app_id", .integer), FieldRule("image_id", .string(1...100)), FieldRule("backups", .string(1...20)),
      FieldRule("firewall_group_id", .string(0...100)), FieldRule("enable_ipv6", .boolean),
      // The description has a string here and an integer in POST.
      FieldRule("os_id", .string(1...20)), FieldRule("user_data", .string(0...1_000_000)),
      FieldRule("tag", .string(0...255)), FieldRule("plan", .string(1...100)),
      FieldRule("ddos_protection", .boolean), FieldRule("label", .string(0...255)),
      FieldRule("tags", .array(.string(1...255))), FieldRule("user_scheme", .string(1...20)),
    ]

  /// PATCH /instances/{instance-id}: what is absent stays.
  mutating func updateInstance(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    _ = try locked(id, call)
    try call.check(VultrCloud.updateRules)
    for member in call.body.members ?? [] where member.value.bool == true && member.name.hasPrefix("enable_") {
      if member.name != "enable_ipv6" { throw .bad(member.name, "this simulator has no private networks") }
    }
    for member in call.body.members ?? [] where member.value.array?.isEmpty == false && member.name != "tags" {
      throw .bad(member.name, "there is none of this id")
    }
    if call.body["firewall_group_id"]?.string?.isEmpty == false {
      throw .bad("firewall_group_id", "there is none of this id")
    }
    var instance = try instance(id, call)
    let system = try wantedSystem(call, required: false)
    let plan = try wantedPlan(call, instance)
    if system != nil || plan != nil, instance.ending || isLocked(instance) { throw .locked("change server") }

    if let label = call.body["label"]?.string { instance.label = label }
    if let tags = wantedTags(call) { instance.tags = tags }
    if let userData = try wantedUserData(call) { instance.userData = userData }
    if let scheme = try wantedScheme(call) { instance.userScheme = scheme }
    var features = Set(instance.features)
    for (name, wanted) in [
      ("auto_backups", try wantedBackups(call)), ("ddos_protection", call.body["ddos_protection"]?.bool),
    ] {
      if wanted == true { features.insert(name) } else if wanted == false { features.remove(name) }
    }
    if call.body["enable_ipv6"]?.bool == true, instance.network == nil {
      features.insert("ipv6")
      instance.network = freshNetwork()
    }
    instance.features = features.sorted()
    if let plan { instance.plan = plan }
    frame.world.instances[id] = instance
    if plan != nil, !doesNothing(call) { resize(id, call) }
    if let system, !doesNothing(call) { install(system, on: id, call) }
    return HTTPResponse(status: 202, json: ["instance": show(try self.instance(id, call))])
  }

  private func wantedPlan(_ call: VultrCall, _ instance: VultrInstance) throws(VultrError) -> String? {
    guard let id = call.body["plan"]?.string else { return nil }
    let now = frame.world.catalog.plan(instance.plan)
    guard let plan = frame.world.catalog.plan(id) else { throw .badPlan }
    guard plan.disk > now?.disk ?? 0 else { throw .badPlan }
    guard call.acls.contains("upgrade") else { throw .forbidden("upgrade") }
    guard plan.available.contains(instance.region) else { throw .noCapacity }
    return id
  }

  private mutating func resize(_ id: String, _ call: VultrCall) {
    frame.world.instances.change(id) { $0.resizing = true }
    powerDown(id)
    frame.plan(.resized(id), at: call.now + frame.random.draw(frame.world.settings.power))
  }

  /// POST /instances/{instance-id}/reinstall: the disk is emptied, the address stays.
  mutating func reinstall(_ id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    let instance = try locked(id, call)
    try call.check([FieldRule("hostname", .string(0...253))])
    let hostname = try wantedHostname(call)
    if instance.ending || isLocked(instance) { throw .locked("reinstall server") }
    if !doesNothing(call) {
      if let hostname { frame.world.instances.change(id) { $0.hostname = hostname } }
      install(instance.system, on: id, call)
    }
    return HTTPResponse(status: 202, json: ["instance": show(try self.instance(id, call))])
  }

  private mutating func install(_ system: VultrInstance.System, on id: String, _ call: VultrCall) {
    guard let old = frame.world.instances[id] else { return }
    frame.commands.append(.remove(id: old.machine))
    let password = frame.random.hex(16)
    let until = call.now + frame.world.settings.password
    frame.world.instances.change(id) {
      $0.system = system
      $0.stage = .installing
      $0.powered = true
      $0.resizing = false
      $0.listening = false
      $0.power += 1
      $0.orders += 1
      $0.installs += 1
      $0.password = password
      $0.passwordUntil = until
    }
    frame.plan(
      .installed(id, number: old.installs + 1), at: call.now + frame.random.draw(frame.world.settings.install))
  }

  /// POST /instances/{start,halt,reboot}: all of them, or none where one is unknown or locked.
  mutating func order(_ verb: VultrRoute.Verb, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try call.check([FieldRule("instance_ids", .array(.string(1...100)), required: true)])
    let ids = call.strings("instance_ids") ?? []
    for id in ids { try refuse(verb, on: id, call) }
    for id in ids { carryOut(verb, on: id, call) }
    return HTTPResponse(status: 204)
  }

  /// POST /instances/{instance-id}/{start,halt,reboot}.
  mutating func order(_ verb: VultrRoute.Verb, on id: String, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    try refuse(verb, on: id, call)
    try call.check([])
    carryOut(verb, on: id, call)
    return HTTPResponse(status: 204)
  }

  private mutating func refuse(_ verb: VultrRoute.Verb, on id: String, _ call: VultrCall) throws(VultrError) {
    let instance = try locked(id, call)
    if instance.ending || isLocked(instance) { throw .locked("\(verb.rawValue) server") }
  }

  private mutating func carryOut(_ verb: VultrRoute.Verb, on id: String, _ call: VultrCall) {
    guard let instance = frame.world.instances[id], !doesNothing(call) else { return }
    switch verb {
    case .reboot:
      guard instance.powered, instance.stage == .ready, !instance.resizing else { return }
      powerDown(id)
      powerUp(id, at: call.now)
    case .start, .halt:
      frame.world.instances.change(id) { $0.orders += 1 }
      frame.plan(
        .powered(id, on: verb == .start, order: instance.orders + 1),
        at: call.now + frame.random.draw(frame.world.settings.power))
    }
  }
}
