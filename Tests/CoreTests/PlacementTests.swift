import Core
import Foundation
import Model
import Testing

/// Which placement is tried when, and what alone moves on.
@Suite struct PlacementTests {
  @Test(arguments: [
    FailureCode.noCapacity, .quota, .paymentRequired, .unauthenticated, .forbidden, .invalidSpec, .unsupported,
    .notFound,
  ])
  func `a definite no of a create moves on to the next placement, across accounts`(code: FailureCode) {
    var scene = Scene(placements: 2, on: ["a", "b"])
    scene.dispatch()
    scene.finish("provision", .refused(Failure(code, "no")))
    #expect(scene.current == 2)
    #expect(scene.left == ["1 \(code.rawValue)"])
    scene.dispatch()
    #expect(scene.attempt?.placement.account == "b")
    scene.finish("provision", .created(Created(externalID: "42")))
    scene.look([("42", .running)])
    #expect(scene.state == "active")
  }

  @Test(arguments: [FailureCode.rateLimited, .busy])
  func `a cloud that asks for patience is asked again, at the same placement`(code: FailureCode) {
    var scene = Scene(placements: 2, on: ["a", "b"])
    scene.dispatch()
    let attempt = scene.attempt?.id
    scene.finish("provision", .refused(Failure(code, "later")))
    #expect(scene.attempt?.id == attempt && scene.left.isEmpty)
  }

  @Test func `an unknown create never falls back to another placement, and a proven absence tries the same one first`()
  {
    for unique in [true, false] {
      var scene = Scene(placements: 2, uniqueNames: unique, on: ["a", "b"])
      scene.dispatch()
      scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
      for _ in 0..<20 {
        scene.wait(2_000)
        scene.look([], scope: .byName, complete: false)
        scene.handle(.tick)
        #expect(scene.state == "resolving" && scene.machine.attempts.count == 1)
      }
      scene.look([], scope: .byName)
      scene.look([], scope: .byName)
      #expect(scene.current == 1, "nothing was wrong with it")
      #expect(scene.left.isEmpty)
    }
  }

  @Test func `a placement whose creates never answer is left once their absence is proven`() {
    var scene = Scene(placements: 2, on: ["a", "b"])
    scene.dispatch()
    for _ in 0..<scene.policy.sendsPerAttempt {
      #expect(scene.current == 1)
      scene.finish("provision", .unknown(Failure(.unknownOutcome, "cut"), leftAt: scene.now))
      scene.wait(10_000)
      scene.look([], scope: .byName)
      scene.look([], scope: .byName)
    }
    #expect(scene.current == 2)
    #expect(scene.left == ["1 UNAVAILABLE"])
  }

  @Test func `a pair that was out of stock is avoided for ten minutes, and is the last resort meanwhile`() {
    var scene = Scene(placements: 3)
    scene.dispatch()
    scene.finish("provision", .refused(Failure(.noCapacity, "none left")))
    #expect(scene.current == 2)
    var next = scene.another(1)
    #expect(next.current == 2)
    #expect(next.left == ["~1 NO_CAPACITY"])
    #expect(next.notes.contains { $0.text.hasPrefix("placement 1 passed over: NO_CAPACITY: t0 in l was out of stock") })
    next.finish("validate", .refused(Failure(.noCapacity, "none left")))
    #expect(next.current == 3)
    next.finish("validate", .refused(Failure(.invalidSpec, "no such type")))
    #expect(next.current == 1, "what was passed over is tried before giving up")
    next.finish("validate", .refused(Failure(.noCapacity, "still none")))
    #expect(next.state == "failed", "each placement is tried once")
    #expect(next.left == ["~1 NO_CAPACITY", "2 NO_CAPACITY", "3 INVALID_SPEC", "1 NO_CAPACITY"])
    scene.accounts = next.accounts
    scene.wait(600_001)
    #expect(scene.another(2).current == 1)
  }

  @Test func `where every pair is avoided the first is tried all the same`() {
    var scene = Scene()
    scene.dispatch()
    scene.finish("provision", .refused(Failure(.noCapacity, "none left")))
    #expect(scene.state == "failed")
    let next = scene.another(1)
    #expect(next.current == 1 && next.effects == ["validate"])
  }

  @Test func `an account at its limit is avoided as a whole, and people are told once`() {
    var scene = Scene(placements: 3, on: ["a", "b"])
    scene.dispatch()
    scene.finish("provision", .refused(Failure(.quota, "server limit exceeded")))
    #expect(scene.alarms == ["a: server limit exceeded"])
    #expect(scene.current == 2)
    let next = scene.another(1)
    #expect(next.current == 2 && next.left == ["~1 QUOTA"])
  }

  @Test func `what another order learned meanwhile is heeded before the create is dispatched`() {
    var first = Scene(placements: 2, on: ["a", "b"])
    var second = first.another(1)
    second.finish("validate", .validated(second.resolved()))
    first.dispatch()
    first.finish("provision", .refused(Failure(.noCapacity, "none left")))
    second.accounts = first.accounts
    second.finish("prepare", .prepared(cookie: nil, bootstrap: nil))
    #expect(second.current == 2 && second.left == ["~1 NO_CAPACITY"])
    #expect(second.machine.attempts.isEmpty)
  }

  @Test func `an account whose circuit is open is passed over with the reason`() {
    var scene = Scene(placements: 2, on: ["a", "b"])
    scene.finish("validate", .refused(Failure(.unauthenticated, "the token is not accepted")))
    #expect(scene.current == 2)
    let next = scene.another(1)
    #expect(next.current == 2 && next.left == ["~1 UNAUTHENTICATED"])
    #expect(next.machine.resource.rejected.first?.failure.remedy?.contains("slipway account rotate a") == true)
  }

  @Test func `a plugin that does not answer is left after some tries where another placement is open, else never`() {
    for placements in [1, 2] {
      var scene = Scene(placements: placements, on: ["a", "b"])
      for _ in 0..<10 where scene.current == 1 {
        scene.finish("validate", .notSent(Failure(.unavailable, "not serving")))
        scene.wait(60_000)
      }
      #expect(scene.current == placements)
      #expect(scene.state == "requested")
    }
  }

  @Test func `an object that failed to start is gone before the next placement is tried`() {
    var scene = Scene(placements: 2, on: ["a", "b"])
    scene.dispatch()
    scene.finish("provision", .created(Created(externalID: "42")))
    scene.look([("42", .failed)])
    #expect(scene.state == "compensating" && scene.effects == ["terminate"])
    scene.finish("terminate", .ending(cookie: nil, pollAfterMs: nil))
    scene.look([("42", .gone)])
    #expect(scene.current == 2 && scene.left == ["1 NO_CAPACITY"])
  }

  @Test func `a rejection is stored beside its failure, and an older record without its position is read`() throws {
    let rejection = Rejection(
      placement: 2, failure: Failure(.noCapacity, "none", remedy: "wait"), at: Instant(ms: 7), wasTried: false)
    let data = try JSONEncoder().encode([rejection])
    #expect(try JSONDecoder().decode([Rejection].self, from: data) == [rejection])
    #expect(try JSONDecoder().decode([Failure].self, from: data) == [rejection.failure])
    let old = try JSONEncoder().encode([rejection.failure])
    #expect(
      try JSONDecoder().decode([Rejection].self, from: old)
        == [Rejection(placement: nil, failure: rejection.failure, at: nil)])
  }

  @Test func `every state has its name in the list of names`() {
    #expect(Set(ResourceState.names).count == ResourceState.names.count)
    for state in [
      ResourceState.requested(Selection(index: 0)), .provisioning(attempt: ULID(high: 0, low: 0)),
      .resolving(attempt: ULID(high: 0, low: 0)), .booting(attempt: ULID(high: 0, low: 0), object: ""),
      .securing(attempt: ULID(high: 0, low: 0), object: "", step: .gather),
      .active(attempt: ULID(high: 0, low: 0), object: ""), .stopped(attempt: ULID(high: 0, low: 0), object: ""),
      .terminating, .compensating(Failure(.internal, ""), next: nil), .terminated, .failed(Failure(.internal, "")),
      .lost,
    ] {
      #expect(ResourceState.names.contains(state.name))
    }
  }
}
