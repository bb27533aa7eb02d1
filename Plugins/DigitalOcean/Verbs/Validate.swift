public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Checks placements against what DigitalOcean sells now: three cached requests; one more where an image
  /// does not exist, which says what would have been right.
  public func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    let market = Market(api: DigitalOceanAPI(call: call))
    return try request.settle { spec, index throws(CloudFailure) in try market.judge(spec, at: index) }
  }
}

/// What DigitalOcean sells, read as far as a placement needs it.
struct Market {
  let api: DigitalOceanAPI

  /// Seconds that sizes, which tell the stock, may be old.
  static let stockTtlS: UInt32 = 120
  /// Seconds that regions and images may be old.
  static let listTtlS: UInt32 = 600
  /// Of every droplet.
  static let architecture = "x86_64"

  /// Judges one placement.
  func judge(_ spec: PlacementSpec, at index: Int) throws(CloudFailure) -> Verdict {
    let path = "placements[\(index)]"
    let (sizes, regions) = (try sizes(), try regions())
    let size = sizes.first { $0.slug == spec.type }
    let region = regions.first { $0.slug == spec.location }
    var violations: [Violation] = []
    if size == nil {
      let sold = sizes.filter { $0.available != false && (region == nil || $0.isInStock(in: region)) }
      violations.append(
        Violation(
          path: "\(path).type", message: "DigitalOcean has no size '\(spec.type)'",
          allowed: sold.map(\.slug).nearest(to: spec.type)))
    }
    if region == nil {
      let places = size.map { size in regions.filter { size.isInStock(in: $0) } } ?? regions
      violations.append(
        Violation(
          path: "\(path).location", message: "DigitalOcean has no region '\(spec.location)'",
          allowed: places.map(\.slug).nearest(to: spec.location)))
    }
    let image = try image(spec.image)
    if image == nil {
      violations.append(
        Violation(
          path: "\(path).image", message: "DigitalOcean has no image '\(spec.image)'",
          allowed: try names().nearest(to: spec.image)))
    }
    guard let size, let region, let image else { return .wrong(violations) }
    violations += misfit(size, region, path, regions) + misfit(image, size, region, spec, path, sizes)
    guard violations.isEmpty else { return .wrong(violations) }
    guard size.isInStock(in: region) else {
      return .soldOut(
        region.available == false
          ? "region \(region.slug) takes no new droplets" : "\(size.slug) is out of stock in \(region.slug)")
    }
    let unpriced = "DigitalOcean states no price for \(size.slug)"
    return .holds(
      ValidatedPlacement(
        index: index, type: size.slug, location: region.slug, imageId: image.reference,
        architecture: Self.architecture, vcpu: size.vcpu, memoryMb: size.memoryMb, diskGb: size.diskGb,
        price: size.price, warnings: size.price == nil ? [unpriced] : []))
  }

  /// What keeps a size from a region for good. One that is sold in no region at all is out of stock.
  private func misfit(_ size: Size, _ region: Region, _ path: String, _ regions: [Region]) -> [Violation] {
    guard let places = size.regions, !places.isEmpty, !places.contains(region.slug) else { return [] }
    return [
      Violation(
        path: "\(path).location", message: "'\(size.slug)' is not sold in '\(region.slug)'",
        allowed: regions.filter { size.isInStock(in: $0) }.map(\.slug).nearest(to: region.slug))
    ]
  }

  /// What keeps an image, or the configuration, from a droplet of that size there.
  private func misfit(
    _ image: Image, _ size: Size, _ region: Region, _ spec: PlacementSpec, _ path: String, _ sizes: [Size]
  ) -> [Violation] {
    var violations: [Violation] = []
    if let status = image.status, status != "available" {
      violations.append(
        Violation(path: "\(path).image", message: "image '\(spec.image)' cannot be used: it is \(status.lowercased())"))
    }
    if let places = image.regions, !places.contains(region.slug) {
      violations.append(
        Violation(
          path: "\(path).image",
          message:
            "image '\(spec.image)' is not in '\(region.slug)', only in: \(places.sorted().joined(separator: ", "))"))
    }
    if let least = image.minDisk, least > size.disk {
      violations.append(
        Violation(
          path: "\(path).type",
          message: "image '\(spec.image)' needs a disk of \(least) GB; '\(size.slug)' has \(size.disk)",
          allowed: sizes.filter { $0.disk >= least && $0.isInStock(in: region) }.map(\.slug).nearest(to: size.slug)))
    }
    if Options(spec.config).ipv6, let features = region.features, !features.contains("ipv6") {
      violations.append(
        Violation(
          path: "\(path).config.public_ipv6", message: "'\(region.slug)' has no IPv6", allowed: ["false"]))
    }
    return violations
  }

  /// Every size.
  func sizes() throws(CloudFailure) -> [Size] {
    Array(try api.list(Size.self, "/sizes", cacheTtlS: Self.stockTtlS).items.values)
  }

  /// Every region.
  func regions() throws(CloudFailure) -> [Region] {
    Array(try api.list(Region.self, "/regions", cacheTtlS: Self.listTtlS).items.values)
  }

  /// Every image of a type, `distribution` or `application`.
  func images(_ type: String) throws(CloudFailure) -> [Image] {
    Array(try api.list(Image.self, "/images", ["type": type], cacheTtlS: Self.listTtlS).items.values)
  }

  /// Names of distributions, of which one was probably meant.
  private func names() throws(CloudFailure) -> [String] {
    try images("distribution").filter { $0.status == nil || $0.status == "available" }
      .map { ImageName.of(slug: $0.reference) }
  }

  /// The image of a name, asked for by its slug: a list cannot be filtered by slugs.
  private func image(_ name: String) throws(CloudFailure) -> Image? {
    for slug in ImageName.slugs(name) where !slug.isEmpty && slug != "." && slug != ".." {
      let get = CloudRequest(.get, "/images/\(PercentEncoding.encode(slug))", cacheTtlS: Self.listTtlS)
      do {
        return try api.send(get, as: Image.Envelope.self).image
      } catch  where error.code == .notFound {
        continue
      }
    }
    return nil
  }
}

/// What an offering asks for beyond size, region and image.
struct Options {
  var ipv6: Bool
  var monitoring: Bool
  var agent: Bool

  /// Reads an offering's configuration.
  init(_ config: JSONValue) {
    ipv6 = config["public_ipv6"]?.bool ?? true
    monitoring = config["monitoring"]?.bool ?? false
    agent = config["droplet_agent"]?.bool ?? false
  }
}
