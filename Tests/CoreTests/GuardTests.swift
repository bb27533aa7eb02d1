import Core
import Model
import Testing

/// What accounts, tenants and orders may have, make and pay at most.
@Suite struct GuardTests {
  /// An engine with two accounts whose commits are durable when the test says so.
  private struct Bench {
    var engine: Engine
    var now = Instant(ms: 1_700_000_000_000)
    var commits: [UInt64] = []
    var pending: [(ULID, Effect)] = []
    var answers: [UInt64: Answer] = [:]
    var records: [LedgerKey: (UInt64, Record)] = [:]
    var writes: [UInt64: [RecordWrite]] = [:]
    let policy: Policy
    let accounts: [AccountFacts]

    init(tenant: ResourceLimits = ResourceLimits(), first: ResourceLimits = ResourceLimits()) {
      var policy = Policy()
      policy.tenantLimits = tenant
      self.policy = policy
      accounts = [
        AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: true, guards: first),
        AccountFacts(name: "b", plugin: "p", limits: CloudLimits(), identityHolds: true),
      ]
      engine = Engine(
        boot: ULID(high: 1, low: 1), policy: policy, seed: 1, records: [], accounts: accounts, at: now)
      send(.started)
    }

    mutating func send(_ event: EngineEvent) {
      for action in engine.handle(event, at: now) {
        switch action {
        case .commit(let number, let list):
          commits.append(number)
          writes[number] = list
        case .perform(let effect, let resource, _): pending.append((resource.id, effect))
        case .answer(let number, let answer): answers[number] = answer
        default: break
        }
      }
    }

    /// Makes every commit durable, those that follow from it too.
    mutating func settle() {
      while !commits.isEmpty {
        let number = commits.removeFirst()
        for write in writes[number] ?? [] { records[write.key] = (write.expected + 1, write.record) }
        send(.committed(number))
      }
    }

    mutating func order(_ number: UInt64, tenant: String = "t", on names: [String] = ["a"], cap: Money? = nil) {
      let offering = Offering(
        name: "o", placements: names.map { Placement(account: $0, type: "t", location: "l", image: "i") },
        readiness: .cloud, provisionDeadlineMs: 600_000)
      send(
        .command(
          number,
          .provision(
            Order(
              caller: "c", idempotencyKey: "k\(number)", bodyDigest: "d", tenant: tenant, offering: offering,
              sshKeys: [], expiresAt: nil, maxHourly: cap))))
    }

    /// Answers the next effect that is performed.
    mutating func finish(_ result: EffectResult) {
      guard !pending.isEmpty else { return }
      let (resource, effect) = pending.removeFirst()
      send(.finished(resource: resource, effect: effect, result))
      settle()
    }

    mutating func priced(_ hourly: String?) {
      let price = hourly.flatMap { Money(decimal: $0) }.map { Price(hourly: $0, currency: "EUR") }
      finish(
        .validated(
          ResolvedPlacement(
            type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1,
            price: price)))
    }

    func resource(_ number: UInt64) -> Resource? {
      guard case .accepted(let id, _)? = answers[number] else { return nil }
      return engine.machine(id)?.resource
    }

    func refusal(_ number: UInt64) -> Failure? {
      guard case .refused(let failure)? = answers[number] else { return nil }
      return failure
    }

    /// The same ledger under a host that was started again.
    mutating func restart() {
      engine = Engine(
        boot: ULID(high: 1, low: 2), policy: policy, seed: 2,
        records: records.map { (key: $0.key, version: $0.value.0, record: $0.value.1) }, accounts: accounts, at: now)
      pending = []
      send(.started)
      settle()
    }
  }

  @Test func `two orders that race for a tenant's last place cannot both have it`() {
    var bench = Bench(tenant: ResourceLimits(maxResources: 1))
    bench.order(1)
    bench.order(2)
    bench.order(3, tenant: "other")
    bench.settle()
    #expect(bench.resource(1) != nil && bench.resource(3) != nil)
    let failure = bench.refusal(2)
    #expect(failure?.code == .quota)
    #expect(failure?.message == "tenant t may have no more resources: at most 1 alive, and it is 1")
    #expect(failure?.expected == "at most 1 alive" && failure?.found == "1" && failure?.remedy != nil)
  }

  @Test func `an order that could not be stored takes nobody's place`() {
    var bench = Bench(tenant: ResourceLimits(maxResources: 1, maxCreatesPerHour: 1))
    bench.order(1)
    bench.send(.commitFailed(bench.commits.removeFirst(), .full("no space left")))
    bench.order(2)
    bench.settle()
    #expect(bench.resource(2) != nil)
  }

  @Test func `a place is free again once its resource is gone, and a restart forgets neither places nor creates`() {
    var bench = Bench(tenant: ResourceLimits(maxResources: 1, maxCreatesPerHour: 2))
    bench.order(1)
    bench.settle()
    bench.restart()
    bench.order(2)
    #expect(bench.refusal(2)?.code == .quota)
    guard let id = bench.resource(1)?.id else {
      Issue.record("it was not accepted")
      return
    }
    bench.send(.command(3, .terminate(id, reason: "user")))
    bench.settle()
    while !bench.pending.isEmpty { bench.finish(.notSent(Failure(.cancelled, "no"))) }
    #expect(bench.engine.machine(id)?.resource.state.isFinal == true)
    bench.order(4)
    bench.settle()
    #expect(bench.resource(4) != nil)
    if let second = bench.resource(4)?.id { bench.send(.command(5, .terminate(second, reason: "user"))) }
    bench.settle()
    while !bench.pending.isEmpty { bench.finish(.notSent(Failure(.cancelled, "no"))) }
    bench.restart()
    bench.order(6)
    #expect(bench.refusal(6)?.message.contains("at most 2 creates within an hour, and it is 2") == true)
    bench.now = bench.now + 3_660_000
    bench.order(7)
    bench.settle()
    #expect(bench.resource(7) != nil)
  }

  @Test func `a full account is passed over for the next one, and an order for it alone is refused`() {
    var bench = Bench(first: ResourceLimits(maxResources: 1))
    bench.order(1)
    bench.order(2, on: ["a", "b"])
    bench.order(3)
    bench.settle()
    guard case .requested(let selection)? = bench.resource(2)?.state else {
      Issue.record("it was not accepted")
      return
    }
    #expect(selection.index == 1)
    #expect(bench.resource(2)?.rejected.map(\.failure.code) == [.quota])
    #expect(bench.refusal(3)?.message.hasPrefix("account a may have no more resources") == true)
    #expect(bench.refusal(3)?.remedy?.contains("slipway account set a --max-resources") == true)
  }

  @Test func `creates on an account count while they are only meant, and for an hour once they are made`() {
    var bench = Bench(first: ResourceLimits(maxCreatesPerHour: 1))
    bench.order(1)
    bench.order(2)
    #expect(bench.refusal(2)?.code == .quota)
    bench.settle()
    bench.priced("0.01")
    bench.finish(.prepared(cookie: nil, bootstrap: nil))
    bench.finish(.refused(Failure(.invalidSpec, "no")))
    #expect(bench.resource(1)?.state.name == "failed")
    bench.order(3)
    #expect(bench.refusal(3)?.found == "1")
  }

  @Test(arguments: [("0.02", "0.01"), (nil, "0.01")] as [(String?, String)])
  func `a placement that costs more than the order allows, or does not say, is left for the next one`(
    dear: String?, cheap: String
  ) {
    var bench = Bench()
    bench.order(1, on: ["a", "b"], cap: Money(decimal: "0.015"))
    bench.settle()
    bench.priced(dear)
    #expect(bench.resource(1)?.rejected.map(\.failure.code) == [.quota])
    #expect(bench.resource(1)?.attempts.isEmpty == true, "nothing was made")
    bench.priced(cheap)
    guard case .requested(let selection)? = bench.resource(1)?.state else {
      Issue.record("it is \(bench.resource(1)?.state.name ?? "not there")")
      return
    }
    #expect(selection.index == 1 && selection.resolved != nil)
  }

  @Test func `what costs nothing and what costs something are counted apart, for accounts and tenants`() {
    var bench = Bench(tenant: ResourceLimits(maxPaid: 2), first: ResourceLimits(maxFree: 1, maxPaid: 1))
    for (number, price) in [(1, "0"), (2, "0"), (3, "0.01"), (4, nil)] as [(UInt64, String?)] {
      bench.order(number)
      bench.settle()
      bench.priced(price)
      bench.pending = []
      if number % 2 == 0 {
        #expect(bench.resource(number)?.state.name == "failed")
        let why = bench.resource(number)?.rejected.last?.failure
        let word = number == 2 ? "free" : "paid"
        #expect(why?.code == .quota && why?.message.contains("account a may have no more \(word) resources") == true)
        #expect(why?.remedy?.contains("slipway account set a --max-\(word) ") == true)
      }
    }
    let figures = bench.engine.usage.figures(of: .account("a"))
    #expect(figures.alive == 2 && figures.free == 1 && figures.paid == 1)
    bench.order(5, on: ["b"])
    bench.settle()
    bench.priced("0.01")
    bench.pending = []
    bench.order(6, on: ["b"])
    bench.settle()
    bench.priced("0.01")
    #expect(bench.resource(5)?.state.name == "requested" && bench.resource(6)?.state.name == "failed")
    bench.restart()
    #expect(bench.engine.usage.figures(of: .tenant("t")).paid == 2)
  }

  @Test func `two orders whose prices are told at once cannot both spend what is left`() {
    var bench = Bench(tenant: ResourceLimits(maxHourly: Money(decimal: "0.03")))
    bench.order(1)
    bench.order(2)
    bench.settle()
    bench.priced("0.02")
    bench.priced("0.02")
    #expect(bench.resource(1)?.state.name == "requested")
    #expect(bench.resource(2)?.state.name == "failed")
    let why = bench.resource(2)?.rejected.last?.failure
    #expect(why?.code == .quota && why?.found == "0.04 EUR, of which 0.02 for this one")
    bench.order(3)
    bench.settle()
    #expect(bench.resource(3) != nil, "something that costs 0.01 would still fit")
  }
}
