/// What is wrong with a placement of an offering, or will be.
package struct OfferingWarning: Codable, Hashable, Sendable {
  /// The kinds.
  package enum Kind: String, Codable, Hashable, Sendable {
    /// The cloud's own words: a coming end with its date, low stock.
    case notice
    /// It costs something else than when a person last saw the price.
    case price
    /// It can never work any more.
    case gone
    /// It is out of stock.
    case stock
  }
  /// What it is.
  package var kind: Kind
  /// The placement.
  package var placement: Placement
  /// Since when.
  package var since: Instant
  /// One sentence.
  package var text: String

  /// Makes a warning.
  package init(kind: Kind, placement: Placement, since: Instant, text: String) {
    self.kind = kind
    self.placement = placement
    self.since = since
    self.text = text
  }
}

/// What the clouds said of an offering when they were last asked.
package struct OfferingStanding: Codable, Hashable, Sendable {
  /// Name of the offering.
  package var offering: String
  /// When they were asked.
  package var checkedAt: Instant
  /// What a person last saw of each placement's price; a placement whose price nobody saw has none.
  package var prices: [SeenPrice]
  /// What is wrong, or will be.
  package var warnings: [OfferingWarning]

  /// A price as a person last saw it.
  package struct SeenPrice: Codable, Hashable, Sendable {
    /// The placement.
    package var placement: Placement
    /// What it cost.
    package var price: Price

    /// Makes it.
    package init(placement: Placement, price: Price) {
      self.placement = placement
      self.price = price
    }
  }

  /// Makes a standing.
  package init(offering: String, checkedAt: Instant, prices: [SeenPrice] = [], warnings: [OfferingWarning] = []) {
    self.offering = offering
    self.checkedAt = checkedAt
    self.prices = prices
    self.warnings = warnings
  }
}
