import Core
import Model
import Testing

private let now = Instant(ms: 10_000)
private let left = Instant(ms: 9_000)

private func judge(
  _ ending: CreateEnding, _ reaches: [MutationEvidence.Reach], brokered: Bool = true
) -> EffectResult {
  CreateVerdict.judge(
    ending, evidence: reaches.map { MutationEvidence(reach: $0, leftAt: left) }, isBrokered: brokered, now: now)
}

@Test(arguments: [MutationEvidence.Reach.sentNoAnswer, .answered(500), .answered(503), .answered(504)])
func `a create that the broker saw as ambiguous is unknown whatever the plugin says`(reach: MutationEvidence.Reach) {
  let failure = Failure(.noCapacity, "surely not")
  #expect(judge(.failed(failure, mayExist: false), [reach]) == .unknown(failure, leftAt: left))
}

@Test(arguments: [FailureCode.internal, .unavailable, .cancelled, .unknownOutcome])
func `codes that prove nothing are unknown once something left`(code: FailureCode) {
  let failure = Failure(code, "x")
  #expect(judge(.failed(failure, mayExist: false), [.answered(409)]) == .unknown(failure, leftAt: left))
}

@Test func `a definite no with an answered request is a refusal, unless an object may exist`() {
  let failure = Failure(.noCapacity, "none left")
  #expect(judge(.failed(failure, mayExist: false), [.answered(412)]) == .refused(failure))
  #expect(judge(.failed(failure, mayExist: true), [.answered(412)]) == .unknown(failure, leftAt: left))
}

@Test func `a crash before anything left is not sent, after it unknown`() {
  let crash = Failure(.internal, "worker ended by signal 11")
  #expect(judge(.lost(crash), []) == .notSent(crash))
  #expect(judge(.lost(crash), [.notSent]) == .notSent(crash))
  #expect(judge(.lost(crash), [.answered(201)]) == .unknown(crash, leftAt: left))
}

@Test func `what a plugin with its own network did nobody saw, so a crash is unknown as of now`() {
  let crash = Failure(.internal, "worker ended by signal 11")
  #expect(judge(.lost(crash), [], brokered: false) == .unknown(crash, leftAt: now))
}
