import Core
import Model
import Testing

/// An account with its part of the ledger, swept by hand.
private struct Yard {
  var now = Instant(ms: 1_700_000_000_000)
  var random = Randomness(seed: 7)
  var machines: [ResourceMachine] = []
  var known: [CloudFinding] = []
  var gate = SweepGate(isLedgerHealthy: true, isEpochConfirmed: true, identityHolds: true)
  let policy = Policy()

  static func attempt(_ number: UInt64) -> ULID { ULID(high: 9, low: number) }

  /// A resource with one attempt that made object `o<number>`, handed over an hour ago.
  mutating func add(_ number: UInt64, _ change: (inout ResourceMachine, inout Attempt) -> Void = { _, _ in }) {
    let id = ULID(high: 8, low: number)
    let placement = Placement(account: "a", type: "t", location: "l", image: "i")
    let before = now + -3_600_000
    var work = Operation(id: ULID(high: 7, low: number), kind: .provision, acceptedAt: before, deadline: now)
    work.outcome = .succeeded
    var machine = ResourceMachine(
      resource: Resource(
        id: id, tenant: "",
        offering: Offering(
          name: "o", placements: [placement], readiness: .cloud, provisionDeadlineMs: 900_000), sshKeys: [],
        expiresAt: nil, operation: work))
    var attempt = Attempt(
      id: Self.attempt(number), resource: id, operation: work.id, plugin: "p", placement: placement,
      resolved: ResolvedPlacement(
        type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil),
      name: "n\(number)", cookie: nil, limits: CloudLimits())
    attempt.status = .created
    var object = CloudObject(id: "o\(number)", fate: .kept, seenAt: before)
    object.firstIPv4 = "192.0.2.\(number)"
    attempt.objects = [object]
    machine.resource.attempts = [attempt.id]
    machine.resource.state = .active(attempt: attempt.id, object: object.id)
    change(&machine, &attempt)
    machine.attempts[attempt.id] = attempt
    machines.append(machine)
  }

  /// A resource that ended with nothing left.
  mutating func addEnded(_ number: UInt64) {
    add(number) { machine, attempt in
      machine.resource.state = .terminated
      attempt.objects = []
      attempt.status = .absent
    }
  }

  /// An object as its attempt made it.
  func thing(_ number: UInt64, id: String? = nil) -> ListedThing {
    var thing = ListedThing(
      externalID: id ?? "o\(number)", name: "n\(number)", attemptLabel: "\(Self.attempt(number))",
      resourceLabel: "\(ULID(high: 8, low: number))")
    thing.type = "t"
    thing.ipv4 = "192.0.2.\(number)"
    return thing
  }

  /// A complete listing now, and what it means; stored as the host would.
  mutating func sweep(_ things: [ListedThing], isComplete: Bool = true) -> SweepPlan {
    let plan = SweepPlan.make(
      account: "a", listing: Listing(things: things, isComplete: isComplete, begunAt: now), machines: machines,
      old: known, gate: gate, policy: policy, random: &random, at: now)
    for finding in plan.changed {
      known.removeAll { $0.id == finding.id }
      if finding.status != .resolved { known.append(finding) }
    }
    return plan
  }

  /// Enough listings over enough time for every rule about sightings.
  mutating func watch(_ things: [ListedThing]) -> SweepPlan {
    for _ in 0..<3 {
      _ = sweep(things)
      now = now + 900_000
    }
    return sweep(things)
  }
}

@Suite struct SweepPlanTests {
  private func kinds(_ plan: SweepPlan) -> [String] { plan.open.map { "\($0.kind.rawValue) \($0.object.externalID)" } }
  private func rules(_ plan: SweepPlan) -> [SweepRule] { plan.withheld.map(\.rule) }

  @Test func `an account that is as the ledger says has no findings`() {
    var yard = Yard()
    yard.add(1)
    let plan = yard.sweep([yard.thing(1)])
    #expect(plan.machines == 1 && plan.problem == nil)
    #expect(plan.changed.isEmpty && plan.open.isEmpty && plan.deletions.isEmpty && plan.withheld.isEmpty)
  }

  @Test func `each difference has its own kind`() {
    var yard = Yard()
    for number in 1...4 { yard.add(UInt64(number)) }
    yard.addEnded(5)
    var drifted = yard.thing(2)
    drifted.name = "renamed"
    drifted.type = "larger"
    drifted.ipv4 = "192.0.2.99"
    drifted.isProtected = true
    drifted.resourceLabel = "\(ULID(high: 8, low: 77))"
    var orphan = yard.thing(1, id: "x1")
    orphan.attemptLabel = "\(Yard.attempt(99))"
    orphan.name = "n99"
    var foreign = orphan
    foreign.externalID = "x2"
    foreign.name = "n3"
    let plan = yard.sweep([
      yard.thing(1), drifted, yard.thing(3), orphan, foreign, yard.thing(5, id: "x3"), yard.thing(1, id: "x4"),
    ])
    #expect(
      Set(kinds(plan)) == ["drifted o2", "lost o4", "orphan x1", "foreign x2", "late x3", "duplicate x4"])
    #expect(
      plan.open.first { $0.kind == .drifted }?.differences.map(\.property) == [
        "name", "size", "labels", "address", "protection",
      ])
    #expect(plan.deletions.isEmpty)
  }

  @Test func `a late object is ended once every rule allows it`() {
    var yard = Yard()
    yard.addEnded(1)
    let plan = yard.watch([yard.thing(1)])
    #expect(plan.deletions.map(\.object) == ["o1"])
    #expect(plan.deletions.map(\.attempt) == [Yard.attempt(1)])
    #expect(plan.withheld.isEmpty)
  }

  @Test func `a ledger that is damaged or full ends nothing`() {
    var yard = Yard()
    yard.addEnded(1)
    yard.gate.isLedgerHealthy = false
    let plan = yard.watch([yard.thing(1)])
    #expect(plan.deletions.isEmpty && rules(plan) == [.ledgerHealthy])
  }

  @Test func `an epoch that nobody confirmed ends nothing`() {
    var yard = Yard()
    yard.addEnded(1)
    yard.gate.isEpochConfirmed = false
    #expect(rules(yard.watch([yard.thing(1)])) == [.epochConfirmed])
    yard.gate.isEpochConfirmed = true
    #expect(yard.sweep([yard.thing(1)]).deletions.count == 1)
  }

  @Test func `a listing under another identity proves nothing`() {
    var yard = Yard()
    yard.add(1)
    yard.gate.identityHolds = false
    let plan = yard.sweep([])
    #expect(plan.problem?.contains("identity") == true && plan.open.isEmpty && plan.changed.isEmpty)
  }

  @Test func `an object whose attempt the ledger does not know is only reported`() {
    var yard = Yard()
    let plan = yard.watch([yard.thing(1)])
    #expect(kinds(plan) == ["orphan o1"])
    #expect(plan.deletions.isEmpty && rules(plan) == [.attemptKnown])
  }

  @Test func `an object of an attempt that is in use is not ended by a sweep`() {
    var yard = Yard()
    yard.add(1)
    let plan = yard.watch([yard.thing(1), yard.thing(1, id: "x")])
    #expect(kinds(plan) == ["duplicate x"])
    #expect(plan.deletions.isEmpty && rules(plan) == [.attemptSettled])
  }

  @Test func `an object of an attempt whose outcome is open is no finding`() {
    var yard = Yard()
    yard.add(1) { machine, attempt in
      machine.resource.state = .resolving(attempt: attempt.id)
      attempt.status = .unknown
      attempt.objects = []
    }
    #expect(yard.watch([yard.thing(1)]).open.isEmpty)
  }

  @Test func `a protected object waits for a person`() {
    var yard = Yard()
    yard.addEnded(1)
    var thing = yard.thing(1)
    thing.isProtected = true
    #expect(rules(yard.watch([thing])) == [.unprotected])
  }

  @Test func `half an hour since our own first sighting must pass, whatever the cloud says of its age`() {
    var yard = Yard()
    yard.addEnded(1)
    var thing = yard.thing(1)
    thing.createdAt = "2001-01-01T00:00:00Z"
    for _ in 0..<5 {
      _ = yard.sweep([thing])
      yard.now = yard.now + 300_000
    }
    #expect(rules(yard.sweep([thing])) == [.grace])
    yard.now = yard.now + 300_000
    #expect(yard.sweep([thing]).deletions.count == 1)
  }

  @Test func `three complete listings must have shown it; an incomplete one does not count`() {
    var yard = Yard()
    yard.addEnded(1)
    _ = yard.sweep([yard.thing(1)])
    yard.now = yard.now + 3_600_000
    #expect(yard.sweep([yard.thing(1)], isComplete: false).problem != nil)
    #expect(rules(yard.sweep([yard.thing(1)])) == [.listings])
    // A listing that began at the same moment is not a further one.
    #expect(rules(yard.sweep([yard.thing(1)])) == [.listings])
    yard.now = yard.now + 1
    #expect(yard.sweep([yard.thing(1)]).deletions.count == 1)
  }

  @Test(arguments: [(1, 0, 1), (4, 0, 1), (4, 20, 2), (9, 100, 3)])
  func `one sweep ends at most three objects or a tenth, whichever is less, but at least one`(
    late: Int, others: Int, ends: Int
  ) {
    var yard = Yard()
    var things: [ListedThing] = []
    for number in 0..<late {
      yard.addEnded(UInt64(number + 1))
      things.append(yard.thing(UInt64(number + 1)))
    }
    for number in 0..<others {
      yard.add(UInt64(number + 100))
      things.append(yard.thing(UInt64(number + 100)))
    }
    let plan = yard.watch(things)
    #expect(plan.deletions.count == ends)
    #expect(rules(plan) == Array(repeating: .share, count: late - ends))
  }

  @Test func `more than three or a tenth vanishing at once is an alarm: nothing counts as gone, and nothing is ended`()
  {
    var yard = Yard()
    for number in 1...20 { yard.add(UInt64(number)) }
    let all = (1...20).map { yard.thing(UInt64($0)) }
    #expect(yard.sweep(Array(all.dropFirst(3))).open.map(\.kind) == [.lost, .lost, .lost])
    yard.known = []
    let plan = yard.sweep(Array(all.dropFirst(4)))
    #expect(plan.isAlarm && plan.problem?.contains("4 of 20") == true)
    #expect(plan.changed.isEmpty && plan.open.isEmpty && plan.deletions.isEmpty)
  }

  @Test func `what a listing shows is told although much vanished, and what is found is not resolved by it`() {
    var yard = Yard()
    for number in 1...8 { yard.add(UInt64(number)) }
    for number in 30...31 { yard.addEnded(UInt64(number)) }
    let all = (1...8).map { yard.thing(UInt64($0)) }
    _ = yard.watch(all + [yard.thing(30)])
    #expect(yard.known.map(\.status) == [.open])
    let plan = yard.watch(Array(all.dropFirst(5)) + [yard.thing(31)])
    #expect(plan.isAlarm && kinds(plan) == ["late o31"] && plan.deletions.isEmpty)
    #expect(rules(plan) == [.listingBelieved])
    #expect(!yard.known.contains { $0.status == .resolved })
  }

  @Test func `listings in quick succession count as one`() {
    var yard = Yard()
    yard.addEnded(1)
    for number in 2...9 { yard.add(UInt64(number)) }
    let all = (1...9).map { yard.thing(UInt64($0)) }
    for _ in 0..<5 {
      _ = yard.sweep(all)
      yard.now = yard.now + 1_000
    }
    yard.now = yard.now + 1_800_000
    #expect(rules(yard.sweep(all)) == [.listings], "the second one that counts")
    yard.now = yard.now + 1_000
    #expect(yard.sweep(all).deletions.count == 1, "for half an hour, in three listings")
  }

  @Test func `findings that no listing has shown for half an hour are resolved, however many they are`() {
    var yard = Yard()
    for number in 1...6 { yard.addEnded(UInt64(number)) }
    _ = yard.sweep((1...6).map { yard.thing(UInt64($0)) })
    yard.now = yard.now + 1_000
    #expect(yard.sweep([]).isAlarm && yard.known.count == 6)
    yard.now = yard.now + 1_800_000
    let plan = yard.sweep([])
    #expect(!plan.isAlarm && plan.changed.map(\.status) == Array(repeating: .resolved, count: 6))
  }

  @Test func `what a listing begun too early does not show is not lost`() {
    var yard = Yard()
    let now = yard.now
    yard.add(1) { _, attempt in attempt.objects[0].seenAt = now + -10_000 }
    #expect(yard.sweep([]).open.isEmpty)
    yard.now = yard.now + 60_000
    #expect(kinds(yard.sweep([])) == ["lost o1"])
  }

  @Test func `a finding is resolved by the next complete listing that does not show it, and only by that`() {
    var yard = Yard()
    yard.addEnded(1)
    _ = yard.sweep([yard.thing(1)])
    yard.now = yard.now + 1_000
    _ = yard.sweep([], isComplete: false)
    #expect(yard.known.count == 1)
    #expect(yard.sweep([]).changed.map(\.status) == [.resolved])
    #expect(yard.known.isEmpty)
  }

  @Test func `a dismissed finding stays silent and is never ended, until it becomes something else`() {
    var yard = Yard()
    yard.addEnded(1)
    _ = yard.sweep([yard.thing(1)])
    yard.known[0].status = .dismissed
    #expect(yard.watch([yard.thing(1)]).open.isEmpty)
    yard.machines = []
    #expect(kinds(yard.sweep([yard.thing(1)])) == ["orphan o1"])
  }

  @Test func `an object that was gone and is back is late; one that is being ended is none`() {
    var yard = Yard()
    let now = yard.now
    yard.add(1) { machine, attempt in
      machine.resource.state = .terminated
      attempt.objects[0].fate = .gone(at: now + -1)
    }
    yard.add(2) { _, attempt in attempt.objects[0].fate = .ending(since: now) }
    yard.add(3) { machine, attempt in
      machine.resource.state = .released
      attempt.objects[0].fate = .foreign
    }
    #expect(kinds(yard.sweep([yard.thing(1), yard.thing(2), yard.thing(3)])) == ["late o1"])
  }

  @Test func `what an end left alone without our mark is told, listed or not, until somebody dismisses it`() {
    var yard = Yard()
    for number: UInt64 in [1, 2] {
      yard.add(number) { machine, attempt in
        machine.resource.state = .terminated
        machine.resource.goal = .absent
        attempt.objects[0].fate = .foreign
      }
    }
    let plan = yard.watch([yard.thing(2)])
    #expect(kinds(plan) == ["foreign o1", "foreign o2"])
    #expect(plan.problem == nil && plan.deletions.isEmpty && plan.withheld.isEmpty)
    #expect(kinds(yard.watch([])) == ["foreign o1", "foreign o2"])
    for index in yard.known.indices { yard.known[index].status = .dismissed }
    #expect(yard.watch([]).open.isEmpty)
  }
}
