package import HTTP

extension HetznerCloud {
  /// `{"server_type"?, "location"?, "available"?, "recommended"?, "deprecation"?}` for types, and
  /// `{"image", "deprecated"}` for images; an absent name is every one.
  package mutating func changeStock(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("server_type", .string(1...100)), FieldRule("location", .string(1...100)),
        FieldRule("available", .boolean), FieldRule("recommended", .boolean),
        FieldRule(
          "deprecation",
          .object([
            FieldRule("announced", .string(1...40), required: true),
            FieldRule("unavailable_after", .string(1...40), required: true),
          ]), nullable: true), FieldRule("image", .string(1...100)),
        FieldRule("deprecated", .string(1...40), nullable: true),
      ], "stock")
    if let image = json["image"]?.string { return try deprecate(image, json["deprecated"]) }
    var end: HetznerDeprecation?
    if let deprecation = json["deprecation"], !deprecation.isNull {
      end = HetznerDeprecation(
        announced: try instant(deprecation["announced"]),
        unavailableAfter: try instant(deprecation["unavailable_after"]))
    }
    let (type, location) = (json["server_type"]?.string, json["location"]?.string)
    let found = setStock(type: type, location: location) { offer in
      if let available = json["available"]?.bool { offer.available = available }
      if let recommended = json["recommended"]?.bool { offer.recommended = recommended }
      if json["deprecation"] != nil { offer.deprecation = end }
    }
    if !found { throw AdminProblem("stock: \(type ?? "any type") is not sold in \(location ?? "any location")") }
  }

  private mutating func deprecate(_ name: String, _ date: JSON?) throws(AdminProblem) {
    let when: Int64? = date == nil || date == .null ? nil : try instant(date)
    var found = false
    for at in frame.world.catalog.images.indices where frame.world.catalog.images[at].name == name {
      frame.world.catalog.images[at].deprecated = when
      found = true
    }
    if !found { throw AdminProblem("stock: there is no image \(name)") }
  }

  private func instant(_ json: JSON?) throws(AdminProblem) -> Int64 {
    guard let ms = json?.string.flatMap(Timestamp.parse) else {
      throw AdminProblem("stock: expected an instant such as 2026-01-30T23:55:00Z, found \(json?.text ?? "nothing")")
    }
    return ms
  }

  /// Puts a running server in place that nobody asked for:
  /// `{"name", "project"?, "labels"?, "server_type"?, "image"?, "location"?, "user_data"?, "age_ms"?}`.
  package mutating func plant(_ json: JSON) throws(AdminProblem) -> JSON {
    try AdminProblem.check(
      json,
      [
        FieldRule("name", .string(1...253), required: true), FieldRule("project", .string(1...100)),
        FieldRule("labels", .stringMap), FieldRule("server_type", .string(1...100)),
        FieldRule("image", .string(1...100)), FieldRule("location", .string(1...100)),
        FieldRule("user_data", .string(0...32_768)), FieldRule("age_ms", .integer),
      ], "servers")
    let catalog = frame.world.catalog
    let type = catalog.type(json["server_type"]?.string ?? "cx23")
    let image = catalog.images(json["image"]?.string ?? "debian-12").first { $0.architecture == type?.architecture }
    guard let type, let image, let offer = type.offers.first else {
      throw AdminProblem("servers: unknown server_type or image")
    }
    let age = min(max(0, json["age_ms"]?.int ?? 0), 315_360_000_000)
    let server = HetznerServer(
      id: frame.world.freshID(), project: json["project"]?.string ?? "default", name: json["name"]?.string ?? "",
      labels: Dictionary((json["labels"]?.members ?? []).map { ($0.name, $0.value.string ?? "") }) { first, _ in first
      },
      status: .running, created: frame.now - age, type: type.name,
      location: json["location"]?.string ?? offer.location, image: image, userData: json["user_data"]?.string ?? "",
      authorizedKeys: [])
    frame.world.servers[server.id] = server
    let request = HTTPRequest(method: "POST", path: "/v1/servers")
    if let call = try? HetznerCall(request, project: server.project, now: frame.now, fault: nil) {
      let v4 = allocate(v6: false, server: server.id, location: server.location, call)
      frame.world.servers.change(server.id) { $0.ipv4 = v4 }
    }
    frame.ledger.open(
      BillingLedger.Entry(
        id: String(server.id), project: server.project, name: server.name, labels: server.labels, type: server.type,
        location: server.location, created: server.created))
    powerUp(server.id, at: frame.now)
    return ["id": .int(server.id), "name": .string(server.name), "project": .string(server.project)]
  }

  /// Lets a server vanish; its addresses go with it.
  package mutating func vanish(_ id: String) -> Bool {
    guard let id = Int64(id), frame.world.servers[id] != nil else { return false }
    frame.remember()
    remove(id, at: frame.now, .vanished)
    return true
  }

  /// Lets the first server of a listing vanish.
  package mutating func vanishFirst(of response: HTTPResponse) {
    if let id = response.json?["servers"]?.array?.first?["id"]?.int { _ = vanish(String(id)) }
  }

  /// All servers of all projects, with what the API does not show.
  package var serversJSON: JSON {
    .array(
      frame.world.servers.rows.map { server in
        [
          "id": .int(server.id), "project": .string(server.project), "name": .string(server.name),
          "status": .string(server.status.rawValue), "labels": .map(server.labels),
          "ipv4": .optional(server.ipv4?.ip), "listening": .bool(server.listening),
          "created_ms": .int(server.created),
        ]
      })
  }
}
