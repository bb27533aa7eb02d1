@testable import Core
import Model
import Testing

/// A create that is carried out a second time must be found, whatever kept us from looking meanwhile.
@Suite struct TwinTests {
  private func made(uniqueNames: Bool) -> Scene {
    var scene = Scene(uniqueNames: uniqueNames)
    scene.dispatch()
    scene.finish("provision", .created(Created(externalID: "42")))
    scene.look([("42", .running)])
    return scene
  }

  private func end(_ scene: inout Scene) {
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
  }

  private func isWatched(_ scene: Scene) -> Bool {
    scene.machine.watches(at: scene.now, policy: scene.policy).contains { $0.object == nil }
  }

  @Test(arguments: [true, false]) func `a twin is found although the host was down for the whole watch`(unique: Bool) {
    var scene = made(uniqueNames: unique)
    end(&scene)
    #expect(scene.state == "terminated")
    scene.wait(3_600_000)
    scene.handle(.restarted)
    #expect(isWatched(scene))
    scene.look([("43", .running)], scope: .byName)
    #expect(scene.effects == ["terminate"])
    #expect(scene.machine.resource.findings.map(\.kind) == [.late])
  }

  @Test(arguments: [FailureCode.noCapacity, .quota, .invalidSpec, .nameTaken])
  func `what a refused create made all the same is found and ended`(code: FailureCode) {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .refused(Failure(code, "no")))
    #expect(scene.state == "failed" && isWatched(scene))
    scene.look([("43", .running)], scope: .byName)
    #expect(scene.effects == ["terminate"])
    #expect(scene.machine.resource.findings.contains { $0.kind == .late })
  }

  @Test func `what a create made that was told to come again is found although it never came again`() {
    var scene = Scene(uniqueNames: false)
    scene.dispatch()
    scene.finish("provision", .refused(Failure(.rateLimited, "slow down")))
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    #expect(scene.state == "terminated" && isWatched(scene))
    scene.look([("43", .running)], scope: .byName)
    #expect(scene.effects == ["terminate"])
  }

  @Test(arguments: [FailureCode.unauthenticated, .forbidden])
  func `nothing is looked for where nobody was let in`(code: FailureCode) {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .refused(Failure(code, "no")))
    #expect(scene.state == "failed" && !isWatched(scene))
  }

  @Test func `a watch ends with a complete look begun after its time, not with its time`() {
    var scene = made(uniqueNames: false)
    end(&scene)
    scene.look([], scope: .byName)
    #expect(isWatched(scene), "it is not over yet")
    scene.wait(30_000)
    scene.handle(.tick)
    scene.look([], scope: .byName, complete: false)
    scene.look([], scope: .byName, identity: false)
    scene.look([("42", .gone)])
    #expect(isWatched(scene), "nothing of that proves anything")
    scene.look([], scope: .byName)
    #expect(!isWatched(scene))
  }

  @Test func `a watch that no look can end is given up a late window later`() {
    var scene = made(uniqueNames: false)
    end(&scene)
    scene.wait(30_000 + 86_399_999)
    scene.handle(.tick)
    #expect(isWatched(scene))
    #expect(scene.machine.nextTimer(running: []) == scene.now + 1)
    scene.wait(1)
    scene.handle(.tick)
    #expect(!isWatched(scene))
  }

  @Test func `an old object whose end was seen leaves nothing to look for`() {
    var scene = made(uniqueNames: true)
    scene.wait(10_000)
    end(&scene)
    #expect(scene.state == "terminated" && !isWatched(scene))
  }

  @Test func `what vanished unseen is looked for by name once more`() {
    var scene = made(uniqueNames: true)
    scene.wait(60_001)
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "lost" && isWatched(scene))
    scene.look([], scope: .byName)
    #expect(!isWatched(scene))
  }

  @Test func `a machine that vanishes leaves the end of its twin owed, and no secret`() {
    var scene = made(uniqueNames: false)
    scene.look([("43", .running)], scope: .byName)
    #expect(scene.effects == ["terminate"])
    scene.wait(60_001)
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "lost")
    #expect(scene.effects == ["terminate"], "the duplicate is still there")
    #expect(scene.machine.resource.bootstrap?.privateKey == nil)
  }

  @Test func `a settle window begun before a restart is begun anew, whatever the clock says`() {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
    scene.wait(600_000)
    scene.handle(.restarted)
    scene.look([], scope: .byName)
    scene.look([], scope: .byName)
    #expect(scene.state == "resolving")
    scene.wait(10_000)
    scene.look([], scope: .byName)
    scene.look([], scope: .byName)
    #expect(scene.state == "provisioning")
  }

  @Test func `a look begun under another credential proves nothing, even where its answer comes after the right one`() {
    var account = Scene().accounts["a"] ?? AccountState(facts: facts(true), policy: Policy(), at: Instant(ms: 0))
    #expect(account.vouches(since: Scene().now))
    account.tell(facts(false), Policy(), at: Scene().now + 10)
    #expect(!account.vouches(since: Scene().now + 20))
    account.tell(facts(true), Policy(), at: Scene().now + 30)
    #expect(!account.vouches(since: Scene().now + 20))
    #expect(account.vouches(since: Scene().now + 30))
  }

  private func facts(_ identityHolds: Bool) -> AccountFacts {
    AccountFacts(name: "a", plugin: "p", limits: CloudLimits(), identityHolds: identityHolds)
  }

  @Test func `a look decides a power operation only where it shows what was wanted`() {
    var scene = made(uniqueNames: true)
    scene.handle(.power(ULID(high: 9, low: 1), .reboot))
    scene.look([("42", .running)])
    #expect(scene.machine.resource.openOperation?.kind == .power, "it ran before the reboot, too")
    scene.look([("42", .stopped)])
    #expect(scene.machine.resource.openOperation?.kind == .power, "in the middle of a reboot")
    scene.look([("42", .running)])
    scene.finish("power/reboot", .powered(cookie: nil))
    #expect(scene.machine.resource.operations.last?.outcome == .succeeded)
    scene.handle(.power(ULID(high: 9, low: 2), .start))
    scene.look([("42", .stopped)])
    #expect(scene.machine.resource.openOperation?.kind == .power, "somebody stopped it; it is to run")
    scene.look([("42", .running)])
    #expect(scene.machine.resource.openOperation?.kind == .power, "the request is still under way")
    scene.finish("power/start", .powered(cookie: nil))
    scene.look([("42", .running)])
    #expect(scene.machine.resource.operations.last?.outcome == .succeeded)
    scene.handle(.power(ULID(high: 9, low: 3), .stop))
    scene.look([("42", .running)])
    #expect(scene.machine.resource.openOperation?.kind == .power)
  }
}
