import Model

/// What can go wrong in the simulated world, and what users do at a bad moment. Each can be switched off, so that the story
/// of a broken rule gets short.
package enum Fault: String, Sendable, CaseIterable, Comparable {
  // A request on its way.
  case notSent = "request not sent"
  case slowSend = "request leaves late"
  case requestLost = "request lost"
  case replyLost = "reply lost"
  case errorBefore = "5xx before execution"
  case errorAfter = "5xx after execution"
  case executedInWindow = "executed later, within the settle window"
  case executedLate = "executed after the settle window"
  case executedTwice = "executed twice"
  case badRequest = "plugin says no and an object may exist"
  case refusedAndDone = "refused, and carried out"
  // The cloud.
  case outOfStock = "out of stock"
  case stockFlips = "stock flips"
  case quota = "quota"
  case busy = "busy"
  case nameTaken = "name taken by a stranger"
  case prepareFails = "validate or prepare fails"
  case objectFails = "object fails to start"
  case objectVanishes = "object vanishes"
  case objectStops = "object stops by itself"
  case objectIncomplete = "object is incomplete"
  case objectRelabelled = "object gets another label"
  case hiddenLong = "object hidden for long"
  case protected = "object is protected"
  // Looks.
  case lookFails = "look fails"
  case lookIncomplete = "look incomplete"
  case staleLook = "look is stale"
  case shuffled = "look answers in another order, or not for all"
  case slowLook = "look answers late"
  case entryTwice = "look names an object twice"
  case pluginLies = "plugin lies"
  // Credentials.
  case tokenFails = "token fails"
  case wrongProject = "token of another project"
  // Processes and time.
  case workerDies = "worker dies"
  case hostDies = "host dies"
  case hostPauses = "host is paused"
  case clockJumps = "clock jumps"
  case ledgerFull = "ledger is full"
  case ledgerBreaks = "ledger breaks"
  case ackLate = "commit acknowledged late"
  // Users.
  case userTerminates = "user terminates"
  case userPowers = "user asks for power"
  case userUpgrades = "user asks for another recipe"
  case userCancels = "user cancels a recipe"
  case userReveals = "user asks for secrets"
  case userReleases = "user releases a resource"
  case expires = "resource expires"
  case orderTwice = "order is sent twice"
  // Sweeps.
  case listFails = "listing of an account fails"
  case listIncomplete = "listing of an account incomplete"

  /// Order of the texts.
  package static func < (a: Fault, b: Fault) -> Bool { a.rawValue < b.rawValue }

  /// The highest chance that a seed may draw, in thousandths of an occasion.
  var most: UInt64 {
    switch self {
    case .userTerminates, .userPowers, .userUpgrades, .userCancels, .userReveals, .expires, .orderTwice: 800
    case .stockFlips, .executedLate, .executedTwice, .executedInWindow: 250
    case .requestLost, .replyLost, .errorAfter, .errorBefore, .busy, .lookFails, .lookIncomplete, .staleLook: 300
    case .notSent, .outOfStock, .slowSend, .hiddenLong, .ackLate, .prepareFails: 200
    case .tokenFails, .wrongProject: 500
    case .listFails, .listIncomplete: 200
    case .userReleases: 150
    case .shuffled, .slowLook: 300
    case .clockJumps, .pluginLies: 500
    case .hostDies: 30
    case .workerDies, .hostPauses: 8
    case .ledgerFull: 6
    case .ledgerBreaks: 2
    case .refusedAndDone: 150
    case .badRequest, .quota, .nameTaken, .objectRelabelled, .protected, .objectStops, .entryTwice: 80
    case .objectFails, .objectVanishes, .objectIncomplete: 100
    }
  }
}

/// How often each fault happens in one seed's world. Each fault has a source of chance of its own, so that switching one
/// off leaves the others as they were for as long as possible.
struct Faults: Sendable {
  private var rates: [Fault: Int] = [:]
  private var sources: [Fault: Randomness] = [:]

  init(seed: UInt64, without: Set<Fault>) {
    var random = Randomness(seed: seed &* 0x9e37_79b9_7f4a_7c15 ^ 0x5117)
    for fault in Fault.allCases {
      let isOn = random.next() % 2 == 0
      let rate = Int(random.next() % fault.most) + 1
      let source = Randomness(seed: random.next())
      guard isOn, !without.contains(fault) else { continue }
      rates[fault] = rate
      sources[fault] = source
    }
    // A lying plugin breaks promises of its own account; most worlds have none.
    if random.next() % 4 != 0 { rates[.pluginLies] = nil }
  }

  func rate(_ fault: Fault) -> Int { rates[fault] ?? 0 }

  mutating func happens(_ fault: Fault) -> Bool {
    guard let rate = rates[fault] else { return false }
    return Int((sources[fault]?.next() ?? 0) % 1_000) < rate
  }

  /// Nothing goes wrong any more.
  mutating func stop() { rates = [:] }
}
