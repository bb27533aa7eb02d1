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

  private func key(_ watch: Watch) -> LookPlan.Key { LookPlan.Key(watch) }

  private func planned(_ watches: [(Watch, hint: Int64?)]) -> LookPlan {
    var plan = LookPlan(account: "main")
    for (watch, hint) in watches {
      plan.replace([key(watch)], with: [watch], hints: hint.map { [watch.attempt: $0] } ?? [:], at: Instant(ms: 0))
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
    var plan = planned([(young, 0), (resting, 500)])
    #expect(plan.take(at: Instant(ms: 0), most: 10).map(\.attempt) == [young.attempt])
    #expect(plan.next() == Instant(ms: 500))
  }

  @Test func `what is planned for the same moment is one look, though requests took a while in between`() {
    let (young, resting) = (watch(1, every: 2_000), watch(2, every: 60_000))
    var plan = planned([(young, 0), (resting, 200)])
    #expect(plan.take(at: Instant(ms: 0), most: 10).count == 2)
  }

  @Test func `what rests does not fall behind by the length of each look`() {
    let resting = watch(1, every: 60_000)
    var plan = planned([(resting, 0)])
    for round in Int64(1)...3 {
      let begun = Instant(ms: (round - 1) * 60_000)
      #expect(plan.take(at: begun, most: 10).count == 1)
      plan.looked(resting, hint: nil, begun: begun, at: begun + 900)
      plan.finished([], hints: [:], begun: begun, at: begun + 900)
      #expect(plan.next() == Instant(ms: round * 60_000))
    }
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
    plan.replace([key(old)], with: [watch(1, every: 2_000)], hints: [:], at: Instant(ms: 5_000))
    #expect(plan.next() == Instant(ms: 7_000))
    plan.replace([key(old)], with: [old], hints: [:], at: Instant(ms: 6_000))
    #expect(plan.next() == Instant(ms: 7_000))
  }

  @Test func `what rests is spread over its interval at a start, what is young is not`() {
    let (young, resting) = (watch(1, every: 2_000), watch(2, every: 60_000))
    for share: Int64 in [0, 500, 999] {
      var plan = planned([(resting, nil)])
      plan.stagger(share, at: Instant(ms: 0))
      #expect(plan.next() == Instant(ms: 60 * share))
      plan = planned([(young, nil), (resting, 50_000)])
      plan.stagger(share, at: Instant(ms: 0))
      #expect(plan.next() == Instant(ms: 2_000))
      #expect(plan.take(at: Instant(ms: 2_000), most: 10).map(\.attempt) == [young.attempt])
      #expect(plan.next() == Instant(ms: 50_000), "a hint is kept")
    }
  }

  private func pair() -> (name: Watch, object: Watch, plan: LookPlan) {
    var (name, object) = (watch(1, every: 60_000), watch(1, every: 2_000))
    (name.object, object.object) = (nil, "b")
    var plan = LookPlan(account: "main")
    plan.replace([key(name), key(object)], with: [object, name], hints: [name.attempt: 0], at: Instant(ms: 0))
    return (name, object, plan)
  }

  private func seen(_ attempt: ULID, _ object: String, _ state: ObservedState) -> Observation {
    Observation(
      attempt: attempt, objects: [ObservedObject(externalID: object, state: state)], scope: .listing, complete: true,
      begunAt: Instant(ms: 0), mutations: 0, identityHolds: true)
  }

  @Test func `one batch names an attempt once, by its name, and an object that it shows is looked at with it`() {
    let (name, object, begun) = pair()
    var plan = begun
    #expect(plan.take(at: Instant(ms: 0), most: 10) == [name])
    let looks = [seen(object.attempt, "b", .pending)]
    plan.looked(name, hint: nil, begun: Instant(ms: 0), at: Instant(ms: 30))
    plan.finished(looks, hints: [object.attempt: 5_000], begun: Instant(ms: 0), at: Instant(ms: 30))
    #expect(plan.next() == Instant(ms: 5_030))
  }

  @Test(arguments: [("b", ObservedState.gone), ("c", .running)])
  func `an object that the look by name does not show standing is asked for at once`(
    shown: String, state: ObservedState
  ) {
    let (name, object, begun) = pair()
    var plan = begun
    #expect(plan.take(at: Instant(ms: 0), most: 10) == [name])
    plan.looked(name, hint: nil, begun: Instant(ms: 0), at: Instant(ms: 30))
    plan.finished([seen(name.attempt, shown, state)], hints: [:], begun: Instant(ms: 0), at: Instant(ms: 30))
    #expect(plan.next() == Instant(ms: 30))
    #expect(plan.take(at: Instant(ms: 30), most: 10) == [object])
  }

  @Test func `a watch that ends is not looked at any more, those of other resources are`() {
    let (ended, other) = (watch(1, every: 2_000), watch(2, every: 2_000))
    var plan = planned([(ended, 0), (other, 0)])
    plan.replace([key(ended)], with: [], hints: [:], at: Instant(ms: 0))
    #expect(plan.count == 1)
    #expect(plan.take(at: Instant(ms: 0), most: 10) == [other])
  }

  @Test func `nothing is taken beyond the batch's size`() {
    var plan = planned((1...9).map { (watch($0, every: 2_000), 0) })
    #expect(plan.take(at: Instant(ms: 0), most: 4).count == 4)
    #expect(plan.take(at: Instant(ms: 0), most: 10).count == 5)
  }
}
