public import PluginKit
public import PluginMessages

extension VultrProvisioner {
  /// Checks placements against what Vultr sells now. Costs three cached requests, and one more for each
  /// further region.
  public func validate(_ request: ValidateRequest, _ call: Call) throws(CloudFailure) -> ValidateReply {
    let market = Market(api: VultrAPI(call: call))
    return try request.settle { spec, index throws(CloudFailure) in try market.judge(spec, at: index) }
  }
}

/// What Vultr sells, read as far as a placement needs it.
struct Market {
  let api: VultrAPI

  /// Seconds that a region's stock may be old.
  static let stockTtlS: UInt32 = 120
  /// Seconds that plans, regions and operating systems may be old.
  static let listTtlS: UInt32 = 600
  /// Of every plan that runs instances.
  static let architecture = "x86_64"

  /// Judges one placement.
  func judge(_ spec: PlacementSpec, at index: Int) throws(CloudFailure) -> Verdict {
    let path = "placements[\(index)]"
    let network = PublicNetwork(spec.config)
    if !network.ipv4, !network.ipv6 {
      return .wrong([
        Violation(
          path: "\(path).config",
          message: "public_ipv4 and public_ipv6 are both false: nothing could reach the instance")
      ])
    }
    let plans = try plans()
    guard let plan = plans.first(where: { $0.id == spec.type }) else {
      return .wrong([
        Violation(
          path: "\(path).type", message: "Vultr has no plan '\(spec.type)'",
          allowed: plans.filter(\.isOnDemand).map(\.id).nearest(to: spec.type))
      ])
    }
    var violations: [Violation] = []
    if !plan.isOnDemand {
      violations.append(
        Violation(
          path: "\(path).type", message: "'\(plan.id)' cannot be bought by the hour",
          allowed: plans.filter { $0.isOnDemand && ($0.locations ?? []).contains(spec.location) }.map(\.id)
            .nearest(to: plan.id)))
    }
    let places = plan.locations ?? []
    if !places.isEmpty, !places.contains(spec.location) {
      violations.append(
        Violation(
          path: "\(path).location", message: "'\(plan.id)' is not sold in '\(spec.location)'",
          allowed: places.nearest(to: spec.location)))
    }
    let systems = try systems().filter { $0.architecture == Self.architecture }
    let image = systems.filter { $0.image == spec.image }.max { $0.id < $1.id }
    if image == nil {
      violations.append(
        Violation(
          path: "\(path).image", message: "Vultr has no image '\(spec.image)' for \(Self.architecture)",
          allowed: systems.map(\.image).nearest(to: spec.image)))
    }
    guard let image, violations.isEmpty else { return .wrong(violations) }
    if places.isEmpty { return .soldOut("\(plan.id) is out of stock in every region") }
    guard try stock(spec.location).contains(plan.id) else {
      return .soldOut("\(plan.id) is out of stock in \(spec.location)")
    }
    let derived = "Vultr states no hourly price for \(plan.id); it is taken for a 672nd of the month's"
    return .holds(
      ValidatedPlacement(
        index: index, type: plan.id, location: spec.location, imageId: String(image.id),
        architecture: Self.architecture, vcpu: plan.vcpu, memoryMb: plan.memoryMb, diskGb: plan.diskGb,
        price: plan.price, warnings: plan.isHourlyDerived ? [derived] : []))
  }

  /// Every plan.
  func plans() throws(CloudFailure) -> [Plan] {
    Array(try api.list(Plan.self, "/plans", cacheTtlS: Self.listTtlS).items.values)
  }

  /// Every region.
  func regions() throws(CloudFailure) -> [Region] {
    Array(try api.list(Region.self, "/regions", cacheTtlS: Self.listTtlS).items.values)
  }

  /// Every operating system that can be installed.
  func systems() throws(CloudFailure) -> [OperatingSystem] {
    try api.list(OperatingSystem.self, "/os", cacheTtlS: Self.listTtlS).items.values.filter(\.isInstallable)
  }

  /// Plans that can be bought in a region now.
  func stock(_ region: String) throws(CloudFailure) -> Set<String> {
    let path = "/regions/\(PercentEncoding.encode(region))/availability"
    return Set(try api.send(CloudRequest(.get, path, cacheTtlS: Self.stockTtlS), as: Availability.self).plans)
  }
}
