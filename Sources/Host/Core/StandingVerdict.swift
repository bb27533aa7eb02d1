package import Model

/// What a cloud said of one placement.
package enum PlacementAnswer: Sendable, Hashable {
  /// It can be bought.
  case holds(ResolvedPlacement)
  /// It cannot, or the cloud could not be asked.
  case fails(Failure)

  /// Whether it says something of the placement, and not of the way to the cloud or of the account.
  package var isDefinite: Bool {
    switch self {
    case .holds: true
    case .fails(let failure):
      switch failure.code {
      case .invalidSpec, .noCapacity, .unsupported, .notFound: true
      default: false
      }
    }
  }
}

/// Decides what answers of the clouds mean for an offering; warns before it cannot be bought any more.
package enum StandingVerdict {
  /// The new standing. `answers` are those of the offering's placements, in order; one that is not definite leaves what
  /// was known of its placement. `isSeen` says that a person is shown these prices, so that later ones are held against
  /// them; what nobody saw yet is taken as seen the first time.
  package static func judge(
    _ offering: Offering, _ answers: [PlacementAnswer], after old: OfferingStanding?, isSeen: Bool, at now: Instant
  ) -> OfferingStanding {
    var standing = OfferingStanding(offering: offering.name, checkedAt: now)
    for (placement, answer) in zip(offering.placements, answers) {
      let seen = old?.prices.first { $0.placement == placement }?.price
      let known = (old?.warnings ?? []).filter { $0.placement == placement }
      guard answer.isDefinite else {
        standing.warnings += known
        if let seen { standing.prices.append(.init(placement: placement, price: seen)) }
        continue
      }
      func warn(_ kind: OfferingWarning.Kind, _ text: String) {
        let since = known.first { $0.kind == kind && $0.text == text }?.since ?? now
        standing.warnings.append(OfferingWarning(kind: kind, placement: placement, since: since, text: text))
      }
      switch answer {
      case .fails(let failure):
        warn(failure.code == .noCapacity ? .stock : .gone, failure.message)
        if let seen { standing.prices.append(.init(placement: placement, price: seen)) }
      case .holds(let resolved):
        for text in resolved.warnings { warn(.notice, text) }
        if !isSeen, let change = change(from: seen, to: resolved.price) { warn(.price, change) }
        if let price = isSeen ? resolved.price ?? seen : seen ?? resolved.price {
          standing.prices.append(.init(placement: placement, price: price))
        }
      }
    }
    return standing
  }

  /// How a placement's price differs from the one that a person last saw; nil: it does not.
  package static func change(from seen: Price?, to price: Price?) -> String? {
    guard let seen else { return nil }
    guard let price else { return "costs \(text(seen)) as far as was known; the cloud does not say it any more" }
    guard seen != price else { return nil }
    let (now, then) = (text(price), text(seen))
    return now == then ? "costs \(now) as before, under other terms" : "costs \(now), and cost \(then)"
  }

  /// What of a standing is news to the one before.
  package static func news(in standing: OfferingStanding, after old: OfferingStanding?) -> [OfferingWarning] {
    standing.warnings.filter { warning in
      old?.warnings.contains {
        $0.kind == warning.kind && $0.placement == warning.placement && $0.text == warning.text
      } != true
    }
  }

  private static func text(_ price: Price) -> String {
    var text = "\(price.hourly) \(price.currency)/h"
    if let most = price.monthlyCap { text += ", at most \(most) \(price.currency)/month" }
    return text
  }
}
