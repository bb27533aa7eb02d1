import Core
import Model
import Testing

/// What a host does on a ledger that may be an old copy: it looks, and nothing else.
@Suite struct UnconfirmedTests {
  /// An engine whose commits are durable at once.
  private struct Bench {
    var engine: Engine
    var now = Instant(ms: 1_700_000_000_000)
    var performed: [(ULID, Effect)] = []
    var looks = 0
    var answers: [UInt64: Answer] = [:]
    var records: [LedgerKey: (UInt64, Record)] = [:]
    static let accounts = [AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: true)]

    init() {
      engine = Engine(
        boot: ULID(high: 1, low: 1), policy: Policy(), seed: 1, records: [], accounts: Self.accounts, at: now)
      send(.started)
    }

    mutating func send(_ event: EngineEvent) {
      for action in engine.handle(event, at: now) {
        switch action {
        case .commit(let number, let list):
          for write in list { records[write.key] = (write.expected + 1, write.record) }
          send(.committed(number))
        case .perform(let effect, let resource, _): performed.append((resource.id, effect))
        case .look: looks += 1
        case .answer(let number, let answer): answers[number] = answer
        default: break
        }
      }
    }

    mutating func order(_ number: UInt64, key: String) {
      let offering = Offering(
        name: "o", placements: [Placement(account: "a", type: "t", location: "l", image: "i")], readiness: .cloud,
        provisionDeadlineMs: 600_000)
      send(
        .command(
          number,
          .provision(
            Order(
              caller: "c", idempotencyKey: key, bodyDigest: "d", tenant: "t", offering: offering, sshKeys: [],
              expiresAt: nil))))
    }

    mutating func finish(_ result: EffectResult) {
      guard !performed.isEmpty else { return }
      let (resource, effect) = performed.removeFirst()
      send(.finished(resource: resource, effect: effect, result))
    }

    mutating func validated() {
      finish(
        .validated(
          ResolvedPlacement(
            type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil)
        ))
    }

    /// The same records under a host that does not know whether they are the newest.
    mutating func restore() {
      engine = Engine(
        boot: ULID(high: 1, low: 2), policy: Policy(), seed: 2,
        records: records.map { (key: $0.key, version: $0.value.0, record: $0.value.1) }, accounts: Self.accounts,
        isConfirmed: false, at: now)
      performed = []
      send(.started)
    }

    func id(_ number: UInt64) -> ULID? {
      guard case .accepted(let id, _)? = answers[number] else { return nil }
      return id
    }

    func isRefused(_ number: UInt64) -> Bool {
      guard case .refused(let failure)? = answers[number] else { return false }
      return failure.remedy?.contains("slipway epoch confirm") == true && failure.found != nil
    }
  }

  @Test func `everything but validate is withheld until the epoch is confirmed, and no timer runs in a circle`() {
    var bench = Bench()
    bench.order(1, key: "one")
    bench.restore()
    #expect(bench.performed.map(\.1.kind.name) == ["validate"])
    bench.validated()
    #expect(bench.performed.isEmpty, "prepare waits")
    // Its time has come long ago; a wake that is already past would never end.
    for _ in 0..<10 {
      guard let wake = bench.engine.nextWake() else { break }
      #expect(wake > bench.now)
      bench.now = wake
      bench.send(.tick)
      #expect(bench.performed.isEmpty)
    }
  }

  @Test func `what was withheld is performed once, after an operator said so`() {
    var bench = Bench()
    bench.order(1, key: "one")
    bench.restore()
    bench.validated()
    bench.send(.epochConfirmed)
    bench.send(.epochConfirmed)
    #expect(bench.performed.map(\.1.kind.name) == ["prepare"])
  }

  @Test func `a create of which the copy knows is looked up, and not sent before the epoch is confirmed`() {
    var bench = Bench()
    bench.order(1, key: "one")
    bench.validated()
    bench.finish(.prepared(cookie: nil, bootstrap: nil))
    #expect(bench.performed.map(\.1.kind.name) == ["provision"])
    bench.restore()
    for _ in 0..<200 {
      guard let wake = bench.engine.nextWake(), bench.looks == 0 else { break }
      bench.now = max(bench.now, wake)
      bench.send(.tick)
    }
    #expect(bench.looks > 0 && bench.performed.isEmpty)
    #expect(bench.id(1).flatMap { bench.engine.machine($0) }?.resource.state.name == "resolving")
  }

  @Test func `orders, power and terminates are refused with what to do; an order of before is still answered`() {
    var bench = Bench()
    bench.order(1, key: "one")
    let known = bench.answers[1]
    bench.restore()
    bench.order(2, key: "one")
    #expect(bench.answers[2] == known)
    bench.order(3, key: "two")
    guard let id = bench.id(1) else {
      Issue.record("it was not accepted")
      return
    }
    bench.send(.command(4, .terminate(id, reason: "user")))
    bench.send(.command(5, .power(id, .stop)))
    #expect(bench.isRefused(3) && bench.isRefused(4) && bench.isRefused(5))
    bench.send(.epochConfirmed)
    bench.order(6, key: "two")
    bench.send(.command(7, .terminate(id, reason: "user")))
    #expect(bench.id(6) != nil && bench.id(7) == id)
  }
}
