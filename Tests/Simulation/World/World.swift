import Core
import Model

/// A broken rule, with what led to it.
package struct Violation: Error, Sendable, CustomStringConvertible {
  /// The rule.
  package var rule: String
  /// The seed that shows it.
  package var seed: UInt64
  /// The faults that were on.
  package var faults: [Fault]
  /// The whole story.
  package var story: [String]

  /// Makes a violation.
  package init(rule: String, seed: UInt64, faults: [Fault], story: [String]) {
    self.rule = rule
    self.seed = seed
    self.faults = faults
    self.story = story
  }

  /// For people: the rule, what was on, and the last lines of the story.
  package var description: String {
    "seed \(seed): \(rule)\n  with: \(faults.map(\.rawValue).joined(separator: ", "))\n"
      + story.suffix(60).map { "    \($0)" }.joined(separator: "\n")
  }
}

/// One seed's world: a host that dies, a ledger that remembers, two cloud accounts that misbehave and whose stock flips,
/// users who change their minds.
package struct World {
  let seed: UInt64
  let without: Set<Fault>
  var random: Randomness
  /// The world's time; the host has its own.
  var now = Instant(ms: 1_700_000_000_000)
  var engine: Engine?
  var boots = 0
  var aliveSince = Instant(ms: 0)
  /// How far the host's clock is ahead of the world's, since this start of it.
  var skew: Int64 = 0
  /// The host handles nothing before.
  var pausedUntil = Instant(ms: 0)
  /// When the host next wakes by itself; nil: nothing is due.
  var plannedWake: Instant?
  /// The ledger has no room before.
  var fullUntil = Instant(ms: 0)
  var table: [LedgerKey: (version: UInt64, record: Record)] = [:]
  /// The latest instant of the host at which something was stored.
  var ledgerTime = Instant(ms: 0)
  /// Commits on their way.
  var flights: [UInt64: [RecordWrite]] = [:]
  var calls: [UInt64: Call] = [:]
  /// Creates whose plugin died after the request had left: the broker still hears the answer.
  var orphans: [UInt64: Call] = [:]
  var looks: [UInt64: (account: String, entries: [LookEntry])] = [:]
  var numbers: UInt64 = 0
  var cloud: AbstractCloud
  var faults: Faults
  var agenda = Agenda<Happening>()
  /// What happened, line by line.
  package private(set) var story: [String] = []
  var tally = Tally()
  var rules = Rules()
  var policy: Policy
  /// What is known of each account's cloud.
  let limits: [String: CloudLimits]
  /// Accounts whose plugin lies.
  var liars: Set<String> = []
  /// What the host was told of each account's identity.
  var identityHolds: [String: Bool] = [:]
  /// Resources of which something changed in this step.
  var touched: Set<ULID> = []
  /// Faults stop here.
  let calmAt: Instant
  /// Everything has to be at rest here.
  let endAt: Instant
  private var isCalm = false
  /// How often each attempt's object was told to start, stop or boot: what the plugin's cookie says.
  var cookies: [ULID: Int] = [:]
  /// What sweeps found, by account; kept beside the ledger, and as durable.
  var findings: [String: [CloudFinding]] = [:]
  /// Whether sweeps may end anything.
  var sweepsEnd = false
  /// A source of its own, so that sweeps leave the rest of a story as it was.
  var sweeps: Randomness
  /// Clouds that are not the world's own; nil: it has its own.
  let clouds: (any OutsideClouds)?
  /// What is to be run outside in this step.
  var errands: [Task] = []

  /// Something to be run outside.
  enum Task: Sendable {
    case call(Call)
    case look(UInt64)
    case list(String)
  }

  /// What can happen. `boot` says to which start of the host it belongs; a dead host hears nothing.
  enum Happening: Sendable {
    case durable(boot: Int, UInt64)
    case acknowledged(boot: Int, UInt64)
    case commitRefused(boot: Int, UInt64, LedgerError)
    case wake(boot: Int)
    case leave(call: UInt64, boot: Int)
    /// Bytes that the kernel sends after its process died.
    case straggle(Call)
    case answer(call: UInt64, boot: Int, EffectResult)
    case execute(ULID, account: String, isExcused: Bool)
    /// A create that was held back outside.
    case held(UInt64)
    case look(boot: Int, UInt64)
    case looked(boot: Int, UInt64, LookResult)
    case order(Order)
    case terminate(Int)
    case power(Int, PowerAction)
    case upgrade(Int, RecipeUse)
    case cancelRun(Int)
    case reveal(Int)
    case release(Int)
    case restart
    case delete(object: String, account: String)
    case switchOff(object: String, account: String, isOff: Bool)
    case flip(String)
    case breakToken(String, AbstractCloud.Token)
    case replaceToken(String, AbstractCloud.Token)
    case identityChecked(String, boot: Int)
    case sweep(String)
    case swept(String, boot: Int, Listing)
    case workerDies(String)
    case pause
  }

  /// Makes the world of a seed; `without` are the faults that are switched off, `clouds` those that take the place of the
  /// world's own.
  package init(seed: UInt64, without: Set<Fault> = [], clouds: (any OutsideClouds)? = nil) {
    self.seed = seed
    self.without = without
    self.clouds = clouds
    random = Randomness(seed: seed)
    sweeps = Randomness(seed: seed ^ 0x5eed)
    faults = Faults(seed: seed, without: clouds == nil ? without : without.union(Self.onlyAbstract))
    let accounts = clouds?.accounts.map(\.name) ?? ["a", "b"]
    var unique: Set<String> = []
    for account in accounts where random.next() % 2 == 0 { unique.insert(account) }
    cloud = AbstractCloud(uniqueNames: unique)
    policy = Policy()
    policy.latePoll = 120_000
    policy.terminateDeadline = 600_000
    policy.powerDeadline = 120_000
    policy.sweepGrace = 300_000
    // In some worlds creates are dear: a burst of two, then one in three minutes.
    let isPoor = random.next() % 4 == 0 && clouds == nil
    if isPoor { (policy.createShare, policy.pollShare) = (1, 90) }
    var limits: [String: CloudLimits] = [:]
    for account in accounts {
      limits[account] = CloudLimits(
        settleMs: 15_000, lateWindowMs: 1_200_000, uniqueNames: unique.contains(account), pollBatch: 20,
        requestsPerHour: isPoor ? 2_000 : 36_000)
      identityHolds[account] = true
    }
    for account in clouds?.accounts ?? [] {
      var known = account.limits
      known.lateWindowMs = 1_200_000
      limits[account.name] = known
    }
    self.limits = limits
    calmAt = now + 900_000
    endAt = now + 4_500_000
    for account in accounts { rules.budgets[account] = Budget(limits[account], policy: policy, at: now) }
    planUsers(accounts)
    agenda.plan(.restart, at: now)
    planClouds(accounts)
    planSweeps(accounts)
  }

  /// Runs to the end. Throws the first broken rule.
  package mutating func run() throws(Violation) -> Tally {
    while advance() {
      try check()
      if engine != nil, now >= pausedUntil { mayDie() }
    }
    try checkEnd()
    return tally
  }

  /// What happens next, happens; false at the end.
  mutating func advance() -> Bool {
    guard let (at, item) = agenda.take(), at <= endAt else { return false }
    now = max(now, at)
    tally.steps += 1
    if now >= calmAt, !isCalm { calm() }
    mirror()
    happen(item)
    return true
  }

  mutating func mayDie() {
    if chance(.hostDies) { return die() }
    if chance(.hostPauses) { pause() }
    if chance(.workerDies) { agenda.plan(.workerDies(random.next() % 2 == 0 ? "a" : "b"), at: now) }
    if chance(.ledgerFull) {
      fullUntil = now + delay(20_000)
      tell("the ledger is full for \(fullUntil - now) ms")
    }
  }

  mutating func chance(_ fault: Fault) -> Bool {
    guard faults.happens(fault) else { return false }
    tally.faults[fault, default: 0] += 1
    return true
  }

  /// From here on nothing goes wrong any more.
  private mutating func calm() {
    isCalm = true
    faults.stop()
    for pair in cloud.soldOut { stock(pair, isThere: true) }
    cloud.restock()
    tell("nothing goes wrong any more")
  }

  mutating func tell(_ line: String) { story.append("\(now.ms - 1_700_000_000_000) ms  \(line)") }

  /// Some milliseconds up to `most`.
  mutating func delay(_ most: UInt64) -> Int64 { 1 + Int64(random.next() % most) }

  /// The host's own time.
  var hostNow: Instant { now + skew }

  func violation(_ rule: String) -> Violation {
    Violation(
      rule: rule, seed: seed, faults: tally.faults.keys.sorted().filter { !without.contains($0) }, story: story)
  }
}
