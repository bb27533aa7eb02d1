package import Model

/// What can go wrong in the simulated world, drawn anew for each seed; chances in thousandths.
package struct Faults: Sendable, Hashable {
  /// A request never leaves.
  package var notSent = 0
  /// A request is lost on its way; nobody answers.
  package var requestLost = 0
  /// A request is executed, its answer is lost.
  package var replyLost = 0
  /// A create is executed long after its sender gave up.
  package var executedLate = 0
  /// A create is executed twice.
  package var executedTwice = 0
  /// The cloud refuses for want of stock.
  package var outOfStock = 0
  /// The cloud is busy.
  package var busy = 0
  /// A look fails or is incomplete.
  package var lookFails = 0
  /// A limit of the account is reached.
  package var quota = 0
  /// A type in a location goes out of stock or comes back.
  package var stockFlips = 0
  /// A token is revoked, or loses the right to write; later it is replaced.
  package var tokenFails = 0
  /// An object that runs vanishes, or fails to start.
  package var objectFails = 0
  /// The host dies at a step.
  package var hostDies = 0

  /// No faults at all.
  package init() {}

  /// Draws which faults this seed has, and how often.
  init(random: inout Randomness) {
    func maybe(_ most: UInt64) -> Int { random.next() % 2 == 0 ? 0 : Int(random.next() % most) }
    notSent = maybe(200)
    requestLost = maybe(300)
    replyLost = maybe(300)
    executedLate = maybe(150)
    executedTwice = maybe(150)
    outOfStock = maybe(200)
    busy = maybe(300)
    lookFails = maybe(300)
    quota = maybe(60)
    stockFlips = maybe(120)
    tokenFails = maybe(15)
    objectFails = maybe(80)
    hostDies = maybe(30)
  }
}

/// One object in the abstract cloud.
package struct AbstractObject: Sendable, Hashable {
  package var id: String
  package var account: String
  package var attempt: ULID
  package var bornAt: Instant
  package var visibleAt: Instant
  package var runsAt: Instant
  package var failed = false
  package var deletedAt: Instant?
}

/// A cloud reduced to what matters: objects that are made, become visible, run, and are deleted; types that are in stock or
/// not; tokens that are good, may only read, or are refused. One account never sees what is another's.
struct AbstractCloud: Sendable {
  /// What an account's token is good for.
  enum Token: Sendable, Hashable {
    case good, readOnly, revoked
  }

  /// The accounts in which names are unique.
  let uniqueNames: Set<String>
  var tokens: [String: Token] = [:]
  private var soldOut: Set<String> = []
  private(set) var objects: [AbstractObject] = []
  private var made = 0

  init(uniqueNames: Set<String>) { self.uniqueNames = uniqueNames }

  func token(of account: String) -> Token { tokens[account] ?? .good }

  func isInStock(_ placement: Placement) -> Bool { !soldOut.contains("\(placement.account)/\(placement.type)") }

  /// A type of an account goes out of stock, or comes back.
  mutating func flip(_ pair: String) {
    if soldOut.remove(pair) == nil { soldOut.insert(pair) }
  }

  /// Everything is in stock again.
  mutating func restock() { soldOut = [] }

  /// Executes a create. Nil where the name is taken.
  mutating func create(
    _ attempt: ULID, in account: String, at now: Instant, random: inout Randomness, failed: Bool
  ) -> AbstractObject? {
    if uniqueNames.contains(account)
      && objects.contains(where: { $0.attempt == attempt && $0.deletedAt == nil })
    {
      return nil
    }
    made += 1
    let object = AbstractObject(
      id: "\(made)", account: account, attempt: attempt, bornAt: now,
      visibleAt: now + Int64(random.next() % (random.next() % 4 == 0 ? 14_000 : 4_000)),
      runsAt: now + Int64(1_000 + random.next() % 20_000), failed: failed)
    objects.append(object)
    return object
  }

  mutating func delete(_ id: String, at now: Instant) {
    guard let index = objects.firstIndex(where: { $0.id == id && $0.deletedAt == nil }) else { return }
    objects[index].deletedAt = now
  }

  /// What is alive now.
  var living: [AbstractObject] { objects.filter { $0.deletedAt == nil } }

  /// An object by its id, as the cloud shows it now: a new one is hidden for a while here, too.
  func find(_ id: String, in account: String, at now: Instant) -> AbstractObject? {
    objects.first { $0.id == id && $0.account == account && $0.visibleAt <= now }
  }

  /// A listing by name, as the cloud shows it now.
  func named(_ attempt: ULID, in account: String, at now: Instant) -> [AbstractObject] {
    objects.filter { $0.attempt == attempt && $0.account == account && $0.visibleAt <= now && $0.deletedAt == nil }
  }

  func observe(_ object: AbstractObject, at now: Instant) -> ObservedObject {
    let state: ObservedState =
      object.deletedAt != nil ? .gone : object.failed ? .failed : now >= object.runsAt ? .running : .pending
    return ObservedObject(externalID: object.id, state: state, ipv4: "192.0.2.1", createdAt: nil)
  }
}
