import Core
import Model
import Testing

/// An engine with one account, and a ledger that answers when told to.
private struct Bench {
  var engine: Engine
  var now = Instant(ms: 1_000)
  var commits: [UInt64] = []
  var performed: [String] = []
  var answers: [UInt64: Answer] = [:]
  var halted: String?

  init() {
    engine = Engine(
      boot: ULID(high: 1, low: 1), policy: Policy(), seed: 1, records: [],
      accounts: [AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: true)], at: now)
    send(.started)
  }

  mutating func send(_ event: EngineEvent) {
    for action in engine.handle(event, at: now) {
      switch action {
      case .commit(let number, _): commits.append(number)
      case .perform(let effect, _, _): performed.append(effect.kind.name)
      case .answer(let number, let answer): answers[number] = answer
      case .halt(let reason): halted = reason
      default: break
      }
    }
  }

  mutating func order(_ number: UInt64, key: String = "k", digest: String = "d", account: String = "a") {
    let offering = Offering(
      name: "o", placements: [Placement(account: account, type: "t", location: "l", image: "i")], readiness: .cloud,
      provisionDeadlineMs: 60_000)
    let order = Order(
      caller: "c", idempotencyKey: key, bodyDigest: digest, tenant: "t", offering: offering, sshKeys: [], expiresAt: nil
    )
    send(.command(number, .provision(order)))
  }
}

@Test func `nothing is answered or performed before its commit is durable`() {
  var bench = Bench()
  bench.order(1)
  #expect(bench.answers.isEmpty && bench.performed.isEmpty && bench.engine.machines.isEmpty)
  bench.send(.committed(bench.commits[0]))
  #expect(bench.answers[1] != nil)
  #expect(bench.performed == ["validate"])
}

@Test func `the same key is the same resource, with another body it is refused`() {
  var bench = Bench()
  bench.order(1)
  bench.order(2)
  bench.send(.committed(bench.commits[0]))
  bench.order(3, digest: "other")
  #expect(bench.answers[1] == bench.answers[2])
  #expect(bench.answers[3] == .keyReused)
  #expect(bench.commits.count == 1)
}

@Test func `an order that the full disk refused was never accepted, and its key stays free`() {
  var bench = Bench()
  bench.order(1)
  bench.send(.commitFailed(bench.commits[0], .full("no space left")))
  guard case .noRoom? = bench.answers[1] else {
    Issue.record("it was answered with \(String(describing: bench.answers[1]))")
    return
  }
  bench.order(2)
  bench.send(.committed(bench.commits[1]))
  guard case .accepted? = bench.answers[2] else {
    Issue.record("the key was lost")
    return
  }
}

@Test func `a full disk makes a known resource wait, and nothing is lost`() {
  var bench = Bench()
  bench.order(1)
  bench.send(.committed(bench.commits[0]))
  guard case .accepted(let id, _)? = bench.answers[1] else { return }
  bench.send(.command(2, .terminate(id, reason: "user")))
  bench.send(.commitFailed(bench.commits[1], .full("no space left")))
  #expect(bench.answers[2] == nil)
  bench.now = bench.now + 5_000
  bench.send(.tick)
  bench.send(.committed(bench.commits[2]))
  #expect(bench.answers[2] != nil)
  #expect(bench.engine.machine(id)?.resource.state.name == "terminated")
}

@Test func `a conflict in the ledger ends the process instead of deciding on what is not there`() {
  var bench = Bench()
  bench.order(1)
  bench.send(.committed(bench.commits[0]))
  guard case .accepted(let id, _)? = bench.answers[1] else { return }
  bench.send(.command(2, .terminate(id, reason: "user")))
  bench.send(.commitFailed(bench.commits[1], .conflict(Keys.resource(id), expected: 1, found: 2)))
  #expect(bench.halted != nil)
}

@Test func `an order whose commit broke may be durable, so its key is not free and the process ends`() {
  var bench = Bench()
  bench.order(1)
  bench.send(.commitFailed(bench.commits[0], .broken("I/O error")))
  #expect(bench.halted != nil)
  #expect(bench.answers[1] == nil)
  bench.order(2)
  #expect(bench.commits.count == 1)
}

@Test func `an order for an account that is not there is refused by name`() {
  var bench = Bench()
  bench.order(1, account: "nowhere")
  guard case .refused(let failure)? = bench.answers[1] else { return }
  #expect(failure.message.contains("nowhere") && failure.remedy != nil)
}
