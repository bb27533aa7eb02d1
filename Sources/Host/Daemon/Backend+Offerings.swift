package import Control
import Core
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
        .invalidSpec, "offering \(new.name): unknown readiness", expected: "cloud, ssh or recipe", found: new.readiness)
    }
    guard let recipe = new.recipe else { return try await store(new, readiness, nil) }
    guard await recipes.hold(recipe.name.recipe) else {
      throw recipeDesk.unknown(recipe.name.recipe, among: await recipes.all.map(\.name))
    }
    do throws(ControlFailure) {
      let view = try await store(new, readiness, try await recipeDesk.use(recipe, of: new.name))
      await recipes.release(recipe.name.recipe)
      return view
    } catch {
      await recipes.release(recipe.name.recipe)
      throw error
    }
  }

  private func store(
    _ new: NewOffering, _ readiness: Readiness, _ recipe: RecipeUse?
  ) async throws(ControlFailure) -> OfferingView {
    let config = try await stored { String(decoding: try JSONEncoder().encode(new.config), as: UTF8.self) }
    var offering = Offering(
      name: new.name,
      placements: new.placements.map {
        Placement(account: $0.account, type: $0.type, location: $0.location, image: $0.image, config: config)
      }, readiness: readiness,
      provisionDeadlineMs: new.provisionDeadlineS.map { Int64($0) * 1_000 }
        ?? Int64(settings.provisionDeadlineS) * 1_000 + (recipe?.timeoutMs ?? 0), addedAt: clock.now(), recipe: recipe)
    offering.onFailure =
      switch new.onFailure {
      case "next": .next
      case "keep": .keep(forMs: Int64(new.keepForS ?? 3_600) * 1_000)
      default: nil
      }
    offering.removesAccess = new.removesAccess == true ? true : nil
    if let recipe, offering.provisionDeadlineMs <= recipe.timeoutMs {
      throw ControlFailure(
        .invalidSpec, "offering \(new.name): a provision is to be decided before its recipe has had its time",
        expected: "provision_deadline_s above \(recipe.timeoutMs / 1_000)",
        found: "\(offering.provisionDeadlineMs / 1_000)", remedy: "leave provision_deadline_s out, or raise it")
    }
    offering.notify = try await targets(new.notify, of: new.name)
    try await stored { try await registry.put(offering) }
    return OfferingView(offering, nil)
  }

  /// Offerings by name, those with or without a recipe where that is asked for.
  package func offerings(hasRecipe: Bool?) async throws(ControlFailure) -> [OfferingView] {
    var views: [OfferingView] = []
    for offering in await registry.allOfferings where hasRecipe == nil || hasRecipe == (offering.recipe != nil) {
      views.append(OfferingView(offering, await registry.standing(offering.name)))
    }
    return views
  }

  /// One offering.
  package func offering(_ name: String) async throws(ControlFailure) -> OfferingView {
    OfferingView(try await known(name), await registry.standing(name))
  }

  func known(_ name: String) async throws(ControlFailure) -> Offering {
    guard let offering = await registry.offering(name) else {
      throw notFound("offering", name, among: await registry.allOfferings.map(\.name))
    }
    return offering
  }

  /// Asks the clouds whether each placement holds now. Whoever asks is shown the prices: later ones are held against them.
  package func validateOffering(_ name: String) async throws(ControlFailure) -> ValidationView {
    let offering = try await known(name)
    let answers = await checker.answers(of: offering, now: true)
    let old = await registry.standing(name)
    let new = StandingVerdict.judge(offering, answers, after: old, isSeen: true, at: clock.now())
    // The answer is the clouds', whether or not there is room to remember it.
    try? await registry.put(new, of: offering)
    let checks = zip(offering.placements, answers).map { placement, answer in
      var change: String?
      if case .holds(let resolved) = answer {
        change = StandingVerdict.change(
          from: old?.prices.first { $0.placement == placement }?.price, to: resolved.price)
      }
      return PlacementCheckView(placement, answer, change: change)
    }
    return ValidationView(offering: name, holds: checks.contains { $0.holds }, placements: checks)
  }

  /// Forgets an offering.
  package func removeOffering(_ name: String) async throws(ControlFailure) {
    _ = try await known(name)
    try await stored { try await registry.removeOffering(name) }
  }

  /// What is wrong with offerings, a line each. Want of stock is a matter of the day, and counts only where an offering
  /// has nothing else left.
  func offeringWarnings() async -> [String] {
    var lines: [String] = []
    for offering in await registry.allOfferings {
      guard let standing = await registry.standing(offering.name) else { continue }
      let unbuyable = Set(standing.warnings.filter { $0.kind == .stock || $0.kind == .gone }.map(\.placement))
      let isGone = offering.placements.allSatisfy { unbuyable.contains($0) }
      lines += standing.warnings.filter { $0.kind != .stock || isGone }.map { $0.line(of: offering.name) }
    }
    return lines
  }
}
