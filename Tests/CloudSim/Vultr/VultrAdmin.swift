package import HTTP

extension VultrCloud {
  /// `{"plan"?, "region"?, "available"?, "located"?}`: whether there is stock, and whether the plan can exist there at
  /// all; or `{"os", "listed": false}`, which ends an operating system. An absent name is every one.
  package mutating func changeStock(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("plan", .string(1...100)), FieldRule("region", .string(1...100)), FieldRule("available", .boolean),
        FieldRule("located", .boolean), FieldRule("os", .integer), FieldRule("listed", .boolean),
      ], "stock")
    if let os = json["os"]?.int { return try changeSystem(os, json["listed"]?.bool ?? true) }
    let (plan, region) = (json["plan"]?.string, json["region"]?.string)
    if json["located"]?.bool == true { try locate(plan, region) }
    let found = setStock(plan: plan, region: region) { plan, place in
      if json["available"]?.bool == true { plan.available.insert(place) }
      if json["available"]?.bool == false { plan.available.remove(place) }
      if json["located"]?.bool == false {
        plan.available.remove(place)
        plan.locations.removeAll { $0 == place }
      }
    }
    if !found { throw AdminProblem("stock: \(plan ?? "any plan") is not sold in \(region ?? "any region")") }
  }

  private mutating func locate(_ plan: String?, _ region: String?) throws(AdminProblem) {
    guard let plan, let region, frame.world.catalog.region(region) != nil,
      let at = frame.world.catalog.plans.firstIndex(where: { $0.id == plan })
    else { throw AdminProblem("stock: located: expected a known plan and a known region") }
    let places = Set(frame.world.catalog.plans[at].locations).union([region])
    frame.world.catalog.plans[at].locations = places.sorted()
  }

  private mutating func changeSystem(_ id: Int64, _ listed: Bool) throws(AdminProblem) {
    guard let standard = VultrCatalog.standard.system(id) else {
      throw AdminProblem("stock: there is no operating system \(id)")
    }
    frame.world.catalog.systems.removeAll { $0.id == id }
    if listed { frame.world.catalog.systems.append(standard) }
  }

  /// Puts an instance that runs in place that nobody asked for: `{"name", "project"?, "tags"?, "plan"?, "os_id"?,
  /// "region"?, "user_data"?, "age_ms"?}`; `name` is its label, `user_data` is base64.
  package mutating func plant(_ json: JSON) throws(AdminProblem) -> JSON {
    try AdminProblem.check(
      json,
      [
        FieldRule("name", .string(0...255), required: true), FieldRule("project", .string(1...100)),
        FieldRule("tags", .array(.string(1...255))), FieldRule("plan", .string(1...100)),
        FieldRule("os_id", .integer), FieldRule("region", .string(1...100)),
        FieldRule("user_data", .string(0...1_000_000)), FieldRule("age_ms", .integer),
      ], "servers")
    let catalog = frame.world.catalog
    guard let plan = catalog.plan(json["plan"]?.string ?? "vc2-1c-1gb"),
      let system = catalog.system(json["os_id"]?.int ?? 2136),
      let region = catalog.region(json["region"]?.string ?? "ewr")
    else { throw AdminProblem("servers: unknown plan, os_id or region") }
    let userData = json["user_data"]?.string ?? ""
    guard Base64.decode(userData) != nil else { throw AdminProblem("servers: user_data: expected base64") }
    let age = min(max(0, json["age_ms"]?.int ?? 0), 315_360_000_000)
    var instance = VultrInstance(
      id: frame.random.uuid(), project: json["project"]?.string ?? "default", label: json["name"]?.string ?? "",
      hostname: "vultr", tags: (json["tags"]?.array ?? []).compactMap(\.string), plan: plan.id, region: region.id,
      system: VultrInstance.System(os: system.id, name: system.name), userData: userData, userScheme: "root",
      authorizedKeys: [], created: frame.now - age, features: [], password: "", passwordUntil: 0)
    instance.ip = frame.world.pool.take()
    instance.stage = .ready
    frame.world.instances[instance.id] = instance
    frame.ledger.open(instance.entry)
    powerUp(instance.id, at: frame.now)
    return [
      "id": .string(instance.id), "name": .string(instance.label), "project": .string(instance.project),
    ]
  }

  /// Lets an instance vanish; its address goes with it.
  package mutating func vanish(_ id: String) -> Bool {
    guard frame.world.instances[id] != nil else { return false }
    frame.remember()
    remove(id, at: frame.now, .vanished)
    return true
  }

  /// Lets the first instance of a listing vanish.
  package mutating func vanishFirst(of response: HTTPResponse) {
    if let id = response.json?["instances"]?.array?.first?["id"]?.string { _ = vanish(id) }
  }

  /// All instances of all projects, with what the API does not show.
  package var serversJSON: JSON {
    .array(
      frame.world.instances.rows.map { instance in
        [
          "id": .string(instance.id), "project": .string(instance.project), "name": .string(instance.label),
          "status": .string(instance.ending ? "ending" : instance.stage == .ready ? "ready" : "coming"),
          "tags": .array(instance.tags.map(JSON.string)), "ipv4": .optional(instance.ip),
          "powered": .bool(instance.powered), "listening": .bool(instance.listening),
          "created_ms": .int(instance.created),
        ]
      })
  }
}
