import Core
import Model

/// The rules that hold at every step, and what has to be remembered to check them.
struct Rules {
  var broken: [String] = []
  private var finals: [ULID: ResourceState] = [:]
  private var handedOver: [ULID: String] = [:]
  private var onceDone: Set<ULID> = []
  private var doubts: [ULID: Doubt] = [:]

  /// What the host can know of an attempt's create, told from what it sent and heard alone.
  private struct Doubt {
    var sentAt: Instant
    var settleMs: Int64
    /// No definite answer was heard.
    var isOpen = true
    /// Complete lookups begun after the settle window that found nothing.
    var clear = 0
  }

  /// No effect without a committed intent; a once effect at most once.
  mutating func performed(
    _ effect: Effect, _ resource: Resource, _ attempt: Attempt?,
    table: [LedgerKey: (version: UInt64, record: Record)], seed: UInt64
  ) {
    guard case .resource(let stored)? = table[Keys.resource(resource.id)]?.record,
      stored.pending.contains(where: { $0.id == effect.id })
    else {
      broken.append("\(effect.kind.name) was performed without a committed intent")
      return
    }
    if effect.kind.isOnce && !onceDone.insert(effect.id).inserted {
      broken.append("\(effect.kind.name) was performed twice")
    }
    if let id = effect.kind.attempt {
      guard case .attempt(let stored)? = table[Keys.attempt(id)]?.record else {
        broken.append("\(effect.kind.name) was performed before its attempt was committed")
        return
      }
      // What a late plugin or a foreign account made of it is not ours to ask for elsewhere.
      if let attempt, attempt.placement != stored.placement {
        broken.append("\(effect.kind.name) went to another placement than its attempt's")
      }
    }
  }

  /// A create goes out only where nothing of the same resource is in doubt: no fallback on an unknown outcome.
  mutating func creates(_ attempt: Attempt, of resource: Resource, at now: Instant) {
    for other in resource.attempts where other != attempt.id {
      if let doubt = doubts[other], doubt.isOpen, doubt.clear < 2 {
        broken.append("a create of \(resource.id) was sent while the one of \(other) was in doubt")
      }
    }
    if let doubt = doubts[attempt.id], doubt.isOpen, doubt.clear < 2 {
      broken.append("the create of \(attempt.id) was sent again while it was in doubt")
    }
    doubts[attempt.id] = Doubt(sentAt: now, settleMs: attempt.settleMs)
  }

  /// What the host hears.
  mutating func heard(_ event: EngineEvent) {
    switch event {
    case .finished(_, let effect, let result):
      guard case .provision(let id) = effect.kind else { return }
      switch result {
      case .created, .refused, .notSent: doubts[id]?.isOpen = false
      default: break
      }
    case .looked(_, .seen(let observations, _)):
      for seen in observations {
        if !seen.objects.isEmpty {
          doubts[seen.attempt]?.isOpen = false
        } else if seen.complete, seen.scope == .byName, let doubt = doubts[seen.attempt],
          seen.begunAt >= doubt.sentAt + doubt.settleMs
        {
          doubts[seen.attempt]?.clear += 1
        }
      }
    default: break
    }
  }

  /// Rules of one resource as it is durable.
  mutating func check(_ machine: ResourceMachine, now: Instant) {
    let resource = machine.resource
    if let final = finals[resource.id], final != resource.state {
      broken.append("\(resource.id) left the final state \(final.name) for \(resource.state.name)")
    }
    if resource.state.isFinal { finals[resource.id] = resource.state }
    if resource.state.isHandedOver, let object = resource.state.object {
      if let other = handedOver[resource.id], other != object.id {
        broken.append("\(resource.id) handed over \(other) and then \(object.id)")
      }
      handedOver[resource.id] = object.id
    }
    let kept = machine.attempts.values.flatMap(\.objects).filter { $0.fate == .kept }
    if kept.count > 1 { broken.append("\(resource.id) keeps \(kept.count) objects") }
    if let operation = resource.openOperation, now > operation.deadline + 1_000, operation.deadline > .init(ms: 0) {
      overdue = overdue ?? "\(operation.kind.rawValue) of \(resource.id) was not decided by its deadline"
    }
    let times = resource.rungs.map(\.at)
    if zip(times, times.dropFirst()).contains(where: { $0 > $1 }) { broken.append("rungs go back in time") }
  }

  /// An operation that is past its deadline while the host lives.
  var overdue: String?
  var handedOverCount: Int { handedOver.count }
}

extension World {
  /// Checks every rule after a step.
  mutating func check() throws {
    if let engine {
      for machine in engine.machines { rules.check(machine, now: now) }
      if rules.overdue != nil, aliveSince(4_000) { rules.broken.append(rules.overdue ?? "") }
      rules.overdue = nil
      if tally.steps % 16 == 0 { try checkReplay(engine) }
    }
    if let first = rules.broken.first { throw violation(first) }
  }

  private func aliveSince(_ span: Int64) -> Bool { now - lastStart >= span }

  /// replay(records) equals the live state.
  private func checkReplay(_ engine: Engine) throws {
    for machine in engine.machines {
      guard case .resource(let stored)? = table[Keys.resource(machine.resource.id)]?.record else {
        throw violation("\(machine.resource.id) is shown but not stored")
      }
      // A commit may be durable before the engine hears of it, never the other way round.
      if stored.mutations < machine.resource.mutations { throw violation("the live state is ahead of the ledger") }
    }
    let again = Engine(
      boot: engine.boot, policy: policy, seed: 1,
      records: table.map { ($0.key, $0.value.version, $0.value.record) }, accounts: [], at: now)
    for machine in again.machines {
      let live = engine.machine(machine.resource.id)
      if !engine.isCommitting(machine.resource.id), live != machine {
        throw violation("replay of \(machine.resource.id) differs from the live state")
      }
    }
  }

  func violation(_ rule: String) -> Violation { Violation(rule: rule, seed: seed, story: story) }

  /// Once faults have stopped and the late window has passed.
  mutating func checkEnd() throws {
    guard let engine else { throw violation("the host is not up at the end") }
    var wanted: Set<String> = []
    for machine in engine.machines {
      let resource = machine.resource
      if resource.openOperation != nil { throw violation("\(resource.id): an operation is undecided at the end") }
      if !resource.state.isFinal && !resource.state.isHandedOver {
        throw violation("\(resource.id) is \(resource.state.name) at the end")
      }
      if let object = resource.state.object { wanted.insert(object.id) }
    }
    let living = Set(cloud.living.map(\.id))
    if living != wanted {
      throw violation("alive in the cloud: \(living.sorted()); wanted: \(wanted.sorted())")
    }
    tally.handedOver = rules.handedOverCount
    for object in cloud.objects where !wanted.contains(object.id) {
      tally.twinMs += (object.deletedAt ?? now) - object.bornAt
    }
  }
}
