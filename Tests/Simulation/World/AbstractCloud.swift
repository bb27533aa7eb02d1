import Model

/// One object in the abstract cloud.
struct AbstractObject: Sendable, Hashable {
  /// The name that the account gives it; two accounts use the same ones.
  var id: String
  var account: String
  /// The attempt whose name and label it carries; nil: a stranger's.
  var attempt: ULID?
  /// It carries our mark and an attempt that no ledger of ours knows: left by one that was lost.
  var isUnrecorded = false
  var bornAt: Instant
  var visibleAt: Instant
  var runsAt: Instant
  var failed = false
  var isComplete = true
  /// Whether the label is ours still.
  var isOurs = true
  var isProtected = false
  var stops = false
  /// When it was last seen to change between running and stopped.
  var stoppedAt: Instant?
  var startedAt: Instant?
  var rebootedAt: Instant?
  var deletedAt: Instant?
  /// Nobody could have known: it was made later than a settle window after its request, or a second time.
  var isExcused = false

  /// Its name in the world.
  var place: String { "\(account)/\(id)" }

  func state(at now: Instant) -> ObservedState {
    if deletedAt != nil { return .gone }
    if failed { return .failed }
    if now < runsAt { return .pending }
    return !isComplete ? .incomplete : stops ? .stopped : .running
  }
}

/// What an account's token is good for.
package enum CloudToken: Sendable, Hashable {
  case good, readOnly, revoked
  /// Good, but of a project in which nothing of ours is.
  case stranger
}

/// A cloud reduced to what matters: objects that are made, become visible, run, and are deleted; types that are in stock or
/// not; tokens that are good, may only read, are refused, or are another project's. One account never sees what is
/// another's, and both number their objects from 1.
struct AbstractCloud: Sendable {
  typealias Token = CloudToken

  /// The accounts in which names are unique.
  let uniqueNames: Set<String>
  var tokens: [String: Token] = [:]
  private(set) var soldOut: Set<String> = []
  private(set) var objects: [AbstractObject] = []
  private var made: [String: Int] = [:]

  init(uniqueNames: Set<String>) { self.uniqueNames = uniqueNames }

  func token(of account: String) -> Token { tokens[account] ?? .good }

  func isInStock(_ placement: Placement) -> Bool { !soldOut.contains("\(placement.account)/\(placement.type)") }

  /// A type of an account goes out of stock, or comes back.
  mutating func flip(_ pair: String) {
    if soldOut.remove(pair) == nil { soldOut.insert(pair) }
  }

  /// Everything is in stock again.
  mutating func restock() { soldOut = [] }

  func isTaken(_ attempt: ULID, in account: String) -> Bool {
    uniqueNames.contains(account)
      && objects.contains { $0.attempt == attempt && $0.account == account && $0.deletedAt == nil }
  }

  /// Makes an object, whatever the names.
  mutating func make(_ attempt: ULID?, in account: String, at now: Instant, visible: Int64, runs: Int64)
    -> AbstractObject
  {
    made[account, default: 0] += 1
    let object = AbstractObject(
      id: "\(made[account] ?? 0)", account: account, attempt: attempt, bornAt: now, visibleAt: now + visible,
      runsAt: now + runs)
    objects.append(object)
    return object
  }

  /// Changes an object that lives.
  mutating func change(_ id: String, in account: String, _ change: (inout AbstractObject) -> Void) {
    guard let index = objects.firstIndex(where: { $0.id == id && $0.account == account && $0.deletedAt == nil })
    else { return }
    change(&objects[index])
  }

  mutating func delete(_ id: String, in account: String, at now: Instant) {
    change(id, in: account) { $0.deletedAt = now }
  }

  /// Where in `objects` one is.
  func place(of id: String, in account: String) -> Int? {
    objects.firstIndex { $0.id == id && $0.account == account }
  }

  /// Puts an object where it was, or at the end.
  mutating func put(_ object: AbstractObject, at place: Int?) {
    if let place { objects[place] = object } else { objects.append(object) }
  }

  /// What is alive now.
  var living: [AbstractObject] { objects.filter { $0.deletedAt == nil } }

  /// An object as it is, shown or not.
  func object(_ id: String, in account: String) -> AbstractObject? {
    objects.first { $0.id == id && $0.account == account }
  }

  /// An object by its id, as the cloud shows it now: a new one is hidden for a while here, too.
  func find(_ id: String, in account: String, at now: Instant) -> AbstractObject? {
    guard token(of: account) != .stranger else { return nil }
    return objects.first { $0.id == id && $0.account == account && $0.visibleAt <= now }
  }

  /// A listing of all that carries our mark, as the cloud shows it now.
  func marked(in account: String, at now: Instant) -> [AbstractObject] {
    guard token(of: account) != .stranger else { return [] }
    return objects.filter {
      $0.account == account && $0.visibleAt <= now && $0.deletedAt == nil
        && ($0.isUnrecorded || $0.attempt != nil && $0.isOurs)
    }
  }

  /// A listing by name, as the cloud shows it now.
  func named(_ attempt: ULID, in account: String, at now: Instant) -> [AbstractObject] {
    guard token(of: account) != .stranger else { return [] }
    return objects.filter {
      $0.attempt == attempt && $0.account == account && $0.visibleAt <= now && $0.deletedAt == nil && $0.isOurs
    }
  }
}
