import Core
import Model
import Synchronization
import Testing

@testable import Daemon

/// A plugin that dies in a terminate cannot say what it did; the broker can.
@Suite struct TerminateEvidenceTests {
  private func end(_ ending: VerbEnding, _ evidence: [MutationEvidence]) async throws -> EffectResult {
    let desk = try Desk()
    _ = try await desk.account("a")
    let offering = try await desk.offering("o", on: "a")
    desk.on(.terminate) { _, _ in ending }
    desk.script.withLock { $0.evidence[.terminate] = evidence }
    let work = Operation(id: ULID(high: 2, low: 1), kind: .provision, acceptedAt: desk.now, deadline: desk.now + 60_000)
    let resource = Resource(
      id: ULID(high: 3, low: 1), tenant: "", offering: offering, sshKeys: [], expiresAt: nil, operation: work)
    let attempt = Attempt(
      id: ULID(high: 4, low: 1), resource: resource.id, operation: work.id, plugin: "p",
      placement: offering.placements[0],
      resolved: ResolvedPlacement(
        type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1, price: nil),
      name: "n", cookie: nil, limits: CloudLimits())
    let effect = Effect(
      id: ULID(high: 5, low: 1), kind: .terminate(attempt: attempt.id, object: "42"), boot: ULID(high: 6, low: 1),
      notBefore: desk.now)
    return try await desk.performer().perform(effect, of: resource, attempt: attempt)
  }

  private func wire(_ status: Int, isDelete: Bool) -> MutationEvidence {
    MutationEvidence(reach: .answered(status), leftAt: Instant(ms: 1), isDelete: isDelete)
  }

  @Test(arguments: [VerbEnding.crashed(Failure(.internal, "SIGKILL")), .lost(Failure(.unavailable, "late"))])
  func `a delete that the cloud took is one, whoever lived to tell it`(ending: VerbEnding) async throws {
    let accepted = try await end(ending, [wire(200, isDelete: true)])
    #expect(accepted == .ending(cookie: nil, pollAfterMs: nil, confirmed: true))
  }

  @Test(arguments: [404, 409, 500])
  func `one that it did not take, or that was none, leaves the outcome open`(status: Int) async throws {
    let died = VerbEnding.crashed(Failure(.internal, "SIGKILL"))
    for evidence in [[], [wire(status, isDelete: true)], [wire(200, isDelete: false)]] {
      guard case .unknown = try await end(died, evidence) else { return _ = Issue.record("\(evidence)") }
    }
  }
}
