package import Model

/// Holds an order, or the price of a placement, against limits; pure.
package enum Guards {
  /// Why nobody may order one more; nil: there is room.
  package static func refusal(
    _ spender: Spender, _ limits: ResourceLimits, having figures: Usage.Figures, at now: Instant
  ) -> Failure? {
    if let most = limits.maxResources, figures.alive >= most {
      return refused(
        "\(spender.text) may have no more resources", expected: "at most \(most) alive", found: "\(figures.alive)",
        remedy: "terminate one, or \(raise(spender, "max_resources"))")
    }
    let creates = figures.creates(at: now) + figures.reserved
    if let most = limits.maxCreatesPerHour, creates >= most {
      return refused(
        "\(spender.text) may make nothing more now", expected: "at most \(most) creates within an hour",
        found: "\(creates)", remedy: "order later, or \(raise(spender, "max_creates_per_hour"))")
    }
    if let most = limits.maxHourly, let spent = figures.hourly.max(by: { $0.value < $1.value }),
      spent.value >= most.micros
    {
      return refused(
        "\(spender.text) may spend no more", expected: "at most \(most) an hour",
        found: "\(Money(micros: spent.value)) \(spent.key)",
        remedy: "terminate something, or \(raise(spender, "max_hourly"))")
    }
    return nil
  }

  /// Why something of that price is not to be made; nil: it fits.
  package static func refusal(
    _ spender: Spender, _ limits: ResourceLimits, having figures: Usage.Figures, adding price: Price?
  ) -> Failure? {
    let isFree = price?.isFree == true
    if let most = isFree ? limits.maxFree : limits.maxPaid {
      let (count, word, key) = isFree ? (figures.free, "free", "max_free") : (figures.paid, "paid", "max_paid")
      if count >= most {
        return refused(
          "\(spender.text) may have no more \(word) resources", expected: "at most \(most) \(word) ones alive",
          found: "\(count)", remedy: "terminate one, or \(raise(spender, key))")
      }
    }
    guard let most = limits.maxHourly else { return nil }
    guard let price else { return unknownPrice("the hourly limit of \(spender.text)", most) }
    let sum = (figures.hourly[price.currency] ?? 0) &+ price.hourly.micros
    guard sum > most.micros else { return nil }
    return refused(
      "\(spender.text) would spend too much", expected: "at most \(most) an hour",
      found: "\(Money(micros: sum)) \(price.currency), of which \(price.hourly) for this one",
      remedy: "terminate something, or \(raise(spender, "max_hourly"))")
  }

  /// Why a price is above the order's cap; nil: it is not.
  package static func refusal(cap: Money?, _ price: Price?) -> Failure? {
    guard let cap else { return nil }
    guard let price else { return unknownPrice("the order's price cap", cap) }
    guard price.hourly > cap else { return nil }
    return refused(
      "it costs more than the order allows", expected: "at most \(cap) an hour",
      found: "\(price.hourly) \(price.currency)", remedy: "order with a higher cap, or with none")
  }

  private static func unknownPrice(_ what: String, _ most: Money) -> Failure {
    refused(
      "the cloud does not tell its price, so \(what) cannot be kept", expected: "a price of at most \(most) an hour",
      found: "none", remedy: "order without such a limit, or from another placement")
  }

  private static func raise(_ spender: Spender, _ key: String) -> String {
    switch spender {
    case .account(let name):
      "raise it: `slipway account set \(name) --\(key.map { $0 == "_" ? "-" : String($0) }.joined()) …`"
    case .tenant: "raise limits.tenant.\(key) in the daemon's configuration"
    }
  }

  private static func refused(_ message: String, expected: String, found: String, remedy: String) -> Failure {
    var failure = Failure(.quota, "\(message): \(expected), and it is \(found)", remedy: remedy)
    failure.expected = expected
    failure.found = found
    return failure
  }
}

extension ResourceMachine {
  /// Why nothing more may be made on an account, by its limits.
  func crowded(_ account: AccountState, turn: Turn) -> Failure? {
    let spender = Spender.account(account.facts.name)
    return Guards.refusal(
      spender, account.facts.guards, having: turn.usage.figures(of: spender, besides: turn.share), at: turn.now)
  }

  /// Why a placement that holds is not to be made all the same: its price.
  func tooDear(_ price: Price?, on account: String, turn: Turn) -> Failure? {
    if let failure = Guards.refusal(cap: resource.maxHourly, price) { return failure }
    let spenders = [
      (Spender.account(account), turn.accounts[account]?.facts.guards ?? ResourceLimits()),
      (Spender.tenant(resource.tenant), turn.policy.tenantLimits),
    ]
    for (spender, limits) in spenders {
      let figures = turn.usage.figures(of: spender, besides: turn.share)
      if let failure = Guards.refusal(spender, limits, having: figures, adding: price) { return failure }
    }
    return nil
  }
}
