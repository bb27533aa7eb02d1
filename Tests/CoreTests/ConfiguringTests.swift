import Core
import Model
import Testing

private func use(version: Int = 1, idempotent: Bool = false) -> RecipeUse {
  RecipeUse(
    id: ULID(high: 9, low: 9), recipe: "web", version: version, sha256: "d", idempotent: idempotent, timeoutMs: 60_000)
}

/// Walks to the point where the recipe is to be run.
private func configuring(
  idempotent: Bool = false, onFailure: FailurePolicy? = nil, removesAccess: Bool? = nil, placements: Int = 1
) -> Scene {
  var scene = Scene(readiness: .recipe, placements: placements)
  scene.machine.resource.offering.recipe = use(idempotent: idempotent)
  scene.machine.resource.offering.onFailure = onFailure
  scene.machine.resource.offering.removesAccess = removesAccess
  scene.dispatch()
  scene.finish("provision", .created(Created(externalID: "42")))
  scene.look([("42", .running)])
  scene.finish("secure/gather", .secured(newHostKey: "new"))
  scene.finish("secure/rotate", .secured(newHostKey: nil))
  scene.finish("secure/confirm", .secured(newHostKey: nil))
  return scene
}

extension Scene {
  fileprivate mutating func ran(_ ending: RecipeEnding) {
    finish("recipe", .ran(RecipeReport(ending)))
    finish("recipe/tidy", .done)
  }
}

@Suite struct ConfiguringTests {
  @Test func `why a run cannot be followed is told when it changes, and kept while it lasts`() {
    var scene = configuring()
    func told() -> [String] { scene.notes.filter { $0.kind == .answer && $0.text.hasPrefix("run ") }.map(\.text) }
    for reason in ["refused", "refused", "timed out"] {
      scene.finish("recipe", .notSent(Failure(.unavailable, reason)))
      #expect(scene.machine.resource.pending.map(\.told) == [reason])
    }
    #expect(told().map { $0.split(separator: ": ").last } == ["refused", "timed out"])
    scene.ran(.exited(0))
    #expect(scene.machine.resource.pending.isEmpty)
  }

  @Test func `a recipe runs once the host key is pinned, and the VM is handed over when it exits with 0`() {
    var scene = configuring()
    #expect(scene.state == "configuring")
    #expect(scene.effects == ["recipe"])
    scene.finish("recipe", .notSent(Failure(.unavailable, "cut")))
    #expect(scene.state == "configuring", "a connection that broke says nothing of the recipe")
    #expect(scene.machine.resource.runs.count == 1)
    scene.finish(
      "recipe", .ran(RecipeReport(.exited(0), durationMs: 1_200, cloudInit: "done", cloudInitDoneAt: Instant(ms: 1))))
    #expect(scene.effects == ["recipe/tidy"], "the run's folder is removed only when its end is durable")
    scene.finish("recipe/tidy", .done)
    #expect(scene.state == "active")
    #expect(scene.machine.resource.operations.first?.outcome == .succeeded)
    #expect(
      scene.machine.resource.rungs.map(\.rung).suffix(4) == [.hostKeyVerified, .cloudInitDone, .recipeDone, .active])
    let run = scene.machine.resource.runs[0]
    #expect(run.ending == .exited(0) && run.durationMs == 1_200 && run.cloudInit == "done" && run.use == nil)
  }

  @Test func `a run goes on after a restart of the host, under the same id`() {
    var scene = configuring()
    let run = scene.machine.resource.runs[0].id
    scene.handle(.restarted)
    #expect(scene.effects == ["recipe"])
    scene.ran(.exited(0))
    #expect(scene.machine.resource.runs.map(\.id) == [run])
    #expect(scene.state == "active")
  }

  @Test func `a recipe that fails is the end of the VM, and of nothing else`() {
    var scene = configuring()
    scene.ran(.exited(7))
    #expect(scene.effects == ["terminate"])
    guard case .failed(let failure) = scene.machine.resource.operations[0].outcome else {
      Issue.record("the provision is not decided")
      return
    }
    #expect(failure.code == .recipeFailed)
    #expect(failure.message == "recipe web@1 exited with 7")
  }

  @Test func `where the offering says so the next placement is tried`() {
    var scene = configuring(onFailure: .next, placements: 2)
    scene.ran(.timedOut)
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
    #expect(scene.state == "requested")
    #expect(scene.machine.resource.operations[0].outcome == nil)
    #expect(scene.machine.resource.rejected.map(\.failure.code) == [.recipeFailed])
  }

  @Test func `where the offering says so the VM is kept to be looked at, and then ended`() {
    var scene = configuring(onFailure: .keep(forMs: 3_600_000))
    scene.ran(.signaled("SEGV"))
    #expect(scene.effects.isEmpty)
    #expect(scene.state == "compensating")
    #expect(scene.machine.resource.openOperation == nil)
    let until = scene.now + 3_600_000
    #expect(scene.machine.nextTimer(running: []) == until)
    scene.wait(3_599_999)
    scene.handle(.tick)
    #expect(scene.effects.isEmpty)
    scene.wait(1)
    scene.handle(.restarted)
    #expect(scene.effects == ["terminate"])
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
    #expect(scene.state == "failed")
  }

  @Test func `a VM that is kept is ended at once where somebody wants that`() {
    var scene = configuring(onFailure: .keep(forMs: 3_600_000))
    scene.ran(.outOfMemory)
    scene.handle(.terminate(ULID(high: 5, low: 5), reason: "user"))
    #expect(scene.state == "terminating")
    #expect(scene.effects == ["terminate"])
    #expect(scene.machine.resource.heldUntil == nil)
  }

  @Test func `only an idempotent recipe is run again after an interruption, and not for ever`() {
    var once = configuring()
    once.ran(.interrupted("the VM started again"))
    #expect(once.effects == ["terminate"])
    var scene = configuring(idempotent: true)
    for round in 2...3 {
      scene.ran(.interrupted("the VM started again"))
      #expect(scene.effects == ["recipe"])
      #expect(scene.machine.resource.runs.count == round)
    }
    #expect(Set(scene.machine.resource.runs.map(\.id)).count == 3, "each run has a folder of its own")
    scene.ran(.interrupted("the VM started again"))
    #expect(scene.effects == ["terminate"])
  }

  @Test func `a terminate during a run gives the run up, also the one that is being performed`() {
    var scene = configuring()
    scene.running = Set(scene.machine.resource.pending.map(\.id))
    let run = scene.machine.resource.pending[0]
    scene.handle(.terminate(ULID(high: 5, low: 5), reason: "user"))
    #expect(scene.effects == ["terminate"])
    scene.handle(.finished(run, .ran(RecipeReport(.exited(0)))))
    #expect(scene.state == "terminating")
  }

  @Test func `our own key is removed last, and a lost answer to that is known by the refusal of the key`() {
    var scene = configuring(removesAccess: true)
    scene.ran(.exited(0))
    #expect(scene.effects == ["secure/leave"])
    #expect(scene.state == "securing")
    scene.finish("secure/leave", .notSent(Failure(.unavailable, "cut")))
    scene.finish("secure/leave", .refused(Failure(.forbidden, "login refused")))
    #expect(scene.state == "active")
  }

  @Test func `another version runs on an active VM, which stays active whatever comes of it`() {
    var scene = configuring()
    scene.ran(.exited(0))
    let operation = ULID(high: 6, low: 6)
    scene.handle(.upgrade(operation, use(version: 2)))
    #expect(scene.effects == ["recipe"])
    #expect(scene.state == "active")
    scene.ran(.exited(1))
    #expect(scene.machine.resource.operations.last?.outcome != .succeeded)
    #expect(scene.machine.resource.offering.recipe?.version == 1)
    scene.handle(.upgrade(ULID(high: 7, low: 7), use(version: 2)))
    scene.ran(.exited(0))
    #expect(scene.machine.resource.operations.last?.outcome == .succeeded)
    #expect(scene.machine.resource.offering.recipe?.version == 2)
    #expect(scene.state == "active")
  }

  @Test func `a VM is handed over although what the run left cannot be removed`() {
    var scene = configuring()
    scene.finish("recipe", .ran(RecipeReport(.exited(0))))
    for _ in 0...scene.policy.tidyTries { scene.finish("recipe/tidy", .notSent(Failure(.unavailable, "cut"))) }
    #expect(scene.state == "active")
    #expect(scene.notes.contains { $0.text.contains("could not be removed") })
  }

  @Test func `a run that is cancelled is a recipe that failed`() {
    var scene = configuring()
    scene.handle(.cancelRun)
    scene.handle(.cancelRun)
    #expect(scene.effects == ["recipe", "recipe/cancel"])
    scene.finish("recipe/cancel", .done)
    #expect(scene.state == "configuring")
    scene.ran(.cancelled)
    #expect(scene.effects == ["terminate"])
  }

  @Test func `a run that never ends is decided by the deadline`() {
    var scene = configuring()
    scene.wait(900_000)
    scene.handle(.tick)
    #expect(scene.effects == ["terminate"])
    #expect(scene.machine.resource.openOperation == nil)
  }

  @Test func `the record keeps the newest runs only`() {
    var scene = configuring()
    scene.ran(.exited(0))
    for number in 1...40 {
      scene.handle(.upgrade(ULID(high: 8, low: UInt64(number)), use(version: 2)))
      scene.ran(.exited(0))
    }
    #expect(scene.machine.resource.runs.count == scene.policy.runsKept)
  }
}
