import Core
import Model
import Testing

@Suite struct SweepCommandTests {
  /// A resource that ended, whose create had made nothing as far as anyone knew.
  private func ended() -> Scene {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .refused(Failure(.noCapacity, "none left")))
    return scene
  }

  @Test func `what a sweep ends is committed as doomed with the terminate beside it, and the end state does not move`()
    throws
  {
    var scene = ended()
    let attempt = try #require(scene.attempt)
    #expect(scene.state == "failed")
    scene.handle(.stray(attempt: attempt.id, object: "o9"))
    #expect(scene.effects == ["terminate"] && scene.state == "failed")
    #expect(scene.machine.resource.findings.map(\.kind) == [.late])
    // A second sweep joins the first.
    scene.handle(.stray(attempt: attempt.id, object: "o9"))
    #expect(scene.effects == ["terminate"])
  }

  @Test func `a sweep that read before the attempt came to be used ends nothing`() throws {
    var scene = Scene()
    scene.dispatch()
    let attempt = try #require(scene.attempt)
    scene.handle(.stray(attempt: attempt.id, object: "o9"))
    #expect(!scene.effects.contains("terminate") && scene.attempt?.objects.isEmpty == true)
    scene.finish("provision", .created(Created(externalID: "o1")))
    scene.handle(.stray(attempt: attempt.id, object: "o1"))
    #expect(scene.effects.isEmpty && scene.attempt?.objects.map(\.fate) == [.kept])
  }

  @Test func `a released resource is over, its object stands, and nothing is asked of the cloud`() {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .created(Created(externalID: "o1")))
    #expect(scene.machine.resource.operations.count == 1)
    scene.handle(.release(ULID(high: 6, low: 1)))
    #expect(scene.state == "booting")
    scene.look([("o1", .running)])
    #expect(scene.state == "active")
    scene.handle(.release(ULID(high: 6, low: 1)))
    #expect(scene.state == "released" && scene.effects.isEmpty)
    #expect(scene.machine.resource.operations.last?.kind == .release)
    #expect(scene.machine.watches(at: scene.now, policy: scene.policy).allSatisfy { $0.object == nil })
    scene.handle(.terminate(ULID(high: 6, low: 2), reason: "asked for"))
    #expect(scene.state == "released" && scene.effects.isEmpty)
  }

  private func engine(_ facts: AccountFacts, at now: Instant) -> Engine {
    Engine(boot: ULID(high: 1, low: 1), policy: Policy(), seed: 3, records: [], accounts: [facts], at: now)
  }

  @Test func `an orphan becomes a resource under the id on its label, answered once that is durable`() throws {
    let now = Instant(ms: 1_700_000_000_000)
    let facts = AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: true)
    var engine = engine(facts, at: now)
    _ = engine.handle(.started, at: now)
    let attempt = ULID(high: 9, low: 9)
    let resource = ULID(high: 8, low: 8)
    let thing = ListedThing(externalID: "o1", name: "n", attemptLabel: "\(attempt)", resourceLabel: "\(resource)")
    let adoption = Adoption(account: "a", thing: thing, attempt: attempt, tenant: "alice")
    let actions = engine.handle(.command(1, .adopt(adoption)), at: now)
    var commits: [(UInt64, [RecordWrite])] = []
    for action in actions {
      if case .commit(let number, let writes) = action { commits.append((number, writes)) }
      if case .answer = action { Issue.record("answered before it was durable") }
    }
    #expect(commits.map(\.1.count) == [2])
    #expect(engine.machine(resource) == nil)
    let after = engine.handle(.committed(try #require(commits.first?.0)), at: now)
    #expect(
      after.contains { if case .answer(1, .accepted(let id, _)) = $0 { id == resource } else { false } })
    let machine = try #require(engine.machine(resource))
    #expect(machine.resource.state == .active(attempt: attempt, object: "o1") && machine.resource.tenant == "alice")
    // Now that the attempt is known, its object is not taken in twice.
    let again = engine.handle(.command(2, .adopt(adoption)), at: now)
    #expect(again.contains { if case .answer(2, .refused) = $0 { true } else { false } })
  }
}
