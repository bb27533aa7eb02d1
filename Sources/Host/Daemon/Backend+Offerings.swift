package import Control
import FoundationEssentials
import Model
import PluginMessages

extension Backend {
  /// Stores an offering.
  package func addOffering(_ new: NewOffering) async throws(ControlFailure) -> OfferingView {
    guard await registry.offering(new.name) == nil else {
      throw ControlFailure(
        .alreadyExists, "offering \(new.name) exists",
        remedy: "choose another name, or `slipway offering remove \(new.name)`")
    }
    let known = await registry.allAccounts.map(\.name)
    for (index, placement) in new.placements.enumerated() where !known.contains(placement.account) {
      throw ControlFailure(
        .invalidSpec, "offering \(new.name): there is no account \(placement.account)", found: placement.account,
        remedy: "add it first: `slipway account add \(placement.account) --plugin PLUGIN`",
        violations: [
          ViolationView(path: "placements[\(index)].account", message: "no such account", allowed: known)
        ])
    }
    for plugin in Set(
      await registry.allAccounts.filter { new.placements.map(\.account).contains($0.name) }.map(\.plugin))
    {
      try await require(JSONValue(new.config), fits: .config, of: plugin, for: "offering \(new.name)")
    }
    guard let readiness = Readiness(rawValue: new.readiness) else {
      throw ControlFailure(
        .invalidSpec, "offering \(new.name): unknown readiness", expected: "cloud or ssh", found: new.readiness)
    }
    let config = try await stored { String(decoding: try JSONEncoder().encode(new.config), as: UTF8.self) }
    let offering = Offering(
      name: new.name,
      placements: new.placements.map {
        Placement(account: $0.account, type: $0.type, location: $0.location, image: $0.image, config: config)
      }, readiness: readiness,
      provisionDeadlineMs: Int64(new.provisionDeadlineS ?? settings.provisionDeadlineS) * 1_000, addedAt: clock.now())
    try await stored { try await registry.put(offering) }
    return OfferingView(offering)
  }

  /// All offerings, by name.
  package func offerings() async throws(ControlFailure) -> [OfferingView] {
    await registry.allOfferings.map { OfferingView($0) }
  }

  /// One offering.
  package func offering(_ name: String) async throws(ControlFailure) -> OfferingView {
    OfferingView(try await known(name))
  }

  func known(_ name: String) async throws(ControlFailure) -> Offering {
    guard let offering = await registry.offering(name) else {
      throw notFound("offering", name, among: await registry.allOfferings.map(\.name))
    }
    return offering
  }

  /// Asks the clouds whether each placement holds now.
  package func validateOffering(_ name: String) async throws(ControlFailure) -> ValidationView {
    let offering = try await known(name)
    var checks: [PlacementCheckView] = []
    for placement in offering.placements { checks.append(await check(placement)) }
    return ValidationView(offering: name, holds: checks.contains { $0.holds }, placements: checks)
  }

  private func check(_ placement: Placement) async -> PlacementCheckView {
    func fails(_ failure: ControlFailure) -> PlacementCheckView {
      PlacementCheckView(placement: PlacementView(placement), holds: false, failure: failure)
    }
    guard let account = await registry.account(placement.account) else {
      return fails(notFound("account", placement.account, among: await registry.allAccounts.map(\.name)))
    }
    let request = ValidateRequest(account: verbs.context(account), placements: [verbs.spec(placement)])
    let answer: VerbAnswer<ValidateReply> = await verbs.call(.validate, on: account, request)
    switch answer.result {
    case .failure(let told): return fails(ControlFailure(told.failure))
    case .success(let reply):
      guard let told = reply.placements.first(where: { $0.index == 0 }) else {
        return fails(
          ControlFailure(.noCapacity, "\(placement.type) is out of stock in \(placement.location)"))
      }
      let resolved = ResolvedPlacement(told)
      return PlacementCheckView(
        placement: PlacementView(placement), holds: true, imageId: resolved.imageID,
        architecture: resolved.architecture, vcpu: resolved.vcpu, memoryMb: resolved.memoryMB,
        diskGb: resolved.diskGB, price: resolved.price.map { PriceView($0) }, warnings: resolved.warnings)
    }
  }

  /// Forgets an offering.
  package func removeOffering(_ name: String) async throws(ControlFailure) {
    _ = try await known(name)
    try await stored { try await registry.removeOffering(name) }
  }
}
