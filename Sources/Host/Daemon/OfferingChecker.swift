import Control
import Core
import FoundationEssentials
import Model
import PluginMessages

/// Asks the clouds what they say of an offering's placements.
struct OfferingChecker: Sendable {
  let registry: Registry
  let verbs: VerbCaller
  let directory: any PluginDirectory

  /// An answer for each placement, in order; with `now`, what the clouds say now and not what they said a while ago.
  func answers(of offering: Offering, now: Bool = false) async -> [PlacementAnswer] {
    var answers: [PlacementAnswer] = []
    for placement in offering.placements { answers.append(await answer(of: placement, now: now)) }
    return answers
  }

  private func answer(of placement: Placement, now: Bool) async -> PlacementAnswer {
    guard let account = await registry.account(placement.account) else {
      return .fails(
        Failure(
          .notFound, "there is no account \(placement.account)",
          remedy: "add it: `slipway account add \(placement.account) --plugin PLUGIN`"))
    }
    if let failure = await brokenConfig(placement, plugin: account.plugin) { return .fails(failure) }
    let request = ValidateRequest(account: verbs.context(account), placements: [verbs.spec(placement)])
    var subject = CallSubject()
    subject.isAskedNow = now
    let answer: VerbAnswer<ValidateReply> = await verbs.call(.validate, on: account, request, subject: subject)
    switch answer.result {
    case .failure(let told): return .fails(told.failure)
    case .success(let reply):
      guard let told = reply.placements.first(where: { $0.index == 0 }) else {
        return .fails(Failure(.noCapacity, "\(placement.type) is out of stock in \(placement.location)"))
      }
      return .holds(ResolvedPlacement(told))
    }
  }

  /// What breaks the schema of the plugin that serves now: it may be a newer one than when the offering was added.
  private func brokenConfig(_ placement: Placement, plugin: String) async -> Failure? {
    guard let config = try? JSONDecoder().decode(JSONValue.self, from: Data(placement.config.utf8)) else { return nil }
    let found = await directory.violations(.config, in: config, plugin: plugin).map {
      Model.Violation(
        path: $0.path.isEmpty ? "config" : "config.\($0.path)", message: $0.message, allowed: $0.allowed)
    }
    guard let first = found.first else { return nil }
    return Failure(
      .invalidSpec, "\(first.path) \(first.message)",
      remedy: "add the offering again; the plugin \(plugin) declares what its config may hold", violations: found)
  }
}

extension PlacementCheckView {
  /// What a cloud said of a placement; `change` says how its price differs from the one last seen.
  init(_ placement: Placement, _ answer: PlacementAnswer, change: String?) {
    switch answer {
    case .fails(let failure):
      self.init(placement: PlacementView(placement), holds: false, failure: ControlFailure(failure))
    case .holds(let resolved):
      self.init(
        placement: PlacementView(placement), holds: true, imageId: resolved.imageID,
        architecture: resolved.architecture, vcpu: resolved.vcpu, memoryMb: resolved.memoryMB,
        diskGb: resolved.diskGB, price: resolved.price.map { PriceView($0) },
        warnings: resolved.warnings + (change.map { [$0] } ?? []))
    }
  }
}
