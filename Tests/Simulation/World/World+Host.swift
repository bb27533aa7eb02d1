import Core
import Model

// The host's side: pumping the engine, the ledger, pause, death and restart.
extension World {
  /// Whether only a living host that is not paused can take part in it.
  private func needsHost(_ item: Happening) -> Bool {
    switch item {
    case .execute, .held, .delete, .switchOff, .flip, .breakToken, .straggle, .restart, .durable: false
    default: true
    }
  }

  /// Whether it is lost when the host dies before it; otherwise it waits for the next start.
  private func boot(of item: Happening) -> Int? {
    switch item {
    case .durable(let boot, _), .acknowledged(let boot, _), .commitRefused(let boot, _, _), .wake(let boot),
      .leave(_, let boot), .answer(_, let boot, _), .look(let boot, _), .looked(let boot, _, _),
      .identityChecked(_, let boot), .swept(_, let boot, _):
      boot
    case .workerDies, .pause: boots
    default: nil
    }
  }

  mutating func happen(_ item: Happening) {
    if case .durable(let boot, let commit) = item { return durable(boot, commit) }
    if needsHost(item) {
      if let boot = boot(of: item), boot != boots || engine == nil { return }
      if engine == nil { return agenda.plan(item, at: now + 500) }
      // Whoever is paused finds it all when it wakes up; the wire goes on without it.
      if now < pausedUntil { return agenda.plan(item, at: pausedUntil) }
    }
    switch item {
    case .acknowledged(_, let commit): pump(.committed(commit))
    case .commitRefused(_, let commit, let error):
      flights[commit] = nil
      pump(.commitFailed(commit, error))
    case .wake:
      // One that was brought forward has been done already.
      guard plannedWake.map({ $0 <= now }) ?? false else { return }
      plannedWake = nil
      coverTimers()
      pump(.tick)
    case .leave(let number, _): leave(number)
    case .straggle(let call): straggle(call)
    case .answer(let number, _, let result): answered(number, result)
    case .execute(let attempt, let account, let isExcused): execute(attempt, in: account, isExcused: isExcused)
    case .held(let number):
      clouds?.release(number, at: now)
      mirror()
    case .look(_, let number): look(number)
    case .looked(_, let number, let result): looked(number, result)
    case .restart: restart()
    case .delete(let id, let account):
      clouds?.vanish(id, in: account, at: now)
      cloud.delete(id, in: account, at: now)
    case .switchOff(let id, let account, let isOff): switchOff(id, in: account, isOff)
    case .workerDies(let account): workerDies(account)
    default: happenOutside(item)
    }
  }

  private mutating func restart() {
    guard engine == nil else { return }
    boots += 1
    clouds?.restart()
    flights = [:]
    pausedUntil = now
    plannedWake = nil
    aliveSince = now
    let wall = chance(.clockJumps) ? now + (delay(500_000) - 250_000) : now
    skew = max(wall, ledgerTime) - now
    tell("host starts (boot \(boots)), its clock \(skew) ms ahead")
    let accounts = limits.keys.sorted()
    // Nobody has checked the identity under this start yet.
    for account in accounts {
      identityHolds[account] = false
      agenda.plan(.identityChecked(account, boot: boots), at: now + delay(1_500))
      rules.budgets[account] = Budget(limits[account], policy: policy, at: hostNow)
    }
    engine = Engine(
      boot: random.id(at: hostNow), policy: policy, seed: random.next(),
      records: table.sorted { $0.key < $1.key }.map { ($0.key, $0.value.version, $0.value.record) },
      accounts: accounts.map(facts), at: hostNow)
    checkReplay()
    for id in rules.replica.keys { cover(id, "restarted") }
    // What became durable without anyone hearing of it is shown from here on.
    for machine in engine?.machines ?? [] {
      rules.shown(machine, hostNow: hostNow, now: now, cloud: cloud, liars: liars)
    }
    pump(.started)
  }

  mutating func die() {
    tally.deaths += 1
    tell("host dies")
    let restartsAt = now + delay(20_000)
    coverDeath()
    for call in calls.values.sorted(by: { $0.number < $1.number }) {
      guard case .notLeft = call.stage else { continue }
      // Bytes that are with the kernel leave without us, before anyone can start again.
      if faults.rate(.slowSend) > 0, random.next() % 2 == 0 {
        let at = now + delay(UInt64(restartsAt - now))
        agenda.plan(.straggle(call), at: min(at, restartsAt))
      } else if let id = call.effect.kind.attempt, case .provision = call.effect.kind {
        rules.neverLeft(id)
      }
    }
    calls = [:]
    orphans = [:]
    looks = [:]
    engine = nil
    agenda.plan(.restart, at: restartsAt)
  }

  mutating func pause() {
    pausedUntil = now + delay(random.next() % 2 == 0 ? 5_000 : 60_000)
    tell("host is paused for \(pausedUntil - now) ms")
  }

  mutating func pump(_ event: EngineEvent) {
    let at = hostNow
    guard let actions = engine?.handle(event, at: at) else { return }
    for action in actions { act(action) }
    guard engine != nil else { return }
    guard let wake = engine?.nextWake() else { return }
    let due = max(wake + -skew, now + 1)
    guard plannedWake.map({ due < $0 }) ?? true else { return }
    plannedWake = due
    agenda.plan(.wake(boot: boots), at: due)
  }

  private mutating func act(_ action: EngineAction) {
    switch action {
    case .commit(let number, let writes):
      flights[number] = writes
      for case .attempt(let attempt) in writes.map(\.record) { rules.decides(attempt, hostNow: hostNow) }
      if now < fullUntil {
        agenda.plan(.commitRefused(boot: boots, number, .full("no space left")), at: now + delay(3))
      } else if chance(.ledgerBreaks) {
        if random.next() % 2 == 0 { store(writes) }
        rules.mayHalt = true
        agenda.plan(.commitRefused(boot: boots, number, .broken("I/O error")), at: now + delay(3))
      } else {
        agenda.plan(.durable(boot: boots, number), at: now + Int64(random.next() % 3))
      }
    case .perform(let effect, let resource, let attempt): perform(effect, resource, attempt)
    case .look(let number, let account, let entries):
      for entry in entries { rules.looksAt(entry, on: account, now: now) }
      looks[number] = (account, entries)
      agenda.plan(.look(boot: boots, number), at: now + delay(300))
    case .notes(let notes):
      for note in notes {
        tell("\(note.kind.rawValue): \(note.text)")
        rules.noted(note)
      }
    case .changed(let machine, _):
      touched.insert(machine.resource.id)
      tally.states[machine.resource.state.name, default: 0] += 1
      rules.shown(machine, hostNow: hostNow, now: now, cloud: cloud, liars: liars)
    case .alarm(_, let text): tell("alarm: \(text)")
    case .halt(let reason):
      guard rules.mayHalt else { return rules.broken.append("the engine halts: \(reason)") }
      rules.mayHalt = false
      die()
    case .answer(let number, let answer): rules.answered(number, answer)
    case .abandon, .notice: break
    }
  }

  /// A commit that reached the ledger is durable even where the host died before it heard.
  private mutating func durable(_ boot: Int, _ commit: UInt64) {
    let isHeard = boot == boots && engine != nil
    guard let writes = flights[commit], isHeard || random.next() % 2 == 0, boot == boots else {
      if boot == boots { flights[commit] = nil }
      return
    }
    flights[commit] = nil
    store(writes)
    guard isHeard else { return }
    agenda.plan(.acknowledged(boot: boot, commit), at: now + (chance(.ackLate) ? delay(2_000) : 0))
  }

  /// The ledger: all or nothing, by versions.
  private mutating func store(_ writes: [RecordWrite]) {
    for write in writes where (table[write.key]?.version ?? 0) != write.expected {
      rules.broken.append(
        "commit of \(write.key) expected version \(write.expected), found \(table[write.key]?.version ?? 0)")
      return
    }
    ledgerTime = max(ledgerTime, hostNow)
    for write in writes {
      table[write.key] = (write.expected + 1, write.record)
      switch write.record {
      case .resource(let resource):
        rules.replica[resource.id, default: ResourceMachine(resource: resource)].resource = resource
      case .attempt(let attempt):
        rules.replica[attempt.resource]?.attempts[attempt.id] = attempt
        rules.stored(attempt, liars: liars)
      case .idempotency, .notice: break
      }
    }
    for write in writes {
      if case .resource(let resource) = write.record { touched.insert(resource.id) }
      if case .attempt(let attempt) = write.record { touched.insert(attempt.resource) }
    }
  }
}
