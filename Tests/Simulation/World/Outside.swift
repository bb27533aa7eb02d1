package import Core
package import Model

/// Clouds that are not the world's own: real plugins, whose requests simulators of the real APIs answer.
///
/// The world drives them from one task; nothing of theirs happens but in these calls.
package protocol OutsideClouds: Sendable {
  /// The accounts, in the order of their names.
  var accounts: [OutsideAccount] { get }
  /// The host starts: what lived in its memory is gone.
  func restart()
  /// Everything that exists at that instant, or did.
  func objects(at now: Instant) -> [OutsideObject]
  /// Puts an object in place that is a stranger's.
  func plant(in account: String, at now: Instant)
  /// An object vanishes.
  func vanish(_ id: String, in account: String, at now: Instant)
  /// Stock of a type comes or goes.
  func stock(_ type: String, in account: String, isThere: Bool)
  /// Carries out a create that was held back under that number.
  func release(_ number: UInt64, at now: Instant)
  /// Does what the host asked for, whole, at one instant.
  func perform(_ errand: Errand, _ weather: inout Weather) async -> ErrandEnd
}

/// One account of clouds outside.
package struct OutsideAccount: Sendable {
  /// Its name.
  package var name: String
  /// The plugin that speaks to it.
  package var plugin: String
  /// What the plugin's manifest says of the cloud.
  package var limits: CloudLimits
  /// What can be bought: three types at least.
  package var placements: [Placement]

  /// Makes an account.
  package init(name: String, plugin: String, limits: CloudLimits, placements: [Placement]) {
    self.name = name
    self.plugin = plugin
    self.limits = limits
    self.placements = placements
  }
}

/// One object as the cloud's own books show it.
package struct OutsideObject: Sendable, Hashable {
  /// Where it stands.
  package enum Standing: Sendable, Hashable { case coming, running, stopped }

  /// The cloud's id.
  package var id: String
  /// Name of its account.
  package var account: String
  /// The attempt that its label names; nil: a stranger's.
  package var attempt: ULID?
  /// When it was made.
  package var bornAt: Instant
  /// When it ended.
  package var deletedAt: Instant?
  /// Where it stands.
  package var standing: Standing
  /// Nobody could have known of it.
  package var isExcused: Bool

  /// Makes an object.
  package init(
    id: String, account: String, attempt: ULID?, bornAt: Instant, deletedAt: Instant?, standing: Standing,
    isExcused: Bool
  ) {
    self.id = id
    self.account = account
    self.attempt = attempt
    self.bornAt = bornAt
    self.deletedAt = deletedAt
    self.standing = standing
    self.isExcused = isExcused
  }
}

/// What the host asks of a plugin.
package enum Errand: Sendable {
  case effect(Effect, Resource, Attempt?, account: String)
  case look([LookEntry], account: String)
  case list(account: String)
}

/// What an errand came to.
package struct ErrandEnd: Sendable {
  /// The end of an effect.
  package var result: EffectResult?
  /// The end of a look.
  package var look: LookResult?
  /// What a listing of a whole account showed; nil: it failed.
  package var listing: Listing?
  /// Whether a request that may change something left the host.
  package var hasLeft = false
  /// Whether the cloud did what such a request asked for.
  package var wasCarriedOut = false
  /// Whether an answer was waited for in vain.
  package var isLost = false
  /// Creates that will be carried out later: their number, after how many milliseconds.
  package var held: [(number: UInt64, after: Int64)] = []

  /// Nothing yet.
  package init() {}
}

/// When an errand is run, with which token, and what goes wrong in it.
package struct Weather: Sendable {
  /// The world's time.
  package let now: Instant
  /// The host's.
  package let hostNow: Instant
  /// What the account's token is good for.
  package let token: CloudToken
  private(set) var faults: Faults
  private var random: Randomness
  /// What went wrong, and how often.
  package private(set) var hits: [Fault: Int] = [:]
  /// The story.
  package var lines: [String] = []

  init(now: Instant, hostNow: Instant, token: CloudToken, faults: Faults, random: Randomness) {
    self.now = now
    self.hostNow = hostNow
    self.token = token
    self.faults = faults
    self.random = random
  }

  /// Whether that goes wrong this time.
  package mutating func chance(_ fault: Fault) -> Bool {
    guard faults.happens(fault) else { return false }
    hits[fault, default: 0] += 1
    lines.append("fault: \(fault.rawValue)")
    return true
  }

  /// A number below `count`.
  package mutating func draw(_ count: UInt64) -> Int64 { Int64(random.next() % max(1, count)) }
}
