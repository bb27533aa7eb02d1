@testable import Core
import Model
import Testing

/// When what is looked at next.
@Suite struct LookPlanTests {
  private let resource = ULID(high: 0, low: 7)

  private func watch(_ number: UInt64, every interval: Int64) -> Watch {
    Watch(
      resource: ULID(high: 1, low: number), attempt: ULID(high: 2, low: number), account: "main", expectAbsent: false,
      object: "\(number)", interval: interval)
  }

  private func planned(_ watches: [(Watch, hint: Int64?)]) -> LookPlan {
    var plan = LookPlan()
    for (watch, hint) in watches {
      plan.replace(watch.resource, with: [watch], hints: hint.map { [watch.attempt: $0] } ?? [:], at: Instant(ms: 0))
    }
    return plan
  }

  @Test func `what is nearly due comes along, what is not waits`() {
    let (now, soon, later) = (watch(1, every: 2_000), watch(2, every: 2_000), watch(3, every: 2_000))
    var plan = planned([(now, 0), (soon, 1_400), (later, 1_900)])
    #expect(plan.take(at: Instant(ms: 0), most: 10).map(\.attempt) == [now.attempt, soon.attempt])
    #expect(plan.next() == Instant(ms: 1_900))
  }

  @Test func `what rests does not come along with what is young`() {
    let (young, resting) = (watch(1, every: 2_000), watch(2, every: 60_000))
    var plan = planned([(young, 0), (resting, 100)])
    #expect(plan.take(at: Instant(ms: 0), most: 10).map(\.attempt) == [young.attempt])
    #expect(plan.next() == Instant(ms: 100))
  }

  @Test func `what is young comes along with what rests`() {
    let (young, resting) = (watch(1, every: 2_000), watch(2, every: 60_000))
    var plan = planned([(young, 1_000), (resting, 0)])
    #expect(plan.take(at: Instant(ms: 0), most: 10).count == 2)
  }

  @Test func `a shorter interval brings the next look forward, a longer one leaves it`() {
    let old = watch(1, every: 60_000)
    var plan = planned([(old, nil)])
    #expect(plan.next() == Instant(ms: 60_000))
    plan.replace(old.resource, with: [watch(1, every: 2_000)], hints: [:], at: Instant(ms: 5_000))
    #expect(plan.next() == Instant(ms: 7_000))
    plan.replace(old.resource, with: [old], hints: [:], at: Instant(ms: 6_000))
    #expect(plan.next() == Instant(ms: 7_000))
  }

  @Test func `one batch names an attempt once`() {
    var (first, second) = (watch(1, every: 2_000), watch(1, every: 2_000))
    (first.object, second.object) = ("a", "b")
    var plan = LookPlan()
    plan.replace(
      first.resource, with: [first, second], hints: [first.attempt: 0], at: Instant(ms: 0))
    #expect(plan.take(at: Instant(ms: 0), most: 10).count == 1)
    #expect(plan.next() == Instant(ms: 0))
  }

  @Test func `nothing is taken beyond the batch's size`() {
    var plan = planned((1...9).map { (watch($0, every: 2_000), 0) })
    #expect(plan.take(at: Instant(ms: 0), most: 4).count == 4)
    #expect(plan.take(at: Instant(ms: 0), most: 10).count == 5)
  }
}
