import Model

extension Engine {
  /// Puts an event into a resource's mailbox and handles what can be handled.
  mutating func post(_ event: MachineEvent, to id: ULID, at now: Instant) {
    guard slots[id] != nil else { return }
    slots[id]?.mailbox.append(event)
    drain(id, at: now)
  }

  /// Handles waiting events until one needs a commit.
  private mutating func drain(_ id: ULID, at now: Instant) {
    while let slot = slots[id], slot.flight == nil, let event = slot.mailbox.first {
      slots[id]?.mailbox.removeFirst()
      // Only here does an effect stop counting as begun: while its end waits in the mailbox it is still pending, and
      // must not be performed a second time.
      if case .finished(let effect, _) = event { running.remove(effect.id) }
      var turn = beginTurn(of: slot.machine, at: now)
      var next = slot.machine
      next.handle(event, turn: &turn)
      endTurn(&turn)
      let writes = slot.writes(to: next, isNew: false)
      if writes.isEmpty {
        settle(id, hints: turn.hints, at: now)
      } else {
        fly(id, to: next, writes: writes, turn: turn, isNew: false)
      }
    }
  }

  /// Lends a transition what it may know and change; `endTurn` takes it back. `machine` is nil for a new resource.
  mutating func beginTurn(of machine: ResourceMachine? = nil, at now: Instant) -> Turn {
    defer {
      accounts = [:]
      usage = Usage()
    }
    return Turn(
      now: now, boot: boot, policy: policy, random: random, accounts: accounts, running: running, usage: usage,
      share: machine?.share)
  }

  mutating func endTurn(_ turn: inout Turn) {
    random = turn.random
    accounts = turn.accounts
    turn.accounts = [:]
    usage = turn.usage
    turn.usage = Usage()
    for alarm in turn.alarms { actions.append(.alarm(account: alarm.account, alarm.text)) }
    turn.alarms = []
  }

  /// Sends a transition to the ledger.
  mutating func fly(_ id: ULID, to next: ResourceMachine, writes: [RecordWrite], turn: Turn, isNew: Bool) {
    serial += 1
    commits[serial] = id
    usage.replace(isNew ? nil : slots[id]?.machine.share, by: next.share)
    let writes =
      writes
      + turn.notices.map { RecordWrite(key: Keys.notice($0.id), expected: 0, record: .notice($0)) }
    slots[id]?.flight = Flight(
      commit: serial, next: next, writes: writes, notes: turn.notes, hints: turn.hints, isNew: isNew)
    actions.append(.commit(serial, writes))
  }

  mutating func committed(_ commit: UInt64, at now: Instant) {
    guard let id = commits.removeValue(forKey: commit), let flight = slots[id]?.flight, flight.commit == commit
    else { return }
    abandonDropped(slots[id]?.machine.resource.pending ?? [], flight.next.resource.pending)
    slots[id]?.machine = flight.next
    slots[id]?.flight = nil
    for write in flight.writes {
      switch write.record {
      case .notice(let notice): actions.append(.notice(notice))
      case .resource(let resource): slots[id]?.versions[resource.id] = write.expected + 1
      case .attempt(let attempt): slots[id]?.versions[attempt.id] = write.expected + 1
      case .idempotency: break
      }
    }
    if !flight.notes.isEmpty { actions.append(.notes(flight.notes)) }
    actions.append(.changed(flight.next, version: version(of: id)))
    settle(id, hints: flight.hints, at: now)
    drain(id, at: now)
    answerJoined(id)
  }

  /// What is being performed and not wanted any more is stopped. Its end is still an event, which then means nothing.
  private mutating func abandonDropped(_ before: [Effect], _ after: [Effect]) {
    for effect in before where running.contains(effect.id) && !after.contains(where: { $0.id == effect.id }) {
      actions.append(.abandon(effect.id))
    }
  }

  mutating func commitFailed(_ commit: UInt64, _ error: LedgerError, at now: Instant) {
    guard let id = commits.removeValue(forKey: commit), let flight = slots[id]?.flight else { return }
    if flight.isNew, isNothingStored(error) { return abandon(id, flight, error) }
    guard case .full(let reason) = error else {
      actions.append(.halt("a commit of resource \(id) was refused: \(error)"))
      return
    }
    // Nothing is lost: the same commit is tried until there is room.
    actions.append(.alarm(account: "", "the ledger is full (\(reason)); waiting for room"))
    starved.append((now + policy.fullRetry, id))
  }

  /// Whether the ledger holds for sure what it held before. A commit that broke may be durable all the same: the next start
  /// reads it, and whoever asked gets no answer and asks again with the same key.
  private func isNothingStored(_ error: LedgerError) -> Bool {
    switch error {
    case .full, .tooBig: true
    case .broken, .conflict: false
    }
  }

  /// An order that could not be stored was never accepted.
  private mutating func abandon(_ id: ULID, _ flight: Flight, _ error: LedgerError) {
    let reason: String
    var remedy = "see the daemon's log"
    switch error {
    case .full(let text): (reason, remedy) = (text, "make room on the disk, then order again: nothing was stored")
    case .tooBig(let text), .broken(let text): reason = text
    case .conflict(let key, _, _): reason = "\(key) was changed by somebody else"
    }
    let failure = Failure(.unavailable, "the order could not be stored: \(reason)", remedy: remedy)
    var isFull = false
    if case .full = error {
      isFull = true
      actions.append(.alarm(account: "", "an order was turned away: the ledger is full (\(reason))"))
    }
    for (number, _) in slots[id]?.asked ?? [] { answer(number, isFull ? .noRoom(failure) : .refused(failure)) }
    slots[id] = nil
    usage.replace(flight.next.share, by: nil)
    for write in flight.writes where write.key.kind == "idempotency" { idempotency[write.key] = nil }
  }

  /// Tries starved commits again.
  mutating func retryStarved(at now: Instant) {
    let due = starved.filter { $0.at <= now }
    starved.removeAll { $0.at <= now }
    for (_, id) in due {
      guard let flight = slots[id]?.flight else { continue }
      serial += 1
      commits[serial] = id
      slots[id]?.flight?.commit = serial
      actions.append(.commit(serial, flight.writes))
    }
  }

  /// Performs what is due in a durable state, and plans its looks and its timer.
  func isPerformable(_ effect: Effect, at now: Instant) -> Bool {
    isStarted && effect.notBefore <= now && !running.contains(effect.id)
  }

  mutating func settle(_ id: ULID, hints: [ULID: Int64], at now: Instant) {
    guard isStarted, let slot = slots[id], slot.flight == nil else { return }
    for effect in slot.machine.resource.pending where isPerformable(effect, at: now) && !isWithheld(effect) {
      // A once effect of an earlier start is never performed; `restarted` turns it into an unknown outcome.
      guard !effect.kind.isOnce || effect.boot == boot else { continue }
      running.insert(effect.id)
      actions.append(
        .perform(effect, slot.machine.resource, effect.kind.attempt.flatMap { slot.machine.attempts[$0] }))
    }
    timers.set(id, slot.machine.nextTimer(running: running, besides: isWithheld))
    let watches = slot.machine.watches(at: now, policy: policy)
    for name in Set(slot.machine.attempts.values.map(\.placement.account)) {
      plans[name, default: LookPlan(account: name)].replace(
        slot.machine.watchable(on: name), with: watches.filter { $0.account == name }, hints: hints, at: now)
    }
  }

  /// Runs what time made due.
  mutating func runTimers(at now: Instant) {
    if !starved.isEmpty { retryStarved(at: now) }
    var due: [ULID] = []
    while let id = timers.take(at: now) { due.append(id) }
    for id in due {
      guard let slot = slots[id], slot.flight == nil else { continue }
      post(.tick, to: id, at: now)
    }
  }

  /// Answers whoever asked, once what was asked is durable: with the operation that does it.
  mutating func answerJoined(_ id: ULID) {
    if let revealed = slots[id]?.revealed, slots[id]?.flight == nil {
      slots[id]?.revealed = nil
      answer(revealed.number, .secrets(revealed.secrets))
    }
    guard let slot = slots[id], slot.flight == nil, slot.mailbox.isEmpty, !slot.asked.isEmpty else { return }
    slots[id]?.asked = []
    for (number, operation) in slot.asked {
      let operations = slot.machine.resource.operations
      let done = operations.last { $0.id == operation } ?? operations.last { $0.kind == .terminate } ?? operations.last
      answer(number, .accepted(resource: id, operation: done?.id ?? operation))
    }
  }
}
