package import Model

/// The engine loop: events in, actions out, nothing else. It knows no clock, no ledger and no cloud.
///
/// One commit is in flight per resource; later events wait in its mailbox. An effect is performed and an answer given only
/// when the commit that holds it is durable. Whoever pumps it calls `handle` with a time that never goes back, and again
/// with `tick` at `nextWake`.
package struct Engine: Sendable {
  /// This start of the host.
  package let boot: ULID
  let policy: Policy
  var random: Randomness
  var slots: [ULID: Slot] = [:]
  var idempotency: [LedgerKey: IdempotencyRecord] = [:]
  /// The cloud accounts.
  package internal(set) var accounts: [String: AccountState] = [:]
  var plans: [String: LookPlan] = [:]
  var looks: [UInt64: (account: String, watches: [LookPlan.Key: Watch], begun: Instant, entries: [LookEntry])] = [:]
  var running: Set<ULID> = []
  /// What accounts and tenants have.
  package internal(set) var usage = Usage()
  var timers = TimerQueue<ULID>()
  var commits: [UInt64: ULID] = [:]
  /// Commits that the ledger had no room for, and when to try again.
  var starved: [(at: Instant, resource: ULID)] = []
  var serial: UInt64 = 0
  var isStarted = false
  /// Whether the ledger counts as the newest one; where not, nothing is done but looked.
  package internal(set) var isConfirmed: Bool
  var actions: [EngineAction] = []

  /// Makes an engine from the ledger's records with their versions.
  package init(
    boot: ULID, policy: Policy, seed: UInt64, records: [(key: LedgerKey, version: UInt64, record: Record)],
    accounts: [AccountFacts], isConfirmed: Bool = true, at now: Instant
  ) {
    self.boot = boot
    self.isConfirmed = isConfirmed
    self.policy = policy
    random = Randomness(seed: seed)
    for facts in accounts { self.accounts[facts.name] = AccountState(facts: facts, policy: policy, at: now) }
    var attempts: [(Attempt, UInt64)] = []
    for (key, version, record) in records {
      switch record {
      case .resource(let resource):
        slots[resource.id] = Slot(machine: ResourceMachine(resource: resource))
        slots[resource.id]?.versions[resource.id] = version
      case .attempt(let attempt): attempts.append((attempt, version))
      case .idempotency(let record): idempotency[key] = record
      case .notice: break
      }
    }
    for (attempt, version) in attempts {
      slots[attempt.resource]?.machine.attempts[attempt.id] = attempt
      slots[attempt.resource]?.versions[attempt.id] = version
    }
    for slot in slots.values { usage.replace(nil, by: slot.machine.share) }
    recallStock(at: now)
  }

  /// Handles one event; `now` never goes back.
  package mutating func handle(_ event: EngineEvent, at now: Instant) -> [EngineAction] {
    switch event {
    case .started:
      isStarted = true
      for id in slots.keys.sorted() { post(.restarted, to: id, at: now) }
      let names = plans.keys.sorted()
      for (place, name) in names.enumerated() {
        plans[name]?.stagger(Int64(place + 1) * 1_000 / Int64(names.count), at: now)
      }
    case .command(let number, let command): handle(command, number, at: now)
    case .committed(let commit): committed(commit, at: now)
    case .commitFailed(let commit, let error): commitFailed(commit, error, at: now)
    case .finished(let resource, let effect, let result):
      noteHealth(effect, of: resource, result, at: now)
      post(.finished(effect, result), to: resource, at: now)
    case .looked(let look, let result): looked(look, result, at: now)
    case .epochConfirmed: epochConfirmed(at: now)
    case .account(let facts): accountChanged(facts, at: now)
    case .accountBudget(let name, let perHour): accounts[name]?.allow(perHour: perHour, policy, at: now)
    case .accountRemoved(let name): accounts[name] = nil
    case .accountHealthy(let name, let canWrite): accountHealthy(name, canWrite: canWrite, at: now)
    case .accountRefused(let name, let failure):
      if accounts[name]?.refused(failure, .reading, at: now) == true {
        actions.append(.alarm(account: name, failure.message))
      }
    case .credentialReplaced(let name): credentialReplaced(name, at: now)
    case .evidence(let resource, let attempt, let externalID):
      let object = ObservedObject(externalID: externalID, state: .unknown)
      post(
        .observed(
          Observation(
            attempt: attempt, objects: [object], scope: .byID, complete: false, begunAt: now, mutations: .max,
            identityHolds: false)), to: resource, at: now)
    case .found(let resource, let kind, let text): post(.found(kind, text), to: resource, at: now)
    case .tick: break
    }
    if isStarted {
      runTimers(at: now)
      runLooks(at: now)
    }
    defer { actions = [] }
    return actions
  }

  /// When `tick` is due; nil: never.
  package mutating func nextWake() -> Instant? {
    guard isStarted else { return nil }
    var times: [Instant] = []
    if let at = timers.next() { times.append(at) }
    if let at = starved.first?.at { times.append(at) }
    for name in plans.keys {
      guard let at = plans[name]?.next() else { continue }
      times.append(accounts[name].map { max(at, $0.looks.ready(1, at: at)) } ?? at)
    }
    return times.min()
  }

  // MARK: What others may see; only what is durable.

  /// A resource with its attempts.
  package func machine(_ id: ULID) -> ResourceMachine? {
    guard let slot = slots[id], slot.flight?.isNew != true else { return nil }
    return slot.machine
  }

  /// All resources, oldest first.
  package var machines: [ResourceMachine] {
    slots.values.filter { $0.flight?.isNew != true }.map(\.machine).sorted { $0.resource.id < $1.resource.id }
  }

  /// Resources that may still have something on an account.
  package func resources(on account: String) -> [ULID] {
    slots.values.filter { slot in
      let machine = slot.machine
      return !machine.resource.state.isFinal
        && machine.resource.offering.placements.contains { $0.account == account }
        || machine.attempts.values.contains {
          $0.placement.account == account && ($0.objects.contains(where: \.isOwed) || $0.watchUntil != nil)
        }
    }.map(\.machine.resource.id).sorted()
  }

  /// Whether a caller's key was used before.
  package func knows(_ key: LedgerKey) -> Bool { idempotency[key] != nil }

  /// The version of a resource's record; 0 where there is none.
  package func version(of id: ULID) -> UInt64 { slots[id]?.versions[id] ?? 0 }

  /// Whether a transition of a resource is on its way into the ledger.
  package func isCommitting(_ id: ULID) -> Bool { slots[id]?.flight != nil }

  /// Whether any transition is on its way into the ledger.
  package var isCommitting: Bool { !commits.isEmpty }

  /// Effects that are being performed.
  package var performing: Set<ULID> { running }
}
