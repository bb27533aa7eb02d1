package import Model

/// A resource with its attempts: the unit that decides, and that is committed as one.
package struct ResourceMachine: Sendable, Hashable {
  /// The resource.
  package var resource: Resource
  /// Its attempts by id.
  package var attempts = AttemptTable()

  /// A machine of a resource without attempts.
  package init(resource: Resource) { self.resource = resource }

  /// Decides what an event means. The result is to be committed before any effect in it is performed.
  package mutating func handle(_ event: MachineEvent, turn: inout Turn) {
    switch event {
    case .restarted: restarted(turn: &turn)
    case .finished(let effect, let result): finished(effect, result, turn: &turn)
    case .observed(let observation): observed(observation, turn: &turn)
    case .terminate(let operation, let reason): terminate(operation, reason: reason, turn: &turn)
    case .power(let operation, let action): power(operation, action, turn: &turn)
    case .upgrade(let operation, let recipe): upgrade(operation, to: recipe, turn: &turn)
    case .stray(let attempt, let object): stray(attempt, object, turn: &turn)
    case .release(let operation): release(operation, turn: &turn)
    case .cancelRun: cancelRun(turn: &turn)
    case .revealed:
      note(.intent, "secrets shown: \(resource.secrets.map(\.name).joined(separator: ", "))", turn: &turn)
      resource.secrets = []
    case .accountMended(let name): hurry(on: name, turn: turn)
    case .found(let kind, let text): find(kind, text, turn: &turn)
    case .tick: break
    }
    meetDeadlines(turn: &turn)
    dispatchIfPrepared(turn: &turn)
    concludeIfClear(turn: &turn)
  }

  /// Accepts an order: the first state of a resource, with its first effect.
  package static func accept(_ order: Order, resource: ULID, operation: ULID, turn: inout Turn) -> ResourceMachine {
    let work = Operation(
      id: operation, kind: .provision, acceptedAt: turn.now,
      deadline: turn.now + order.offering.provisionDeadlineMs)
    var machine = ResourceMachine(
      resource: Resource(
        id: resource, tenant: order.tenant, offering: order.offering, sshKeys: order.sshKeys,
        expiresAt: order.expiresAt, operation: work))
    machine.resource.maxHourly = order.maxHourly
    machine.note(.intent, "provision accepted: \(order.offering.name)", ["operation": "\(operation)"], turn: &turn)
    machine.choose(turn: &turn)
    return machine
  }

  // MARK: Effects

  /// Asks for an effect.
  mutating func ask(_ kind: EffectKind, notBefore: Instant? = nil, notAfter: Instant? = nil, turn: inout Turn) {
    resource.pending.append(
      Effect(
        id: turn.random.id(at: turn.now), kind: kind, boot: turn.boot, notBefore: notBefore ?? turn.now,
        notAfter: notAfter))
  }

  /// Puts an effect back, to be performed after a wait.
  mutating func again(_ effect: Effect, after failure: Failure, backoff: Backoff, turn: inout Turn) {
    var next = effect
    next.id = turn.random.id(at: turn.now)
    next.boot = turn.boot
    next.failures += 1
    let wait = backoff.wait(failures: next.failures, random: &turn.random)
    next.notBefore = turn.now + max(wait, min(failure.retryAfterMs ?? 0, backoff.most))
    resource.pending.append(next)
  }

  /// Lets what failed on an account and waits be tried at once.
  private mutating func hurry(on account: String, turn: Turn) {
    for index in resource.pending.indices {
      let effect = resource.pending[index]
      guard effect.failures > 0, effect.notBefore > turn.now, !turn.running.contains(effect.id),
        self.account(of: effect) == account
      else { continue }
      resource.pending[index].notBefore = turn.now
    }
  }

  /// The account that an effect is for.
  private func account(of effect: Effect) -> String? {
    switch effect.kind {
    case .validate(let index), .prepare(let index):
      let placements = resource.offering.placements
      return placements.indices.contains(index) ? placements[index].account : nil
    case .provision(let id), .terminate(let id, _), .secure(let id, _, _), .run(let id, _, _), .cancel(let id, _, _),
      .tidy(let id, _), .power(let id, _, _):
      return attempts[id]?.placement.account
    }
  }

  /// Drops the effects that have not begun and that `isDropped` names. True where one that it names has begun.
  mutating func drop(turn: Turn, where isDropped: (Effect) -> Bool) {
    resource.pending.removeAll { isDropped($0) && !turn.running.contains($0.id) }
  }

  // MARK: Marks

  /// Marks a rung the first time that it is reached.
  ///
  /// `time`: when that was, if not now; never before the rung below.
  mutating func mark(_ rung: Rung, at time: Instant? = nil, turn: inout Turn) {
    guard resource.time(of: rung) == nil else { return }
    let at = max(min(time ?? turn.now, turn.now), resource.rungs.last?.at ?? turn.now)
    resource.rungs.append(RungMark(rung: rung, at: at))
    note(.state, rung.rawValue.replacingUnderscores, turn: &turn)
  }

  /// Moves to another state and says so.
  mutating func move(to state: ResourceState, turn: inout Turn) {
    guard resource.state != state else { return }
    if resource.state.name != state.name {
      note(.state, "\(resource.state.name) → \(state.name)", turn: &turn)
    }
    resource.state = state
  }

  /// Writes a line into the timeline.
  func note(_ kind: TimelineEntry.Kind, _ text: String, _ fields: [String: String] = [:], turn: inout Turn) {
    turn.notes.append(TimelineEntry(resource: resource.id, at: turn.now, kind: kind, text: text, fields: fields))
  }

  /// Tells people of something, once for each text.
  mutating func find(_ kind: Finding.Kind, _ text: String, turn: inout Turn) {
    guard !resource.findings.contains(where: { $0.kind == kind && $0.text == text }) else { return }
    resource.findings.append(Finding(kind: kind, at: turn.now, text: text))
    note(.finding, "\(kind.rawValue): \(text)", turn: &turn)
  }

  /// Tells the offering's owner, where it wants to be told: a notice for each way, so that one record is one delivery.
  mutating func tellOwner(_ kind: Notice.Kind, _ failure: Failure, turn: inout Turn) {
    for targets in resource.offering.notify?.separate ?? [] {
      turn.notices.append(
        Notice(
          id: turn.random.id(at: turn.now), kind: kind, at: turn.now, resource: resource.id, tenant: resource.tenant,
          offering: resource.offering.name, failure: failure, run: resource.runs.last?.id, targets: targets))
    }
  }

  /// Decides the open operation of that kind.
  mutating func decide(_ kind: OperationKind, _ outcome: Outcome, turn: inout Turn) {
    guard let last = resource.operations.indices.last, resource.operations[last].kind == kind,
      resource.operations[last].outcome == nil
    else { return }
    resource.operations[last].outcome = outcome
    resource.operations[last].decidedAt = turn.now
    switch outcome {
    case .succeeded: note(.outcome, "\(kind.rawValue) succeeded", turn: &turn)
    case .cancelled: note(.outcome, "\(kind.rawValue) cancelled", turn: &turn)
    case .failed(let failure):
      note(.outcome, "\(kind.rawValue) failed: \(failure.code.rawValue): \(failure.message)", turn: &turn)
      switch kind {
      case .provision: tellOwner(.provisionFailed, failure, turn: &turn)
      case .configure: tellOwner(.upgradeFailed, failure, turn: &turn)
      case .terminate, .power, .adopt, .release: break
      }
    }
  }
}

extension String {
  /// The text with blanks for underscores.
  var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
