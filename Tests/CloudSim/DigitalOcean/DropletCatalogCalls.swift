import HTTP

extension DigitalOceanCloud {
  /// An instant as answers show it.
  func instant(_ ms: Int64) -> String { Timestamp.text(ms + frame.world.settings.skew) }

  func show(_ region: DigitalOceanRegion) -> JSON {
    let sizes = frame.world.catalog.sizes.filter { $0.available && $0.regions.contains(region.slug) }
    return [
      "name": .string(region.name), "slug": .string(region.slug),
      "features": ["backups", "ipv6", "metadata", "install_agent", "storage", "image_transfer"],
      "available": .bool(region.available), "sizes": .array(sizes.map { .string($0.slug) }),
    ]
  }

  func listImages(_ call: DigitalOceanCall) throws(DigitalOceanError) -> HTTPResponse {
    let type = call.first("type")
    if let type, type != "distribution", type != "application" { throw .invalid("'\(type)' is not a valid image type") }
    let onlyPrivate = call.first("private") == "true"
    let rows = frame.world.catalog.images.filter { image in
      (type.map { ($0 == "application") == image.isApplication } ?? true) && !onlyPrivate
        && call.first("tag_name") == nil && image.status != "deleted"
    }
    return try page(rows, "images", call, \.json)
  }

  func showImage(_ key: String) throws(DigitalOceanError) -> HTTPResponse {
    guard let image = frame.world.catalog.image(key), image.status != "deleted" else { throw .notFound }
    return HTTPResponse(status: 200, json: ["image": image.json])
  }

  /// GET /v2/account: who the token is, and what it may have.
  func account(_ call: DigitalOceanCall) -> HTTPResponse {
    let settings = frame.world.settings
    return HTTPResponse(
      status: 200,
      json: [
        "account": [
          "droplet_limit": .int(settings.dropletLimit), "floating_ip_limit": 5, "reserved_ip_limit": 5,
          "volume_limit": 100, "email": .string("\(call.project)@example.com"), "name": .string(call.project),
          "uuid": .string(identity("user", call.project)), "email_verified": true,
          "status": .string(settings.accountStatus), "status_message": "",
          "team": ["uuid": .string(identity("team", call.project)), "name": .string("Team \(call.project)")],
        ]
      ])
  }

  /// 40 hex digits that stay the same for a project.
  private func identity(_ kind: String, _ project: String) -> String {
    let bytes = MD5.digest(Array("\(kind) \(project)".utf8)) + MD5.digest(Array("\(project) \(kind)".utf8)).prefix(4)
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  /// The VPC that a project has in a region.
  func network(_ project: String, _ region: String) -> String {
    let digits = identity("vpc \(region)", project)
    var parts: [Substring] = []
    var rest = digits[...]
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }
}
