package import Model

/// What requests to a cloud are for, the most urgent first.
package enum RequestClass: String, Sendable, Hashable, CaseIterable {
  /// Ends of what is billed, and looks that decide whether something exists.
  case ending
  /// Everything that a new machine needs.
  case provision
  /// Looks at what is known to exist.
  case poll
  /// Lists, catalogs, and tests of the account.
  case catalog

  /// Percent of the account's budget that is kept for it, and its weight where a dry budget fills up again.
  package var share: Int {
    switch self {
    case .ending: 20
    case .provision: 15
    case .poll: 10
    case .catalog: 5
    }
  }
}

/// One account's budget of requests: a bucket whose size the cloud's answers tell, and in it a reserve for each class.
///
/// A request takes from what nobody has reserved, and where that is used up from the reserve of its own class: no class
/// can starve another one. What refills goes into the reserves first, by their weights. Pure.
package struct RequestBudget: Sendable, Hashable {
  /// Requests an hour, as the cloud last said or, until it did, the plugin's manifest.
  package private(set) var perHour: Int
  /// When the cloud last said what is left; nil: it has not yet.
  package private(set) var heardAt: Instant?
  /// Requests held back so far.
  package private(set) var held = 0
  /// Thousandths of requests that nobody has reserved.
  private var common: Int64
  /// The same, reserved.
  private var reserves: [RequestClass: Int64] = [:]
  private var asOf: Instant

  private static let one: Int64 = 1_000
  private static let weights = Int64(RequestClass.allCases.reduce(0) { $0 + $1.share })

  /// Makes a full one; `perHour` counts as 1 ... 100,000,000.
  package init(perHour: Int, at now: Instant) {
    self.perHour = Self.believed(perHour)
    asOf = now
    common = 0
    for each in RequestClass.allCases { reserves[each] = reserveSize(each) }
    common = size - total
  }

  /// Requests that are left, rounded down.
  package var left: Int { Int(total / Self.one) }

  /// Requests that are reserved for a class now, rounded down.
  package func reserved(_ each: RequestClass) -> Int { Int((reserves[each] ?? 0) / Self.one) }

  /// Takes one request, or says after how many milliseconds there is one; at most an hour.
  package mutating func take(_ each: RequestClass, at now: Instant) -> Int64? {
    refill(at: now)
    if common >= Self.one {
      common -= Self.one
      return nil
    }
    let own = reserves[each] ?? 0
    if own >= Self.one {
      reserves[each] = own - Self.one
      return nil
    }
    held += 1
    let anHour: Int64 = 3_600_000
    let pace = max(1, Int64(perHour) * Self.one * Int64(each.share) / Self.weights)
    return min(anHour, (Self.one - own) * anHour / pace + 1)
  }

  /// The cloud said how large its budget is and what is left of it; nonsense is ignored. True where the size is new.
  package mutating func learn(limit: Int?, remaining: Int?, at now: Instant) -> Bool {
    refill(at: now)
    var isNew = false
    if let limit, limit > 0 {
      isNew = Self.believed(limit) != perHour
      perHour = Self.believed(limit)
      trim()
    }
    if let remaining, remaining >= 0 {
      heardAt = now
      let told = min(Int64(min(remaining, 100_000_000)) * Self.one, size)
      if told < total { lose(total - told) } else { gain(told - total) }
    }
    return isNew
  }

  private var size: Int64 { Int64(perHour) * Self.one }
  private var total: Int64 { reserves.values.reduce(common, +) }

  private static func believed(_ perHour: Int) -> Int { min(max(perHour, 1), 100_000_000) }

  private func reserveSize(_ each: RequestClass) -> Int64 { max(Self.one, size / 100 * Int64(each.share)) }

  private mutating func refill(at now: Instant) {
    let elapsed = min(now - asOf, 3_600_000)
    guard elapsed > 0 else { return }
    // Below a thousandth nothing is gained, and nothing forgotten.
    let gained = elapsed * size / 3_600_000
    guard gained > 0 else { return }
    gain(gained)
    asOf = now
  }

  private mutating func gain(_ amount: Int64) {
    var rest = min(amount, max(0, size - total))
    for each in RequestClass.allCases {
      let room = max(0, reserveSize(each) - (reserves[each] ?? 0))
      let part = min(room, amount * Int64(each.share) / Self.weights, rest)
      reserves[each, default: 0] += part
      rest -= part
    }
    // What the reserves of others had no room for goes to those that have, the most urgent first.
    for each in RequestClass.allCases {
      let part = min(max(0, reserveSize(each) - (reserves[each] ?? 0)), rest)
      reserves[each, default: 0] += part
      rest -= part
    }
    common += rest
  }

  private mutating func lose(_ amount: Int64) {
    let fromCommon = min(common, amount)
    common -= fromCommon
    var rest = amount - fromCommon
    // The least urgent first: others spend from the same budget, and an end must still find something.
    for each in RequestClass.allCases.reversed() {
      let part = min(reserves[each] ?? 0, rest)
      reserves[each, default: 0] -= part
      rest -= part
    }
  }

  private mutating func trim() {
    for each in RequestClass.allCases {
      let most = reserveSize(each)
      let over = max(0, (reserves[each] ?? 0) - most)
      reserves[each, default: 0] -= over
      common += over
    }
    common = max(0, min(common, size - (total - common)))
  }
}
