import Core
import Model

// The host's side: pumping the engine, the ledger, death and restart.
extension World {
  mutating func happen(_ item: Happening) {
    switch item {
    case .engine(let boot, let event) where boot == boots:
      if engine != nil { rules.heard(event) }
      pump(event)
    case .durable(let boot, let commit, let writes):
      // A commit that reached the ledger is durable even where the host died before it heard; one that had not is lost.
      guard boot == boots && engine != nil || random.next() % 2 == 0 else { return }
      store(writes)
      if boot == boots && engine != nil { pump(.committed(commit)) }
    case .wake(let boot) where boot == boots: pump(.tick)
    case .request(let boot, let effect, let resource, let attempt):
      request(boot: boot, effect, resource, attempt)
    case .execute(let attempt, let account): execute(attempt, in: account, twice: false)
    case .look(let boot, let number, let account, let entries): look(boot: boot, number, account, entries)
    case .flip(let pair):
      guard faults.stockFlips > 0 else { return }
      cloud.flip(pair)
      tell("stock of \(pair) flips")
      agenda.plan(.flip(pair), at: now + 1_000 + delay(UInt64(40_000_000 / faults.stockFlips)))
    case .breakToken(let account):
      cloud.tokens[account] = random.next() % 2 == 0 ? .revoked : .readOnly
      tell("token of \(account) is \(cloud.token(of: account))")
      agenda.plan(.replaceToken(account), at: now + delay(300_000))
    case .replaceToken(let account):
      guard engine != nil else { return agenda.plan(.replaceToken(account), at: now + 500) }
      cloud.tokens[account] = .good
      tell("token of \(account) is replaced")
      pump(.credentialReplaced(account))
    case .order(let order):
      guard engine != nil else { return agenda.plan(.order(order), at: now + 500) }
      pump(.command(UInt64(tally.steps), .provision(order)))
    case .terminate(let index):
      guard let engine else { return agenda.plan(.terminate(index), at: now + 500) }
      guard engine.machines.indices.contains(index) else {
        // An order that was refused (no account could be used) makes no machine.
        return now < calmAt ? agenda.plan(.terminate(index), at: now + 500) : ()
      }
      tell("user terminates resource \(index)")
      pump(.command(UInt64(tally.steps), .terminate(engine.machines[index].resource.id, reason: "user")))
    case .restart: restart()
    case .fail(let id): cloud.delete(id, at: now)
    case .engine, .wake: break
    }
  }

  mutating func restart() {
    guard engine == nil else { return }
    boots += 1
    lastStart = now
    tell("host starts (boot \(boots))")
    engine = Engine(
      boot: random.id(at: now), policy: policy, seed: random.next(),
      records: table.sorted { $0.key < $1.key }.map { ($0.key, $0.value.version, $0.value.record) },
      accounts: limits.map { AccountFacts(name: $0, plugin: "p", limits: $1, identityHolds: true) }, at: now)
    pump(.started)
  }

  mutating func die() {
    tally.deaths += 1
    tell("host dies")
    engine = nil
    agenda.plan(.restart, at: now + delay(20_000))
  }

  mutating func pump(_ event: EngineEvent) {
    guard engine != nil else { return }
    guard let actions = engine?.handle(event, at: now) else { return }
    for action in actions { act(action) }
    if let wake = engine?.nextWake() { agenda.plan(.wake(boot: boots), at: max(wake, now + 1)) }
  }

  private mutating func act(_ action: EngineAction) {
    switch action {
    case .commit(let number, let writes):
      agenda.plan(.durable(boot: boots, number, writes), at: now + Int64(random.next() % 3))
    case .perform(let effect, let resource, let attempt):
      rules.performed(effect, resource, attempt, table: table, seed: seed)
      if case .provision = effect.kind, let attempt { rules.creates(attempt, of: resource, at: now) }
      agenda.plan(.request(boot: boots, effect, resource, attempt), at: now + Int64(random.next() % 5))
    case .look(let number, let account, let entries):
      agenda.plan(.look(boot: boots, number, account: account, entries), at: now + delay(300))
    case .notes(let notes): for note in notes { tell("\(note.kind.rawValue): \(note.text)") }
    case .changed(let machine, _): tally.states[machine.resource.state.name, default: 0] += 1
    case .alarm(_, let text): tell("alarm: \(text)")
    case .halt(let reason): rules.broken.append("the engine halts: \(reason)")
    case .answer, .abandon: break
    }
  }

  /// The ledger: all or nothing, by versions.
  private mutating func store(_ writes: [RecordWrite]) {
    for write in writes where (table[write.key]?.version ?? 0) != write.expected {
      rules.broken.append(
        "commit of \(write.key) expected version \(write.expected), found \(table[write.key]?.version ?? 0)")
      return
    }
    for write in writes { table[write.key] = (write.expected + 1, write.record) }
  }
}
