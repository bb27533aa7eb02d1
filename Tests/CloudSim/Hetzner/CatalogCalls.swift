import HTTP

extension HetznerCloud {
  /// An instant as answers show it.
  func instant(_ ms: Int64) -> String { Timestamp.text(ms + frame.world.settings.skew) }

  func listTypes(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let rows = frame.world.catalog.types.filter { type in
      (call.first("name").map { $0 == type.name } ?? true) && type.offers.contains { isSold($0, call.now) }
    }
    return try page(rows.sorted { $0.id < $1.id }, "server_types", call, \.json)
  }

  /// Whether a type is, or will again be, for sale in a location.
  func isSold(_ offer: HetznerServerType.Offer, _ now: Int64) -> Bool {
    offer.deprecation.map { now < $0.unavailableAfter } ?? true
  }

  func showType(_ id: Int64) throws(HetznerError) -> HTTPResponse {
    guard let type = frame.world.catalog.type(String(id)) else { throw .notFound("server type") }
    return HTTPResponse(status: 200, json: ["server_type": type.json])
  }

  func listLocations(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let rows = frame.world.catalog.locations.filter { row in call.first("name").map { $0 == row.name } ?? true }
    let ordered = try sorted(
      rows, call, by: [SortField(name: "id") { $0.id < $1.id }, SortField(name: "name") { $0.name < $1.name }])
    return try page(ordered, "locations", call, \.json)
  }

  func showLocation(_ id: Int64) throws(HetznerError) -> HTTPResponse {
    guard let location = frame.world.catalog.location(String(id)) else { throw .notFound("location") }
    return HTTPResponse(status: 200, json: ["location": location.json])
  }

  func listImages(_ call: HetznerCall) throws(HetznerError) -> HTTPResponse {
    let selector = try call.selector()
    let (types, architectures, statuses) = (call.all("type"), call.all("architecture"), call.all("status"))
    for (name, values, known) in [
      ("type", types, ["system", "app", "snapshot", "backup"]), ("architecture", architectures, ["x86", "arm"]),
      ("status", statuses, ["available", "creating", "unavailable"]),
    ] {
      if let bad = values.first(where: { !known.contains($0) }) { throw .invalid(name, "'\(bad)' is not valid") }
    }
    let deprecated = call.first("include_deprecated") == "true"
    let rows = frame.world.catalog.images.filter { image in
      (types.isEmpty || types.contains(image.type))
        && (architectures.isEmpty || architectures.contains(image.architecture))
        && (statuses.isEmpty || statuses.contains("available")) && call.all("bound_to").isEmpty
        && (call.first("name").map { $0 == image.name } ?? true) && (deprecated || image.deprecated == nil)
        && isUsable(image, call.now) && selector.matches([:])
    }
    let ordered = try sorted(
      rows, call,
      by: [
        SortField(name: "id") { $0.id < $1.id }, SortField(name: "name") { $0.name < $1.name },
        SortField(name: "created") { $0.id < $1.id },
      ])
    return try page(ordered, "images", call, \.json)
  }

  /// Whether servers can be made from an image: three months longer than it is deprecated.
  func isUsable(_ image: HetznerImage, _ now: Int64) -> Bool {
    image.deprecated.map { now < $0 + 90 * 86_400_000 } ?? true
  }

  func showImage(_ id: Int64) throws(HetznerError) -> HTTPResponse {
    guard let image = frame.world.catalog.images(String(id)).first else { throw .notFound("image") }
    return HTTPResponse(status: 200, json: ["image": image.json])
  }

  func pricing() -> HTTPResponse {
    let types = frame.world.catalog.types.map { type -> JSON in
      ["id": .int(type.id), "name": .string(type.name), "prices": type.json["prices"] ?? []]
    }
    return HTTPResponse(
      status: 200,
      json: [
        "pricing": [
          "currency": "EUR", "vat_rate": "19.000000", "image": ["price_per_gb_month": Money.json(119)],
          "floating_ip": ["price_monthly": Money.json(30000)], "floating_ips": [], "primary_ips": [],
          "server_types": .array(types), "server_backup": ["percentage": "20.0000000000"],
          "volume": ["price_per_gb_month": Money.json(440)], "load_balancer_types": [],
        ]
      ])
  }
}
