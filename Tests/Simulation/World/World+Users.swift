import Core
import Model

// What people and clouds do of their own accord.
extension World {
  mutating func planUsers(_ accounts: [String]) {
    let orders = 1 + Int(random.next() % 3)
    for index in 0..<orders {
      let readiness = Readiness.allCases[Int(random.next() % UInt64(Readiness.allCases.count))]
      let placements = (0..<(1 + Int(random.next() % 3))).map { number in
        placement(number, on: accounts[Int(random.next() % 2)])
      }
      var offering = Offering(
        name: "o", placements: placements, readiness: readiness,
        provisionDeadlineMs: 60_000 + Int64(random.next() % 300_000))
      if readiness == .recipe {
        offering.recipe = recipe(1)
        offering.onFailure = [FailurePolicy.end, .next, .keep(forMs: 300_000)][Int(random.next() % 3)]
      }
      offering.removesAccess = random.next() % 2 == 0
      let at = now + delay(20_000)
      let order = Order(
        caller: "c", idempotencyKey: "k\(index)", bodyDigest: "d", tenant: "t",
        offering: offering, sshKeys: [],
        expiresAt: chance(.expires) ? at + delay(800_000) : nil)
      agenda.plan(.order(order), at: at)
      if chance(.orderTwice) { agenda.plan(.order(order), at: at + delay(5_000)) }
      for _ in 0..<2 where chance(.userTerminates) {
        agenda.plan(.terminate(index), at: at + delay(random.next() % 2 == 0 ? 8_000 : 600_000))
      }
      for _ in 0..<4 where chance(.userPowers) {
        let action = PowerAction.allCases[Int(random.next() % 3)]
        let asked = at + delay(random.next() % 2 == 0 ? 90_000 : 700_000)
        agenda.plan(.power(index, action), at: asked)
        // Somebody in a hurry.
        agenda.plan(.power(index, PowerAction.allCases[Int(random.next() % 3)]), at: asked + delay(8_000))
      }
      for _ in 0..<2 where readiness == .recipe && chance(.userUpgrades) {
        agenda.plan(.upgrade(index, recipe(2)), at: at + delay(500_000))
      }
      for _ in 0..<6 where readiness == .recipe && chance(.userCancels) {
        agenda.plan(.cancelRun(index), at: at + delay(random.next() % 2 == 0 ? 60_000 : 600_000))
      }
      for _ in 0..<2 where chance(.userReveals) { agenda.plan(.reveal(index), at: at + delay(300_000)) }
      if chance(.userReleases) { agenda.plan(.release(index), at: at + delay(800_000)) }
    }
  }

  private func placement(_ number: Int, on account: String) -> Placement {
    guard let outside = clouds?.accounts.first(where: { $0.name == account }) else {
      return Placement(account: account, type: "t\(number)", location: "l", image: "i")
    }
    return outside.placements[number % outside.placements.count]
  }

  /// Tells the clouds outside of a change of stock.
  func stock(_ pair: String, isThere: Bool) {
    let parts = pair.split(separator: "/").map(String.init)
    if let account = parts.first, let type = parts.last { clouds?.stock(type, in: account, isThere: isThere) }
  }

  private mutating func recipe(_ version: Int) -> RecipeUse {
    RecipeUse(
      id: random.id(at: now), recipe: "r", version: version, sha256: "", idempotent: random.next() % 2 == 0,
      timeoutMs: 60_000)
  }

  mutating func planClouds(_ accounts: [String]) {
    // Strangers' objects have the ids that ours would have on the other account.
    for account in accounts {
      for _ in 0..<Int(random.next() % 3) {
        if let clouds {
          clouds.plant(in: account, at: now)
        } else {
          _ = cloud.make(nil, in: account, at: now, visible: 0, runs: 0)
        }
      }
      if chance(.pluginLies) { liars.insert(account) }
      for type in (0..<3).map({ placement($0, on: account).type }) where faults.rate(.stockFlips) > 0 {
        agenda.plan(.flip("\(account)/\(type)"), at: now + delay(60_000))
      }
      if chance(.tokenFails) {
        let token: AbstractCloud.Token = random.next() % 2 == 0 ? .revoked : .readOnly
        agenda.plan(.breakToken(account, token), at: now + delay(120_000))
        agenda.plan(.replaceToken(account, .good), at: now + 120_000 + delay(300_000))
      }
      if chance(.wrongProject) {
        agenda.plan(.replaceToken(account, .stranger), at: now + delay(300_000))
      }
    }
  }

  mutating func happenOutside(_ item: Happening) {
    switch item {
    case .order(let order):
      numbers += 1
      pump(.command(numbers, .provision(order)))
    case .terminate(let index):
      guard let machines = engine?.machines, machines.indices.contains(index) else {
        // An order that was refused (no account could be used) makes no machine.
        return now < calmAt ? agenda.plan(.terminate(index), at: now + 500) : ()
      }
      tell("user terminates resource \(index)")
      numbers += 1
      cover(machines[index].resource.id, "asked terminate")
      pump(.command(numbers, .terminate(machines[index].resource.id, reason: "user")))
    case .power(let index, let action):
      guard let machines = engine?.machines, machines.indices.contains(index) else { return }
      tell("user asks for \(action.rawValue) of resource \(index)")
      numbers += 1
      let id = machines[index].resource.id
      cover(id, "asked power")
      rules.askedPower[numbers] = (action, now)
      pump(.command(numbers, .power(id, action)))
    case .upgrade(let index, let recipe):
      guard let machines = engine?.machines, machines.indices.contains(index) else { return }
      numbers += 1
      cover(machines[index].resource.id, "asked recipe")
      pump(.command(numbers, .upgrade(machines[index].resource.id, recipe)))
    case .cancelRun(let index): ask(index, "asked cancel") { .cancelRun($0) }
    case .reveal(let index): ask(index, "asked secrets") { .reveal($0) }
    case .release(let index): ask(index, "asked release") { .release($0) }
    case .flip(let pair):
      guard faults.rate(.stockFlips) > 0 else { return }
      cloud.flip(pair)
      stock(pair, isThere: !cloud.soldOut.contains(pair))
      tally.faults[.stockFlips, default: 0] += 1
      tell("stock of \(pair) flips")
      agenda.plan(.flip(pair), at: now + 1_000 + delay(UInt64(40_000_000 / faults.rate(.stockFlips))))
    case .breakToken(let account, let token):
      cloud.tokens[account] = token
      tell("token of \(account) is \(token)")
    case .replaceToken(let account, let token): replaceToken(account, token)
    case .identityChecked(let account, let boot): identityChecked(account, boot: boot)
    case .sweep(let account): sweep(account)
    case .swept(let account, _, let listing): swept(account, listing)
    default: break
    }
  }

  private mutating func ask(_ index: Int, _ event: String, _ command: (ULID) -> Command) {
    guard let machines = engine?.machines, machines.indices.contains(index) else { return }
    let id = machines[index].resource.id
    tell("user: \(event) of resource \(index)")
    numbers += 1
    cover(id, event)
    rules.asked[numbers] = machines[index].resource
    pump(.command(numbers, command(id)))
  }

  /// The order of the daemon: nothing that is seen counts until the identity was checked under the new credential.
  private mutating func replaceToken(_ account: String, _ token: AbstractCloud.Token) {
    cloud.tokens[account] = token
    // Planned here: a host that is down or paused hears of both later, and must not hear of them in the other order.
    if token == .stranger { agenda.plan(.replaceToken(account, .good), at: now + delay(200_000)) }
    identityHolds[account] = false
    tell("token of \(account) is replaced: \(token)")
    pump(.account(facts(account)))
    pump(.credentialReplaced(account))
    agenda.plan(.identityChecked(account, boot: boots), at: now + delay(3_000))
  }

  private mutating func identityChecked(_ account: String, boot: Int) {
    guard boot == boots else { return }
    switch cloud.token(of: account) {
    case .good, .readOnly:
      identityHolds[account] = true
      pump(.accountHealthy(account, canWrite: nil))
    case .stranger:
      identityHolds[account] = false
      pump(.accountRefused(account, Failure(.unauthenticated, "another project")))
    case .revoked:
      pump(.accountRefused(account, Failure(.unauthenticated, "revoked")))
    }
    pump(.account(facts(account)))
  }

  func facts(_ account: String) -> AccountFacts {
    AccountFacts(
      name: account, plugin: clouds?.accounts.first { $0.name == account }?.plugin ?? account,
      limits: limits[account] ?? CloudLimits(),
      identityHolds: identityHolds[account] == true)
  }
}
