import Core
import Model

/// A broken rule, with what led to it.
package struct Violation: Error, Sendable, CustomStringConvertible {
  /// The rule.
  package var rule: String
  /// The seed that shows it.
  package var seed: UInt64
  /// The last lines of the story.
  package var story: [String]

  /// For people.
  package var description: String {
    "seed \(seed): \(rule)\n" + story.suffix(60).map { "    \($0)" }.joined(separator: "\n")
  }
}

/// What one run went through.
package struct Tally: Sendable {
  package var steps = 0
  package var deaths = 0
  package var creates = 0
  package var handedOver = 0
  package var faults: [String: Int] = [:]
  package var states: [String: Int] = [:]
  /// Milliseconds for which more objects than wanted existed.
  package var twinMs: Int64 = 0

  /// An empty tally.
  package init() {}

  /// Adds another run's.
  package mutating func add(_ other: Tally) {
    steps += other.steps
    deaths += other.deaths
    creates += other.creates
    handedOver += other.handedOver
    twinMs += other.twinMs
    faults.merge(other.faults, uniquingKeysWith: +)
    states.merge(other.states, uniquingKeysWith: +)
  }
}

/// One seed's world: a host that dies, a ledger that remembers, two cloud accounts that misbehave and whose stock flips,
/// users who change their minds.
package struct World {
  let seed: UInt64
  var random: Randomness
  var now = Instant(ms: 1_700_000_000_000)
  var engine: Engine?
  var boots = 0
  var lastStart = Instant(ms: 0)
  var table: [LedgerKey: (version: UInt64, record: Record)] = [:]
  var cloud: AbstractCloud
  var faults: Faults
  var agenda = Agenda<Happening>()
  var story: [String] = []
  var tally = Tally()
  var rules = Rules()
  var policy: Policy
  /// What is known of each account's cloud.
  let limits: [String: CloudLimits]
  /// Faults stop here.
  let calmAt: Instant
  /// Everything has to be at rest here.
  let endAt: Instant

  /// What can happen. `boot` says to which start of the host it belongs; a dead host hears nothing.
  enum Happening: Sendable {
    case engine(boot: Int, EngineEvent)
    case durable(boot: Int, UInt64, [RecordWrite])
    case wake(boot: Int)
    case request(boot: Int, Effect, Resource, Attempt?)
    case execute(ULID, account: String)
    case look(boot: Int, UInt64, account: String, [LookEntry])
    case order(Order)
    case terminate(Int)
    case restart
    case fail(object: String)
    case flip(String)
    case breakToken(String)
    case replaceToken(String)
  }

  /// Makes the world of a seed.
  package init(seed: UInt64) {
    self.seed = seed
    random = Randomness(seed: seed)
    faults = Faults(random: &random)
    let accounts = ["a", "b"]
    var unique: Set<String> = []
    for account in accounts where random.next() % 2 == 0 { unique.insert(account) }
    cloud = AbstractCloud(uniqueNames: unique)
    limits = Dictionary(
      accounts.map { account in
        (
          account,
          CloudLimits(
            settleMs: 15_000, lateWindowMs: 1_200_000, uniqueNames: unique.contains(account), pollBatch: 20,
            requestsPerHour: 36_000)
        )
      }, uniquingKeysWith: { first, _ in first })
    policy = Policy()
    policy.latePoll = 120_000
    policy.terminateDeadline = 600_000
    calmAt = now + 900_000
    endAt = now + 4_500_000
    let orders = 1 + Int(random.next() % 3)
    for index in 0..<orders {
      let readiness = Readiness.allCases[Int(random.next() % UInt64(Readiness.allCases.count))]
      let placements = (0..<(1 + Int(random.next() % 3))).map { number in
        Placement(account: accounts[Int(random.next() % 2)], type: "t\(number)", location: "l", image: "i")
      }
      var offering = Offering(
        name: "o", placements: placements, readiness: readiness,
        provisionDeadlineMs: 60_000 + Int64(random.next() % 300_000))
      if readiness == .recipe {
        offering.recipe = RecipeUse(
          id: random.id(at: now), recipe: "r", version: 1, sha256: "", idempotent: random.next() % 2 == 0,
          timeoutMs: 60_000)
        offering.onFailure = [FailurePolicy.end, .next, .keep(forMs: 300_000)][Int(random.next() % 3)]
      }
      offering.removesAccess = random.next() % 2 == 0
      let order = Order(
        caller: "c", idempotencyKey: "k\(index)", bodyDigest: "d", tenant: "t", offering: offering, sshKeys: [],
        expiresAt: nil)
      let at = now + Int64(random.next() % 20_000)
      agenda.plan(.order(order), at: at)
      if random.next() % 3 == 0 { agenda.plan(.order(order), at: at + Int64(random.next() % 5_000)) }
      if random.next() % 4 != 0 {
        agenda.plan(.terminate(index), at: at + Int64(random.next() % (random.next() % 2 == 0 ? 8_000 : 600_000)))
      }
    }
    agenda.plan(.restart, at: now)
    for account in accounts {
      for type in ["t0", "t1", "t2"] where faults.stockFlips > 0 {
        agenda.plan(.flip("\(account)/\(type)"), at: now + delay(60_000))
      }
      if chance(faults.tokenFails * 20, "token fails") {
        agenda.plan(.breakToken(account), at: now + delay(120_000))
      }
    }
  }

  /// Runs to the end. Throws the first broken rule.
  package mutating func run() throws -> Tally {
    while let (at, item) = agenda.take(), at <= endAt {
      now = max(now, at)
      tally.steps += 1
      if now >= calmAt { calm() }
      happen(item)
      try check()
      if engine != nil, chance(faults.hostDies, "host dies") { die() }
    }
    try checkEnd()
    return tally
  }

  mutating func chance(_ thousandths: Int, _ name: String) -> Bool {
    guard thousandths > 0, Int(random.next() % 1_000) < thousandths else { return false }
    tally.faults[name, default: 0] += 1
    return true
  }

  /// From here on nothing goes wrong any more.
  private mutating func calm() {
    guard faults != Faults() else { return }
    faults = Faults()
    cloud.restock()
  }

  mutating func tell(_ line: String) { story.append("\(now.ms - 1_700_000_000_000) ms  \(line)") }

  /// Some milliseconds up to `most`.
  mutating func delay(_ most: UInt64) -> Int64 { 1 + Int64(random.next() % most) }
}
