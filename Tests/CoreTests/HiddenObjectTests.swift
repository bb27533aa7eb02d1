import Core
import Model
import Testing

/// A cloud that hides a new object for a while must not make us believe that it is gone.
@Suite struct HiddenObjectTests {
  private func made(uniqueNames: Bool = true) -> Scene {
    var scene = Scene(uniqueNames: uniqueNames)
    scene.dispatch()
    scene.finish("provision", .created(Created(externalID: "42")))
    return scene
  }

  @Test(arguments: [
    EffectResult.refused(Failure(.notFound, "404")), .ending(cookie: nil, pollAfterMs: 0, confirmed: false),
  ])
  func `an end that finds nothing under a young id is asked for again until the object shows`(result: EffectResult) {
    var scene = made()
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    scene.finish("terminate", result)
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "terminating")
    #expect(scene.effects == ["terminate"], "it is still owed")
    #expect(scene.machine.resource.stall != nil, "and people can see why it waits")
    scene.wait(20_000)
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
    #expect(scene.state == "terminated")
    #expect(scene.machine.resource.stall == nil)
  }

  @Test func `what is never shown is gone after two looks begun when nothing can be hidden any more`() {
    var scene = made()
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    scene.finish("terminate", .refused(Failure(.notFound, "404")))
    scene.wait(60_001)
    scene.finish("terminate", .refused(Failure(.notFound, "404")))
    scene.look([("42", .gone)])
    #expect(scene.state == "terminating")
    scene.look([("42", .gone)])
    #expect(scene.state == "terminated")
  }

  @Test func `an end that finds nothing is asked for again no later than when that can be believed`() throws {
    var scene = made()
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    let made = scene.now
    for _ in 0..<20 where scene.now < made + 60_000 {
      scene.finish("terminate", .refused(Failure(.notFound, "404")))
      let next = try #require(scene.machine.resource.pending.last)
      #expect(next.notBefore <= made + 60_000)
      scene.wait(next.notBefore - scene.now)
    }
    #expect(scene.now == made + 60_000)
    scene.finish("terminate", .refused(Failure(.notFound, "404")))
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "terminated")
  }

  @Test func `an object that shows after all is ended at once`() {
    var scene = made()
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    scene.wait(60_001)
    scene.finish("terminate", .refused(Failure(.notFound, "404")))
    scene.look([("42", .gone)])
    scene.look([("42", .running)])
    #expect(scene.effects == ["terminate"])
    scene.look([("42", .gone)])
    #expect(scene.state == "terminating", "the count began anew")
  }

  @Test func `an active object is not lost while it may be hidden`() {
    var scene = made()
    scene.look([("42", .running)])
    #expect(scene.state == "active")
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "active")
    scene.wait(60_001)
    scene.look([("42", .gone)])
    scene.look([("42", .gone)])
    #expect(scene.state == "lost")
  }

  @Test func `once a name is free again a second execution of its create is looked for, and ended`() {
    var scene = made()
    scene.look([("42", .running)])
    scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
    #expect(scene.state == "terminated")
    #expect(scene.machine.watches(at: scene.now, policy: scene.policy).contains { $0.object == nil })
    scene.look([("43", .running)], scope: .byName)
    #expect(scene.effects == ["terminate"])
    #expect(scene.machine.resource.findings.map(\.kind) == [.late])
    #expect(scene.state == "terminated", "a terminal state does not move")
  }
}
