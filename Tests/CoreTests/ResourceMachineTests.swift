import Core
import Model
import Testing

@Test func `a resource is validated, prepared, dispatched and handed over once it runs`() {
  var scene = Scene()
  #expect(scene.effects == ["validate"])
  scene.dispatch()
  #expect(scene.state == "provisioning")
  #expect(scene.effects == ["provision"])
  scene.finish("provision", .created(Created(externalID: "42")))
  #expect(scene.state == "booting")
  scene.look([("42", .running)])
  #expect(scene.state == "active")
  #expect(scene.machine.resource.operations.first?.outcome == .succeeded)
  #expect(
    scene.machine.resource.rungs.map(\.rung) == [.accepted, .validated, .dispatched, .idKnown, .powered, .active])
}

@Test func `SSH is gathered, rotated and confirmed before the resource is active, and the bootstrap key is destroyed`()
{
  var scene = Scene(readiness: .ssh)
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  #expect(scene.effects == ["secure/gather"])
  scene.finish("secure/gather", .refused(Failure(.hostKeyMismatch, "other key")))
  #expect(scene.machine.resource.findings.isEmpty, "before the first contact a mismatch only means not ready")
  scene.finish("secure/gather", .secured(newHostKey: "new"))
  scene.finish("secure/rotate", .secured(newHostKey: nil))
  #expect(scene.machine.resource.bootstrap?.privateKey != nil)
  scene.finish("secure/confirm", .refused(Failure(.hostKeyMismatch, "other key")))
  #expect(scene.machine.resource.findings.map(\.kind) == [.hostKeyMismatch])
  scene.finish("secure/confirm", .secured(newHostKey: nil))
  #expect(scene.state == "active")
  #expect(scene.machine.resource.hostKey == "new")
  #expect(scene.machine.resource.bootstrap?.privateKey == nil)
}

@Test func `why a machine cannot be secured is told whenever the reason changes`() {
  var scene = Scene(readiness: .ssh)
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  for reason in ["refused", "refused", "slipway-ssh was killed", "slipway-ssh was killed", "refused"] {
    scene.finish("secure/gather", .notSent(Failure(.unavailable, reason)))
  }
  #expect(
    scene.notes.map(\.text).filter { $0.hasPrefix("ssh gather: ") } == [
      "ssh gather: refused", "ssh gather: slipway-ssh was killed", "ssh gather: refused",
    ])
}

@Test func `an unknown create is never repeated before two complete lookups begun after the settle window`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
  #expect(scene.state == "resolving")
  scene.look([], scope: .byName)
  scene.look([], scope: .byName)
  #expect(scene.attempt?.clearLookups == 0, "too early to prove anything")
  scene.wait(10_000)
  scene.look([], scope: .byName, complete: false)
  scene.look([], scope: .byName, identity: false)
  scene.look([], scope: .byName, stale: true)
  #expect(scene.attempt?.clearLookups == 0)
  scene.look([], scope: .byName)
  #expect(scene.state == "resolving")
  scene.look([], scope: .byName)
  #expect(scene.state == "provisioning")
  #expect(scene.attempt?.sends == 2, "the name is the fence, so the same attempt goes out again")
}

@Test func `where names are no fence a proven absence leads to another attempt`() {
  var scene = Scene(uniqueNames: false)
  scene.dispatch()
  let first = scene.attempt?.id
  scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
  scene.wait(10_000)
  scene.look([], scope: .byName)
  scene.look([], scope: .byName)
  scene.dispatch()
  #expect(scene.attempt?.id != first)
  #expect(first.flatMap { scene.machine.attempts[$0]?.watchUntil } != nil)
}

@Test func `a lookup that finds the object adopts it, and a second match is ended as a duplicate`() {
  var scene = Scene(uniqueNames: false)
  scene.dispatch()
  scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
  scene.look([("7", .running), ("8", .running)], scope: .byName, complete: false)
  #expect(scene.machine.resource.state.object?.id == "7")
  #expect(scene.effects == ["terminate"])
  #expect(scene.machine.resource.findings.map(\.kind) == [.duplicate])
}

@Test func `out of stock moves to the next placement and avoids the pair`() {
  var scene = Scene(placements: 2)
  scene.dispatch()
  scene.finish("provision", .refused(Failure(.noCapacity, "none left")))
  #expect(scene.state == "requested")
  guard case .requested(let selection) = scene.machine.resource.state else { return }
  #expect(selection.index == 1)
  #expect(scene.accounts["a"]?.avoids(scene.machine.resource.offering.placements[0], at: scene.now) == true)
}

@Test func `when no placement is left the provision fails with the last reason`() {
  var scene = Scene()
  scene.finish("validate", .refused(Failure(.invalidSpec, "no such type")))
  #expect(scene.state == "failed")
  #expect(scene.machine.resource.operations.first?.outcome == .failed(Failure(.invalidSpec, "no such type")))
}

@Test func `a terminate while the create is under way waits for its id and ends it`() {
  var scene = Scene()
  scene.dispatch()
  scene.running = Set(scene.machine.resource.pending.map(\.id))
  scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
  #expect(scene.state == "terminating")
  #expect(scene.effects == ["provision"])
  let effect = scene.machine.resource.pending[0]
  scene.running = []
  scene.handle(.finished(effect, .created(Created(externalID: "42"))))
  #expect(scene.effects == ["terminate"])
  scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
  scene.look([("42", .gone)], scope: .listing)
  #expect(scene.state == "terminating", "a listing is no proof")
  scene.look([("42", .gone)])
  #expect(scene.state == "terminated")
}

@Test func `a terminate before the create is dispatched drops it`() {
  var scene = Scene()
  scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
  #expect(scene.state == "terminated")
  #expect(scene.effects.isEmpty)
}

@Test func `a second terminate joins the first`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
  let once = scene.machine
  scene.handle(.terminate(ULID(high: 10, low: 10), reason: "again"))
  #expect(scene.machine == once)
}

@Test func `a create found from an earlier start is an unknown outcome and is never performed again`() {
  var scene = Scene()
  scene.dispatch()
  scene.machine.resource.pending[0].boot = ULID(high: 77, low: 77)
  scene.handle(.restarted)
  #expect(scene.state == "resolving")
  #expect(scene.attempt?.leftAt == scene.now, "settle is measured from this start")
  #expect(scene.effects.isEmpty)
}

@Test func `the outcome is decided by the deadline and the cleanup goes on`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.wait(900_000)
  scene.handle(.tick)
  #expect(scene.state == "compensating")
  #expect(scene.machine.resource.openOperation == nil)
  #expect(scene.effects == ["terminate"])
  scene.finish("terminate", .refused(Failure(.unauthenticated, "token revoked")))
  #expect(scene.machine.resource.stall?.failure.code == .unauthenticated)
  #expect(scene.effects == ["terminate"], "the obligation never expires")
}

@Test func `a late twin of a settled attempt is a finding and is ended, and the final state stays`() {
  var scene = Scene()
  scene.dispatch()
  scene.running = Set(scene.machine.resource.pending.map(\.id))
  scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
  let effect = scene.machine.resource.pending[0]
  scene.running = []
  scene.handle(.finished(effect, .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now)))
  scene.wait(10_000)
  scene.look([], scope: .byName)
  scene.look([], scope: .byName)
  #expect(scene.state == "terminated")
  scene.look([("66", .running)], scope: .byName)
  #expect(scene.state == "terminated")
  #expect(scene.machine.resource.findings.map(\.kind) == [.late])
  #expect(scene.effects == ["terminate"])
}

@Test func `an object that is not ours any more is left alone`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.handle(.terminate(ULID(high: 9, low: 9), reason: "user"))
  scene.finish("terminate", .refused(Failure(.nameTaken, "label is not ours")))
  #expect(scene.state == "terminated")
  #expect(scene.machine.resource.findings.map(\.kind) == [.foreign])
}

@Test func `a VM that vanished is lost only after two looks by id`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  scene.wait(60_001)
  scene.look([("42", .gone)], identity: false)
  scene.look([("42", .gone)])
  #expect(scene.state == "active")
  scene.look([("42", .gone)])
  #expect(scene.state == "lost")
}

@Test func `a stop without a definite answer is decided by what a look shows`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  scene.handle(.power(ULID(high: 9, low: 9), .stop))
  scene.finish("power/stop", .unknown(Failure(.unknownOutcome, "the worker died"), leftAt: scene.now))
  #expect(scene.machine.resource.openOperation?.kind == .power)
  scene.look([("42", .stopped)])
  #expect(scene.state == "stopped")
  #expect(scene.machine.resource.operations.last?.outcome == .succeeded)
  #expect(scene.machine.resource.pending.isEmpty)
}

@Test func `a stop without a definite answer is asked for again while looks show that it runs`() {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  scene.handle(.power(ULID(high: 9, low: 9), .stop))
  scene.finish("power/stop", .unknown(Failure(.unknownOutcome, "no answer"), leftAt: scene.now))
  scene.look([("42", .running)])
  scene.finish("power/stop", .refused(Failure(.busy, "locked")))
  #expect(scene.machine.resource.openOperation?.kind == .power)
  scene.finish("power/stop", .powered(cookie: nil))
  scene.look([("42", .stopped)])
  #expect(scene.state == "stopped")
  #expect(scene.machine.resource.operations.last?.outcome == .succeeded)
}

@Test(arguments: [PowerAction.stop, .reboot])
func `a stop that a restart interrupted is asked for again, a reboot is not`(action: PowerAction) {
  var scene = Scene()
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  scene.handle(.power(ULID(high: 9, low: 9), action))
  scene.boot = ULID(high: 2, low: 2)
  scene.handle(.restarted)
  #expect(scene.machine.resource.pending.map(\.kind.name) == (action == .stop ? ["power/stop"] : []))
  #expect((scene.machine.resource.openOperation == nil) == (action == .reboot))
}
