import Core
import Model
import Testing

@Suite struct StandingTests {
  private let placement = Placement(account: "a", type: "t", location: "l", image: "i")
  private let other = Placement(account: "b", type: "t", location: "l", image: "i")
  private let now = Instant(ms: 1_700_000_000_000)
  private var offering: Offering {
    Offering(name: "o", placements: [placement, other], readiness: .cloud, provisionDeadlineMs: 1)
  }

  private func holds(_ hourly: Int64?, _ warnings: [String] = []) -> PlacementAnswer {
    .holds(
      ResolvedPlacement(
        type: "t", location: "l", imageID: "1", architecture: "x86_64", vcpu: 1, memoryMB: 1, diskGB: 1,
        price: hourly.map { Price(hourly: Money(micros: $0), currency: "EUR") }, warnings: warnings))
  }

  private func texts(_ standing: OfferingStanding) -> [String] {
    standing.warnings.map { "\($0.placement.account) \($0.kind.rawValue): \($0.text)" }
  }

  @Test func `a price that drifts is a warning until a person was shown the new one`() {
    let first = StandingVerdict.judge(offering, [holds(6_000), holds(1)], after: nil, isSeen: false, at: now)
    #expect(first.warnings.isEmpty)
    let night = StandingVerdict.judge(offering, [holds(7_000), holds(1)], after: first, isSeen: false, at: now + 1)
    #expect(texts(night) == ["a price: costs 0.007 EUR/h, and cost 0.006 EUR/h"])
    let next = StandingVerdict.judge(offering, [holds(7_000), holds(1)], after: night, isSeen: false, at: now + 2)
    #expect(next.warnings.first?.since == now + 1, "since when it is so")
    #expect(StandingVerdict.news(in: next, after: night).isEmpty, "told once")
    let seen = StandingVerdict.judge(offering, [holds(7_000), holds(1)], after: next, isSeen: true, at: now + 3)
    #expect(seen.warnings.isEmpty)
    let back = StandingVerdict.judge(offering, [holds(6_000), holds(nil)], after: seen, isSeen: false, at: now + 4)
    #expect(
      texts(back) == [
        "a price: costs 0.006 EUR/h, and cost 0.007 EUR/h",
        "b price: costs 0.000001 EUR/h as far as was known; the cloud does not say it any more",
      ])
  }

  @Test func `a coming end is told before it comes, and a definite no after it`() {
    let coming = StandingVerdict.judge(
      offering, [holds(1, ["t is deprecated and cannot be bought after 2099-01-31"]), holds(1)], after: nil,
      isSeen: false, at: now)
    #expect(texts(coming) == ["a notice: t is deprecated and cannot be bought after 2099-01-31"])
    let gone = StandingVerdict.judge(
      offering, [.fails(Failure(.invalidSpec, "there is no t")), .fails(Failure(.noCapacity, "none"))], after: coming,
      isSeen: false, at: now + 1)
    #expect(texts(gone) == ["a gone: there is no t", "b stock: none"])
    #expect(gone.prices == coming.prices, "what a person saw is not forgotten")
    #expect(StandingVerdict.news(in: gone, after: coming).count == 2)
  }

  @Test(arguments: [FailureCode.unavailable, .unauthenticated, .rateLimited, .internal, .forbidden, .quota])
  func `a cloud that could not be asked changes nothing`(code: FailureCode) {
    let known = StandingVerdict.judge(
      offering, [holds(1, ["low stock"]), holds(1)], after: nil, isSeen: false, at: now)
    let answers: [PlacementAnswer] = [.fails(Failure(code, "no")), holds(1)]
    let after = StandingVerdict.judge(offering, answers, after: known, isSeen: true, at: now + 1)
    #expect(after.warnings == known.warnings && Set(after.prices) == Set(known.prices))
  }

  @Test func `every offering has its own minute of the night, the same every night`() {
    let plan = NightPlan(salt: "installation")
    let day: Int64 = 86_400_000
    var minutes: Set<Int64> = []
    for number in 0..<200 {
      let name = "offering-\(number)"
      let due = plan.due(name, after: now)
      #expect(due > now && due - now <= day)
      let time = due.ms % day
      #expect(time >= NightPlan.begin && time < NightPlan.begin + NightPlan.length)
      #expect(plan.due(name, after: due) - due == day, "once a night")
      #expect(plan.due(name, after: due + -1) == due)
      minutes.insert(time / 60_000)
    }
    #expect(minutes.count > 100, "they are spread over the night")
    #expect(NightPlan(salt: "another").due("offering-1", after: now) != plan.due("offering-1", after: now))
    for extreme in [Int64.min, 0, .max] { #expect(plan.due("o", after: Instant(ms: extreme)).ms > 0) }
  }
}
