package import HTTP

extension DigitalOceanCloud {
  /// `{"size"?, "region"?, "available"}` changes what the catalog says; `{"size", "region", "full"}` what it does
  /// not say; `{"image", "status"}` an image.
  package mutating func changeStock(_ json: JSON) throws(AdminProblem) {
    try AdminProblem.check(
      json,
      [
        FieldRule("size", .string(1...100)), FieldRule("region", .string(1...100)), FieldRule("available", .boolean),
        FieldRule("full", .boolean), FieldRule("image", .string(1...100)), FieldRule("status", .string(1...20)),
      ], "stock")
    if let image = json["image"]?.string { return try changeImage(image, json["status"]?.string) }
    let (size, region) = (json["size"]?.string, json["region"]?.string)
    if let size, frame.world.catalog.size(size) == nil { throw AdminProblem("stock: there is no size \(size)") }
    if let region, frame.world.catalog.region(region) == nil {
      throw AdminProblem("stock: there is no region \(region)")
    }
    if let full = json["full"]?.bool {
      guard let size, let region else { throw AdminProblem("stock: full needs size and region") }
      let place = DigitalOceanPlace(size: size, region: region)
      if full { frame.world.full.insert(place) } else { frame.world.full.remove(place) }
    }
    guard let available = json["available"]?.bool else { return }
    switch (size, region) {
    case (.some(let size), let region):
      for at in frame.world.catalog.sizes.indices where frame.world.catalog.sizes[at].slug == size {
        guard let region else {
          frame.world.catalog.sizes[at].available = available
          continue
        }
        frame.world.catalog.sizes[at].regions.removeAll { $0 == region }
        if available { frame.world.catalog.sizes[at].regions.append(region) }
      }
    case (.none, .some(let region)):
      for at in frame.world.catalog.regions.indices where frame.world.catalog.regions[at].slug == region {
        frame.world.catalog.regions[at].available = available
      }
    case (.none, .none): throw AdminProblem("stock: available needs a size, a region or both")
    }
  }

  private mutating func changeImage(_ slug: String, _ status: String?) throws(AdminProblem) {
    let known = ["NEW", "available", "pending", "deleted", "retired"]
    guard let status, known.contains(status) else {
      throw AdminProblem(
        "stock: status: expected one of \(known.joined(separator: ", ")), found \(status ?? "nothing")")
    }
    guard let at = frame.world.catalog.images.firstIndex(where: { $0.slug == slug }) else {
      throw AdminProblem("stock: there is no image \(slug)")
    }
    frame.world.catalog.images[at].status = status
  }

  /// Puts an active droplet in place that nobody asked for:
  /// `{"name", "project"?, "tags"?, "size"?, "image"?, "region"?, "user_data"?, "age_ms"?}`.
  package mutating func plant(_ json: JSON) throws(AdminProblem) -> JSON {
    try AdminProblem.check(
      json,
      [
        FieldRule("name", .string(1...255), required: true), FieldRule("project", .string(1...100)),
        FieldRule("tags", .array(.string(1...255))), FieldRule("size", .string(1...100)),
        FieldRule("image", .string(1...100)), FieldRule("region", .string(1...100)),
        FieldRule("user_data", .string(0...65_536)), FieldRule("age_ms", .integer),
      ], "servers")
    let catalog = frame.world.catalog
    let project = json["project"]?.string ?? "default"
    guard let size = catalog.size(json["size"]?.string ?? "s-1vcpu-1gb"),
      let image = catalog.image(json["image"]?.string ?? "debian-12-x64"),
      let region = catalog.region(json["region"]?.string ?? "fra1")
    else { throw AdminProblem("servers: unknown size, image or region") }
    let age = min(max(0, json["age_ms"]?.int ?? 0), 315_360_000_000)
    var tags: [String] = []
    for tag in json["tags"]?.array ?? [] { tags.append(frame.world.spell(tag.string ?? "", project)) }
    var droplet = DigitalOceanDroplet(
      id: frame.world.freshID(), project: project, name: json["name"]?.string ?? "", tags: tags, status: .active,
      created: frame.now - age, size: size.slug, region: region.slug, image: image, ipv4: frame.world.pool.take(),
      hasIPv6: false, features: ["private_networking"], userData: json["user_data"]?.string ?? "", authorizedKeys: [])
    droplet.taggedFrom = droplet.created
    frame.world.droplets[droplet.id] = droplet
    frame.ledger.open(entry(droplet))
    powerUp(droplet.id, at: frame.now)
    return ["id": .int(droplet.id), "name": .string(droplet.name), "project": .string(project)]
  }

  /// Lets a droplet vanish; its address goes with it.
  package mutating func vanish(_ id: String) -> Bool {
    guard let id = Int64(id), frame.world.droplets[id] != nil else { return false }
    frame.remember()
    remove(id, at: frame.now, .vanished)
    return true
  }

  /// Lets the first droplet of a listing vanish.
  package mutating func vanishFirst(of response: HTTPResponse) {
    if let id = response.json?["droplets"]?.array?.first?["id"]?.int { _ = vanish(String(id)) }
  }

  /// All droplets of all projects, with what the API does not show.
  package var serversJSON: JSON {
    .array(
      frame.world.droplets.rows.map { droplet in
        [
          "id": .int(droplet.id), "project": .string(droplet.project), "name": .string(droplet.name),
          "status": .string(droplet.status.rawValue), "tags": .array(droplet.tags.map(JSON.string)),
          "ipv4": .optional(droplet.ipv4), "listening": .bool(droplet.listening), "created_ms": .int(droplet.created),
        ]
      })
  }
}
