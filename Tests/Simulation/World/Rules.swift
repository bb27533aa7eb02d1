import Core
import Model

/// The rules that hold at every step, and what the world itself knows, by which they are checked. The host's records are
/// what is judged; they are never the measure.
struct Rules {
  var broken: [String] = []
  /// The machines as the stored records alone give them.
  var replica: [ULID: ResourceMachine] = [:]
  /// Creates by attempt, as they really went.
  var creates: [ULID: CreateTruth] = [:]
  var budgets: [String: Budget] = [:]
  private var sendsDecided: [ULID: Int] = [:]
  /// Power operations that were asked for, by number.
  var askedPower: [UInt64: (action: PowerAction, at: Instant)] = [:]
  /// What was asked for other than power, by number, and the resource as it was durable then.
  var asked: [UInt64: Resource] = [:]
  /// Places of what users took out of our hands.
  private(set) var released: Set<String> = []
  /// Whether the ledger broke, so that the host has to end.
  var mayHalt = false
  private var finals: [ULID: ResourceState] = [:]
  private var handedOver: [ULID: String] = [:]
  private var onceDone: Set<ULID> = []
  private var looksBegun: [LookMark: Instant] = [:]
  private var saidClear: [UInt64: Set<ULID>] = [:]
  private var outcomes: [ULID: Operation] = [:]
  private var powers: [ULID: (action: PowerAction, at: Instant)] = [:]
  private var noted: [ULID: Instant] = [:]
  var open: [ULID: (resource: ULID, kind: OperationKind, deadline: Instant)] = [:]

  private struct LookMark: Hashable {
    var attempt: ULID
    var object: String?
  }

  var handedOverCount: Int { handedOver.count }

  // MARK: What the host does

  /// No effect without a committed intent; a once effect at most once; only to the attempt's own account and object.
  mutating func performed(
    _ effect: Effect, _ resource: Resource, _ attempt: Attempt?,
    table: [LedgerKey: (version: UInt64, record: Record)]
  ) {
    let name = effect.kind.name
    guard case .resource(let stored)? = table[Keys.resource(resource.id)]?.record,
      stored.pending.contains(where: { $0.id == effect.id })
    else { return broken.append("\(name) was performed without a committed intent") }
    if effect.kind.isOnce && !onceDone.insert(effect.id).inserted { broken.append("\(name) was performed twice") }
    guard let id = effect.kind.attempt else { return }
    guard case .attempt(let stored)? = table[Keys.attempt(id)]?.record else {
      return broken.append("\(name) was performed before its attempt was committed")
    }
    guard let attempt, attempt.id == id, attempt.placement == stored.placement, attempt.resource == resource.id else {
      return broken.append("\(name) goes to another place than its attempt's")
    }
    if let truth = creates[id], truth.account != attempt.placement.account {
      broken.append("\(name) goes to account \(attempt.placement.account); the create went to \(truth.account)")
    }
    if case .terminate(_, let object) = effect.kind, released.contains("\(attempt.placement.account)/\(object)") {
      broken.append("\(object) is to be ended, and was released")
    }
    switch effect.kind {
    case .terminate(_, let object), .power(_, let object, _), .secure(_, let object, _), .run(_, let object, _):
      if !isTold(object, on: attempt.placement.account, of: id) {
        broken.append("\(name) of \(object), which nobody said belongs to the attempt")
      }
    default: break
    }
  }

  /// A create goes out only where nothing of the same resource is in doubt.
  mutating func creates(_ attempt: Attempt, of resource: Resource, now: Instant, cloud: AbstractCloud) {
    let account = attempt.placement.account
    if creates[attempt.id]?.isKnown == true { return }
    for (id, other) in creates where other.resource == resource.id && other.isOpen {
      let whose = id == attempt.id ? "it" : "the one of \(id)"
      if other.isLeaving {
        broken.append("a create of \(resource.id) goes out while \(whose) is on its way")
      } else if let left = other.leftAt, now < left + other.settleMs {
        broken.append(
          "a create of \(resource.id) goes out \(now - left) ms after \(whose) left: it may be executed yet")
      } else if other.leftAt != nil, other.clear < 2 {
        broken.append("a create of \(resource.id) goes out while \(whose) is in doubt (\(other.clear) clear looks)")
      }
    }
    let standing = cloud.living.first { object in
      !object.isExcused && object.isOurs && object.visibleAt <= now
        && object.attempt.map { creates[$0]?.resource == resource.id } ?? false
        && !isTold(object.id, on: object.account, of: object.attempt)
    }
    if let standing { broken.append("a create of \(resource.id) goes out while \(standing.place) stands unknown") }
    creates[attempt.id] = CreateTruth(
      resource: resource.id, account: account, settleMs: attempt.settleMs, isLeaving: true, isOpen: true)
  }

  /// A send is decided; its commit may wait for room. The budget for it is taken by now.
  mutating func decides(_ attempt: Attempt, hostNow: Instant) {
    let known = sendsDecided[attempt.id] ?? 0
    guard attempt.sends > known else { return }
    sendsDecided[attempt.id] = attempt.sends
    let account = attempt.placement.account
    if budgets[account]?.spend(at: hostNow, isFirst: known == 0) == false {
      broken.append("a create on \(account) is decided without budget")
    }
  }

  /// An attempt became durable; nothing was sent for it yet.
  mutating func stored(_ attempt: Attempt, liars: Set<String>) {
    // A cookie counts; an answer that is older than the last one must not take its place.
    if let cookie = attempt.cookie.flatMap({ Int($0) }), !liars.contains(attempt.placement.account) {
      if let last = cookies[attempt.id], cookie < last {
        broken.append("the cookie of \(attempt.id) goes back from \(last) to \(cookie)")
      }
      cookies[attempt.id] = cookie
    }
    guard creates[attempt.id] == nil else { return }
    creates[attempt.id] = CreateTruth(
      resource: attempt.resource, account: attempt.placement.account, settleMs: attempt.settleMs)
  }

  /// A create that was to leave never will.
  mutating func neverLeft(_ id: ULID) {
    creates[id]?.isLeaving = false
    creates[id]?.isOpen = false
  }

  /// A create's request leaves.
  mutating func left(_ id: ULID, now: Instant) {
    creates[id]?.leftAt = now
    creates[id]?.isLeaving = false
  }

  /// A look goes out: only to the attempt's own account.
  mutating func looksAt(_ entry: LookEntry, on account: String, now: Instant) {
    guard let truth = creates[entry.attempt.id] else {
      return broken.append("a look at \(entry.attempt.id), which is not stored")
    }
    if truth.account != account { broken.append("a look goes to \(account); the create went to \(truth.account)") }
    looksBegun[LookMark(attempt: entry.attempt.id, object: entry.object)] = now
  }

  /// A sweep asks for an end: only of what three complete listings of the right project have shown for long enough, and of
  /// an attempt that is in use no more.
  mutating func sweeps(_ deletion: SweepPlan.Deletion, on account: String, cloud: AbstractCloud, now: Instant) {
    let seen = sightings["\(account)/\(deletion.object)"] ?? []
    if seen.count < 3 { broken.append("a sweep ends \(deletion.object), which \(seen.count) listings have shown") }
    if let first = seen.first, now - first < 300_000 {
      broken.append("a sweep ends \(deletion.object) \(now - first) ms after it was first seen")
    }
    guard let real = cloud.object(deletion.object, in: account) else { return }
    if real.attempt != deletion.attempt {
      broken.append("a sweep ends \(real.place) for attempt \(deletion.attempt), which did not make it")
    }
    if handedOver[deletion.resource] == real.place, replica[deletion.resource]?.resource.state.isHandedOver == true {
      broken.append("a sweep ends \(real.place), which is handed over")
    }
  }

  /// A complete listing of the right project showed these.
  mutating func listed(_ objects: [AbstractObject], at begun: Instant) {
    for object in objects { sightings[object.place, default: []].append(begun) }
  }

  private var cookies: [ULID: Int] = [:]
  private var sightings: [String: [Instant]] = [:]

  // MARK: What the host hears

  private func isTold(_ object: String, on account: String, of attempt: ULID?) -> Bool {
    attempt.map { told.contains("\(account)/\(object)/\($0)") } ?? false
  }

  private var told: Set<String> = []

  /// The host was told of an object of an attempt.
  mutating func told(_ object: String, on account: String, of attempt: ULID) {
    told.insert("\(account)/\(object)/\(attempt)")
    creates[attempt]?.isOpen = false
    creates[attempt]?.isKnown = true
  }

  mutating func heard(_ call: Call, _ result: EffectResult) {
    guard case .provision(let id) = call.effect.kind else { return }
    switch result {
    case .created(let created): told(created.externalID, on: call.account, of: id)
    case .refused, .notSent: creates[id]?.isOpen = false
    default: break
    }
  }

  /// What a look really was, before any plugin bent it.
  mutating func saw(_ observations: [Observation], _ number: UInt64, token: AbstractCloud.Token) {
    guard token != .stranger else { return }
    for seen in observations where seen.complete && seen.scope != .byID && seen.objects.isEmpty {
      saidClear[number, default: []].insert(seen.attempt)
    }
  }

  mutating func looked(_ observations: [Observation], _ number: UInt64, on account: String) {
    let clear = saidClear.removeValue(forKey: number) ?? []
    for seen in observations {
      for object in seen.objects where object.state != .gone { told(object.externalID, on: account, of: seen.attempt) }
      guard clear.contains(seen.attempt), let truth = creates[seen.attempt], !truth.isLeaving, let left = truth.leftAt,
        let begun = looksBegun[LookMark(attempt: seen.attempt, object: nil)], begun >= left + truth.settleMs
      else { continue }
      creates[seen.attempt]?.clear += 1
    }
  }

  mutating func answered(_ number: UInt64, _ answer: Answer) {
    if case .secrets(let secrets) = answer {
      // Given out once, and only when the ledger has forgotten them.
      for secret in secrets where !(asked[number]?.secrets.contains(secret) ?? false) {
        broken.append("a secret was shown that was not there when it was asked for")
      }
      if !secrets.isEmpty, let id = asked[number]?.id, replica[id]?.resource.secrets.isEmpty == false {
        broken.append("secrets of \(id) were shown while the ledger still has them")
      }
    }
    guard case .accepted(_, let operation) = answer else { return }
    if let asked = askedPower[number], powers[operation] == nil { powers[operation] = asked }
  }

  // MARK: What the host shows

  /// Timelines never go back.
  mutating func noted(_ entry: TimelineEntry) {
    if let last = noted[entry.resource], entry.at < last {
      broken.append("the timeline of \(entry.resource) goes back")
    }
    noted[entry.resource] = entry.at
  }

  /// Rules of one resource as it is shown.
  mutating func shown(
    _ machine: ResourceMachine, hostNow: Instant, now: Instant, cloud: AbstractCloud, liars: Set<String>
  ) {
    let resource = machine.resource
    let isLied = machine.attempts.values.contains { liars.contains($0.placement.account) }
    if let final = finals[resource.id], final != resource.state {
      broken.append("\(resource.id) left the final state \(final.name) for \(resource.state.name)")
    }
    if case .released = resource.state, !isLied, let place = handedOver[resource.id] { released.insert(place) }
    if resource.state.isFinal, finals[resource.id] == nil {
      finals[resource.id] = resource.state
      ended(resource, machine, now: now, cloud: cloud, isLied: isLied)
    }
    if resource.state.isHandedOver, let object = resource.state.object {
      handsOver(resource, object, machine, now: now, cloud: cloud, isLied: isLied)
    }
    let kept = machine.attempts.values.flatMap(\.objects).filter { $0.fate == .kept }
    if kept.count > 1 { broken.append("\(resource.id) keeps \(kept.count) objects") }
    let times = resource.rungs.map(\.at)
    if zip(times, times.dropFirst()).contains(where: { $0 > $1 }) { broken.append("rungs go back in time") }
    if resource.operations.filter({ $0.outcome == nil }).count > 1 { broken.append("two operations are open") }
    for operation in resource.operations { check(operation, resource, hostNow: hostNow, cloud: cloud, machine) }
  }

  private mutating func handsOver(
    _ resource: Resource, _ object: (attempt: ULID, id: String), _ machine: ResourceMachine, now: Instant,
    cloud: AbstractCloud, isLied: Bool
  ) {
    let account = machine.attempts[object.attempt]?.placement.account ?? "?"
    let place = "\(account)/\(object.id)"
    if let other = handedOver[resource.id], other != place {
      broken.append("\(resource.id) handed over \(other) and then \(place)")
    }
    guard handedOver.updateValue(place, forKey: resource.id) == nil, !isLied else { return }
    let real = cloud.object(object.id, in: account)
    if real?.attempt.map({ creates[$0]?.resource == resource.id }) != true {
      broken.append("\(place) was handed over and is not the resource's")
    } else if let real, real.runsAt > now {
      broken.append("\(place) was handed over before it ran")
    }
  }

  /// A final state owes nothing, as far as anybody could know.
  private mutating func ended(
    _ resource: Resource, _ machine: ResourceMachine, now: Instant, cloud: AbstractCloud, isLied: Bool
  ) {
    if !resource.secrets.isEmpty || resource.bootstrap?.privateKey != nil {
      broken.append("\(resource.id) is \(resource.state.name) and keeps a secret")
    }
    guard !isLied, resource.state != .lost else { return }
    for object in cloud.living where !object.isExcused && object.isOurs && !released.contains(object.place) {
      guard let attempt = object.attempt, creates[attempt]?.resource == resource.id else { continue }
      broken.append("\(resource.id) is \(resource.state.name) while \(object.place) stands")
    }
    for (id, truth) in creates where truth.resource == resource.id && truth.isOpen {
      if truth.isLeaving || truth.clear < 2 {
        broken.append("\(resource.id) is \(resource.state.name) while the create of \(id) is in doubt")
      }
    }
  }

  private mutating func check(
    _ operation: Operation, _ resource: Resource, hostNow: Instant, cloud: AbstractCloud, _ machine: ResourceMachine
  ) {
    let old = outcomes[operation.id]
    if let old, old.outcome != nil, old.outcome != operation.outcome {
      broken.append("\(operation.kind.rawValue) of \(resource.id) was decided twice")
    }
    outcomes[operation.id] = operation
    guard operation.outcome == nil else {
      open[operation.id] = nil
      if let at = operation.decidedAt, at < operation.acceptedAt {
        broken.append("an outcome came before its operation")
      }
      if old?.outcome == nil, operation.kind == .power, operation.outcome == .succeeded {
        powered(operation, machine, cloud: cloud)
      }
      return
    }
    if old == nil { open[operation.id] = (resource.id, operation.kind, operation.deadline) }
  }

  /// What is told of a power operation is what happened.
  private mutating func powered(_ operation: Operation, _ machine: ResourceMachine, cloud: AbstractCloud) {
    guard let asked = powers[operation.id], let used = machine.resource.state.object,
      let account = machine.attempts[used.attempt]?.placement.account, let object = cloud.object(used.id, in: account)
    else { return }
    func since(_ at: Instant?) -> Bool { at.map { $0 >= asked.at } ?? false }
    let happened =
      switch asked.action {
      case .stop: object.stops || since(object.stoppedAt) || since(object.startedAt)
      case .start: !object.stops || since(object.startedAt) || since(object.stoppedAt)
      case .reboot: since(object.rebootedAt)
      }
    if !happened { broken.append("\(asked.action.rawValue) of \(object.place) is told as done, and was not") }
  }
}
