public import PluginKit
public import PluginMessages

extension HetznerProvisioner {
  /// Checks placements against what Hetzner sells now. Costs two cached requests for a type and image
  /// that exist; when one does not, two more say what would have been right.
  public func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    let market = Market(api: HetznerAPI(call: call))
    let currency = request.account.settings["currency"]?.string ?? "EUR"
    let now = call.nowMs / 1_000
    return try request.settle { spec, index throws(CloudFailure) in
      try market.judge(spec, at: index, currency: currency, now: now)
    }
  }
}

/// What Hetzner sells, read as far as a placement needs it.
struct Market {
  let api: HetznerAPI

  /// Seconds that a server type's stock may be old.
  static let stockTtlS: UInt32 = 120
  /// Seconds that the list of images may be old.
  static let imageTtlS: UInt32 = 600

  /// Judges one placement.
  func judge(_ spec: PlacementSpec, at index: Int, currency: String, now: Int64) throws(CloudFailure) -> Verdict {
    let path = "placements[\(index)]"
    if let violation = noAddress(spec, path) { return .wrong([violation]) }
    guard let type = try types(spec.type).first else {
      let names = try types().map(\.name)
      return .wrong([
        Violation(
          path: "\(path).type", message: "Hetzner has no server type '\(spec.type)'",
          allowed: Nearest.to(spec.type, among: names))
      ])
    }
    var violations: [Violation] = []
    var warnings: [String] = []
    let place = type.locations.first { $0.name == spec.location }
    if let place {
      switch Self.end(place.deprecation?.unavailableAfter, now: now) {
      case .past(let date):
        violations.append(
          Violation(
            path: "\(path).type", message: "'\(type.name)' cannot be bought in \(place.name) since \(date)",
            allowed: try types().filter { $0.architecture == type.architecture && $0.isSold(in: place.name, now: now) }
              .map(\.name).nearest(to: type.name)))
      case .future(let date):
        warnings.append("\(type.name) in \(place.name) is deprecated and cannot be bought after \(date)")
      case .never: break
      }
    } else {
      let exists = try locations().contains(spec.location)
      violations.append(
        Violation(
          path: "\(path).location",
          message: exists
            ? "'\(type.name)' is not sold in '\(spec.location)'" : "Hetzner has no location '\(spec.location)'",
          allowed: type.locations.map(\.name).nearest(to: spec.location)))
    }
    let image = try images(spec.image, type.architecture).first
    if image == nil { violations.append(try missing(spec.image, for: type, path)) }
    guard let image, let place, violations.isEmpty else { return .wrong(violations) }
    if let date = image.deprecated {
      warnings.append("image \(spec.image) is deprecated since \(date) and will be withdrawn about 3 months later")
    }
    if place.available == false { return .soldOut("\(type.name) is out of stock in \(place.name)") }
    return .holds(
      ValidatedPlacement(
        index: index, type: type.name, location: place.name, imageId: String(image.id),
        architecture: Architecture.ours(type.architecture), vcpu: type.cores, memoryMb: type.memoryMb,
        diskGb: type.diskGb, price: type.price(in: place.name, currency: currency), warnings: warnings))
  }

  /// When something ends, seen from now.
  enum End {
    case never
    case past(String)
    case future(String)
  }

  /// Reads Hetzner's `unavailable_after`; a date that cannot be read is taken as still to come.
  static func end(_ date: String?, now: Int64) -> End {
    guard let date else { return .never }
    guard let seconds = Instant.seconds(date) else { return .future(date) }
    return seconds <= now ? .past(Instant.rfc3339(seconds)) : .future(Instant.rfc3339(seconds))
  }

  private func noAddress(_ spec: PlacementSpec, _ path: String) -> Violation? {
    let network = PublicNetwork(spec.config)
    guard !network.ipv4, !network.ipv6 else { return nil }
    return Violation(
      path: "\(path).config", message: "public_ipv4 and public_ipv6 are both false: nothing could reach the server")
  }

  private func missing(_ image: String, for type: ServerType, _ path: String) throws(CloudFailure) -> Violation {
    let all = try api.list(
      Image.self, "/images", ["type": "system", "status": "available"], cacheTtlS: Self.imageTtlS
    ).items.values
    let elsewhere = all.first { $0.name == image }.map { Architecture.ours($0.architecture) }
    let ours = Architecture.ours(type.architecture)
    return Violation(
      path: "\(path).image",
      message: elsewhere.map { "image '\(image)' is for \($0), but server type '\(type.name)' is \(ours)" }
        ?? "Hetzner has no system image '\(image)' for \(ours)",
      allowed: all.filter { $0.architecture == type.architecture }.compactMap(\.name).nearest(to: image))
  }

  private func locations() throws(CloudFailure) -> [String] {
    try api.list(Location.self, "/locations", cacheTtlS: Self.imageTtlS).items.values.map(\.name)
  }

  private func types(_ name: String) throws(CloudFailure) -> [ServerType] {
    try api.list(ServerType.self, "/server_types", ["name": name], cacheTtlS: Self.stockTtlS).items.values
      .filter { $0.name == name }
  }

  private func types() throws(CloudFailure) -> [ServerType] {
    Array(try api.list(ServerType.self, "/server_types", cacheTtlS: Self.stockTtlS).items.values)
  }

  /// Images of that name and architecture, the newest first; a deprecated one can still be used.
  private func images(_ name: String, _ architecture: String) throws(CloudFailure) -> [Image] {
    try api.list(
      Image.self, "/images",
      [
        "type": "system", "status": "available", "name": name, "architecture": architecture,
        "include_deprecated": "true",
      ],
      cacheTtlS: Self.imageTtlS
    ).items.values
      .filter { $0.name == name && $0.architecture == architecture }
      .sorted { ($0.deprecated == nil ? 1 : 0, $0.id) > ($1.deprecated == nil ? 1 : 0, $1.id) }
  }
}

extension ServerType {
  /// Whether it can still be bought there, out of stock or not.
  func isSold(in location: String, now: Int64) -> Bool {
    guard let place = locations.first(where: { $0.name == location }) else { return false }
    if case .past = Market.end(place.deprecation?.unavailableAfter, now: now) { return false }
    return true
  }
}

/// Which public addresses an offering asks for.
struct PublicNetwork: Encodable {
  var ipv4: Bool
  var ipv6: Bool

  /// Reads an offering's configuration; both unless it says otherwise.
  init(_ config: JSONValue) {
    ipv4 = config["public_ipv4"]?.bool ?? true
    ipv6 = config["public_ipv6"]?.bool ?? true
  }

  enum CodingKeys: String, CodingKey {
    case ipv4 = "enable_ipv4"
    case ipv6 = "enable_ipv6"
  }
}
