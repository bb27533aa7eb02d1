import Core
import Model
import Testing

/// An engine with one account, whose commits are durable at once and whose effects end when told.
private struct Desk {
  var engine: Engine
  var now = Instant(ms: 1_700_000_000_000)
  var performed: [(effect: Effect, resource: ULID)] = []
  var looks: [UInt64] = []
  var alarms: [String] = []
  var answers: [UInt64: Answer] = [:]
  let resource = ULID(high: 2, low: 2)
  var records: [LedgerKey: (version: UInt64, record: Record)] = [:]

  init(records: [LedgerKey: (version: UInt64, record: Record)] = [:]) {
    self.records = records
    engine = Engine(
      boot: ULID(high: 1, low: UInt64(records.count)), policy: Policy(), seed: 1,
      records: records.map { ($0.key, $0.value.version, $0.value.record) },
      accounts: [AccountFacts(name: "a", plugin: "p", limits: CloudLimits(settleMs: 1_000), identityHolds: true)],
      at: now)
    send(.started)
  }

  mutating func send(_ event: EngineEvent) {
    var events = [event]
    while !events.isEmpty {
      for action in engine.handle(events.removeFirst(), at: now) {
        switch action {
        case .commit(let number, let writes):
          for write in writes { records[write.key] = (write.expected + 1, write.record) }
          events.append(.committed(number))
        case .perform(let effect, let resource, _): performed.append((effect, resource.id))
        case .look(let number, _, _): looks.append(number)
        case .alarm(let account, let text): alarms.append("\(account): \(text)")
        case .answer(let number, let answer): answers[number] = answer
        default: break
        }
      }
    }
  }

  mutating func wait(_ ms: Int64) {
    now = now + ms
    send(.tick)
  }

  mutating func order(_ key: String) {
    let offering = Offering(
      name: "o", placements: [Placement(account: "a", type: "t", location: "l", image: "i")], readiness: .cloud,
      provisionDeadlineMs: 900_000)
    send(
      .command(
        1,
        .provision(
          Order(
            caller: "c", idempotencyKey: key, bodyDigest: "d", tenant: "t", offering: offering, sshKeys: [],
            expiresAt: nil))))
  }

  mutating func finish(_ name: String, _ result: EffectResult) {
    guard let index = performed.lastIndex(where: { $0.effect.kind.name == name }) else { return }
    let (effect, resource) = performed.remove(at: index)
    send(.finished(resource: resource, effect: effect, result))
  }

  /// Walks an order to the point where its create is under way.
  mutating func dispatch(_ key: String) {
    order(key)
    let resolved = ResolvedPlacement(
      type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil)
    finish("validate", .validated(resolved))
    finish("prepare", .prepared(cookie: nil, bootstrap: nil))
  }

  var circuit: Circuit? { engine.accounts["a"]?.circuit }
  var canWrite: Bool? { engine.accounts["a"]?.canWrite ?? nil }
  var states: [String] { engine.machines.map(\.resource.state.name) }
}

@Suite struct CredentialTests {
  @Test func `a circuit that a refused create opened is not closed by what only reads`() {
    var desk = Desk()
    #expect(desk.canWrite == nil, "nobody knows yet")
    desk.dispatch("1")
    desk.finish("provision", .refused(Failure(.forbidden, "the token is read-only")))
    #expect(desk.circuit?.evidence == .writing && desk.canWrite == false)
    #expect(desk.alarms == ["a: the token is read-only"])
    desk.send(.accountHealthy("a", canWrite: nil))
    #expect(desk.circuit != nil, "a self test that only reads proves nothing of writing")
    desk.order("2")
    guard case .refused(let failure)? = desk.answers[1] else {
      Issue.record("it was accepted")
      return
    }
    #expect(failure.message.contains("read-only"))
    #expect(failure.code == .forbidden)
    #expect(failure.remedy?.contains("account rotate a") == true, "a check would not help")
    desk.send(.credentialReplaced("a"))
    #expect(desk.circuit == nil && desk.canWrite == nil, "nothing is known of the new one")
    desk.dispatch("3")
    desk.finish("provision", .created(Created(externalID: "7")))
    #expect(desk.canWrite == true)
  }

  @Test func `a cloud that says that the credential may write closes the circuit`() {
    var desk = Desk()
    desk.dispatch("1")
    desk.finish("provision", .refused(Failure(.forbidden, "the account is locked")))
    desk.send(.accountHealthy("a", canWrite: true))
    #expect(desk.circuit == nil && desk.canWrite == true)
  }

  @Test func `a credential that was refused altogether is good again once any look is answered`() {
    var desk = Desk()
    desk.dispatch("1")
    desk.finish("provision", .created(Created(externalID: "7", pollAfterMs: 1)))
    desk.wait(10)
    desk.send(.looked(desk.looks.removeFirst(), .failed(Failure(.unauthenticated, "revoked"))))
    #expect(desk.circuit?.evidence == .reading)
    desk.wait(2_000)
    desk.send(.looked(desk.looks.removeFirst(), .seen([], requests: 1)))
    #expect(desk.circuit == nil)
  }

  @Test func `an end that waits for a good credential goes on the moment it comes, not minutes later`() {
    var desk = Desk()
    desk.dispatch("1")
    desk.finish("provision", .created(Created(externalID: "7", pollAfterMs: 1)))
    let id = desk.engine.machines[0].resource.id
    desk.send(.command(2, .terminate(id, reason: "user")))
    for _ in 0..<8 {
      desk.finish("terminate", .refused(Failure(.unauthenticated, "revoked")))
      desk.wait(600_000)
    }
    desk.finish("terminate", .refused(Failure(.unauthenticated, "revoked")))
    #expect(desk.performed.isEmpty, "it waits")
    #expect(desk.engine.machines[0].resource.stall?.failure.code == .unauthenticated)
    desk.send(.credentialReplaced("a"))
    #expect(desk.performed.map(\.effect.kind.name) == ["terminate"])
    desk.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    #expect(desk.engine.machines[0].resource.stall == nil)
  }

  @Test func `what began with the old credential says nothing of the new one`() {
    var desk = Desk()
    desk.dispatch("1")
    desk.dispatch("2")
    desk.finish("provision", .created(Created(externalID: "7", pollAfterMs: 1)))
    desk.wait(10)
    let look = desk.looks.removeFirst()
    desk.wait(10)
    desk.send(.credentialReplaced("a"))
    desk.finish("provision", .refused(Failure(.unauthenticated, "revoked")))
    desk.send(.looked(look, .failed(Failure(.unauthenticated, "revoked"))))
    #expect(desk.circuit == nil && desk.alarms.isEmpty)
  }

  @Test func `what was out of stock shortly before a restart is still avoided after it`() {
    var desk = Desk()
    desk.dispatch("1")
    desk.finish("provision", .refused(Failure(.noCapacity, "none left")))
    #expect(desk.states == ["failed"])
    let placement = desk.engine.machines[0].resource.offering.placements[0]
    var again = Desk(records: desk.records)
    #expect(again.engine.accounts["a"]?.avoids(placement, at: again.now) == true)
    again.wait(600_001)
    #expect(again.engine.accounts["a"]?.avoids(placement, at: again.now) == false)
  }
}
