package import Model

/// Who is limited.
package enum Spender: Hashable, Sendable {
  case account(String)
  case tenant(String)

  /// For people.
  package var text: String {
    switch self {
    case .account(let name): "account \(name)"
    case .tenant(let name): name.isEmpty ? "the tenant without a name" : "tenant \(name)"
    }
  }
}

/// What accounts and tenants have and have made, by the ledger and by the commits that are on their way into it.
///
/// It is a sum of shares, one for each resource, and counts no more than the resources themselves say: after a restart it
/// is summed up anew.
package struct Usage: Hashable, Sendable {
  /// What one of them has.
  package struct Figures: Hashable, Sendable {
    /// Resources alive.
    package var alive = 0
    /// Of those, the ones whose price is known to be 0.
    package var free = 0
    /// Of those, the ones whose price is above 0, or was asked for and is not told.
    package var paid = 0
    /// What they cost in an hour, millionths by currency, as far as that is known.
    package var hourly: [String: Int64] = [:]
    /// Resources that are about to make something.
    package var reserved = 0
    /// Creates by the minute in which they were decided.
    var creates: [Int64: Int] = [:]

    /// Creates of the last hour; one of up to a minute more counts too.
    package func creates(at now: Instant) -> Int {
      let first = Usage.minute(now) - 60
      return creates.reduce(0) { $1.key >= first ? $0 + $1.value : $0 }
    }
  }

  /// What one resource adds.
  package struct Share: Hashable, Sendable {
    struct Create: Hashable, Sendable {
      var spender: Spender
      var minute: Int64
    }
    var spenders: [Spender] = []
    var account: String?
    var isReserved = false
    var price: Price?
    /// Whether the cloud was asked for its price.
    var isPriced = false
    var creates: [Create] = []
  }

  private var table: [Spender: Figures] = [:]
  /// The latest minute of a create: what is an hour older is forgotten.
  private var latest: Int64 = 0

  /// Nothing at all.
  package init() {}

  static func minute(_ at: Instant) -> Int64 { at.ms / 60_000 }

  /// What somebody has; with `besides`, without what that share says is alive or about to be made.
  package func figures(of spender: Spender, besides share: Share? = nil) -> Figures {
    var figures = table[spender] ?? Figures()
    if let share { Self.add(share, to: &figures, of: spender, times: -1) }
    return figures
  }

  /// Puts a resource's new share in the place of the one before.
  mutating func replace(_ old: Share?, by new: Share?) {
    guard old != new else { return }
    if let old { add(old, times: -1) }
    if let new { add(new, times: 1) }
  }

  private mutating func add(_ share: Share, times: Int) {
    for spender in share.spenders {
      Self.add(share, to: &table[spender, default: Figures()], of: spender, times: times)
    }
    for create in share.creates {
      if create.minute > latest { latest = create.minute }
      guard create.minute >= latest - 60 else { continue }
      let creates = table[create.spender]?.creates ?? [:]
      let count = (creates[create.minute] ?? 0) + times
      table[create.spender, default: Figures()].creates[create.minute] = count > 0 ? count : nil
      guard creates.count > 61 else { continue }
      table[create.spender]?.creates = creates.filter { $0.key >= latest - 60 }
    }
    for spender in share.spenders where table[spender] == Figures() { table[spender] = nil }
  }

  private static func add(_ share: Share, to figures: inout Figures, of spender: Spender, times: Int) {
    guard share.spenders.contains(spender) else { return }
    figures.alive += times
    if share.isPriced {
      if share.price?.isFree == true { figures.free += times } else { figures.paid += times }
    }
    if let price = share.price {
      let sum = (figures.hourly[price.currency] ?? 0) &+ price.hourly.micros &* Int64(times)
      figures.hourly[price.currency] = sum == 0 ? nil : sum
    }
    if share.isReserved, case .account = spender { figures.reserved += times }
  }
}

extension ResourceMachine {
  /// What it adds to what its account and its tenant have.
  package var share: Usage.Share {
    var share = Usage.Share()
    let tenant = Spender.tenant(resource.tenant)
    if let first = resource.operations.first, first.kind == .provision {
      share.creates.append(Usage.Share.Create(spender: tenant, minute: Usage.minute(first.acceptedAt)))
      share.creates += resource.attempts.compactMap { id in
        attempts[id].map {
          Usage.Share.Create(spender: .account($0.placement.account), minute: Usage.minute(id.time))
        }
      }
    }
    guard !resource.state.isFinal else { return share }
    share.spenders = [tenant]
    if case .requested(let selection) = resource.state, resource.goal != .absent {
      let placements = resource.offering.placements
      share.account = placements.indices.contains(selection.index) ? placements[selection.index].account : nil
      share.isReserved = true
      share.price = selection.resolved?.price
      share.isPriced = selection.resolved != nil
    } else if let last = resource.attempts.last {
      share.account = attempts[last]?.placement.account
      share.price = resource.price
      share.isPriced = true
    }
    if let account = share.account { share.spenders.append(.account(account)) }
    return share
  }
}
