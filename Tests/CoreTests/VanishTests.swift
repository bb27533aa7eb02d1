import Core
import Model
import Testing

/// An engine that began with active resources on one account, and a cloud of which looks are answered by hand.
private struct Account {
  private(set) var engine: Engine
  private(set) var now = Instant(ms: 1_700_000_000_000)
  private(set) var alarms: [String] = []
  /// What the cloud still has.
  var standing: Set<String>
  private var events: [EngineEvent] = []

  init(_ count: Int) {
    let placement = Placement(account: "a", type: "t", location: "l", image: "i")
    let offering = Offering(name: "o", placements: [placement], readiness: .cloud, provisionDeadlineMs: 900_000)
    var records: [(key: LedgerKey, version: UInt64, record: Record)] = []
    standing = Set((1...count).map { "o\($0)" })
    for number in 1...count {
      let (id, made) = (ULID(high: 8, low: UInt64(number)), ULID(high: 9, low: UInt64(number)))
      var work = Operation(id: ULID(high: 7, low: UInt64(number)), kind: .provision, acceptedAt: now, deadline: now)
      work.outcome = .succeeded
      var resource = Resource(
        id: id, tenant: "", offering: offering, sshKeys: [], expiresAt: nil, operation: work)
      resource.attempts = [made]
      resource.state = .active(attempt: made, object: "o\(number)")
      var attempt = Attempt(
        id: made, resource: id, operation: work.id, plugin: "p", placement: placement,
        resolved: ResolvedPlacement(
          type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil),
        name: "n\(number)", cookie: nil, limits: CloudLimits())
      attempt.status = .created
      attempt.objects = [CloudObject(id: "o\(number)", fate: .kept, seenAt: now + -3_600_000)]
      records.append((Keys.resource(id), 1, .resource(resource)))
      records.append((Keys.attempt(made), 1, .attempt(attempt)))
    }
    engine = Engine(
      boot: ULID(high: UInt64(bitPattern: now.ms) << 16, low: 1), policy: Policy(), seed: 1, records: records,
      accounts: [AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: true)], at: now)
    events = [.started]
    turn()
  }

  /// Lets the time pass, second by second.
  mutating func wait(minutes: Int) {
    for _ in 0..<(minutes * 60) {
      now = now + 1_000
      events.append(.tick)
      turn()
    }
  }

  private mutating func turn() {
    while !events.isEmpty {
      for action in engine.handle(events.removeFirst(), at: now) {
        switch action {
        case .commit(let number, _): events.append(.committed(number))
        case .look(let number, _, let entries):
          events.append(.looked(number, .seen(entries.map(answer), requests: 1)))
        case .alarm(_, let text): alarms.append(text)
        default: break
        }
      }
    }
  }

  private func answer(_ entry: LookEntry) -> Observation {
    let id = entry.object ?? ""
    return Observation(
      attempt: entry.attempt.id,
      objects: [ObservedObject(externalID: id, state: standing.contains(id) ? .running : .gone)], scope: .byID,
      complete: true, begunAt: now, mutations: 0, identityHolds: true)
  }

  /// How many resources are in each state.
  var states: [String: Int] { engine.machines.reduce(into: [:]) { $0[$1.resource.state.name, default: 0] += 1 } }
}

@Suite struct VanishTests {
  @Test func `three that vanish at once are lost after two looks`() {
    var account = Account(8)
    account.wait(minutes: 5)
    account.standing.subtract(["o1", "o2", "o3"])
    account.wait(minutes: 3)
    #expect(account.states == ["active": 5, "lost": 3] && account.alarms.isEmpty)
  }

  @Test func `five of eight are not lost before every look has said so for half an hour, and then they are`() {
    var account = Account(8)
    account.wait(minutes: 5)
    account.standing.subtract(["o1", "o2", "o3", "o4", "o5"])
    account.wait(minutes: 29)
    #expect(account.states == ["active": 8])
    #expect(account.alarms.allSatisfy { $0.contains("5 objects vanished") } && !account.alarms.isEmpty)
    #expect(account.engine.doubted(on: "a")?.resources.count == 5)
    account.wait(minutes: 6)
    #expect(account.states == ["active": 3, "lost": 5])
    #expect(account.engine.doubted(on: "a") == nil)
  }

  @Test func `those that are shown again meanwhile are not lost`() {
    var account = Account(8)
    account.wait(minutes: 5)
    let before = account.standing
    account.standing = []
    account.wait(minutes: 25)
    account.standing = before
    account.wait(minutes: 20)
    #expect(account.states == ["active": 8])
    #expect(account.engine.doubted(on: "a") == nil)
  }
}
