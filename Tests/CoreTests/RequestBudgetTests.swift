import Core
import Model
import Testing

@Suite struct RequestBudgetTests {
  let start = Instant(ms: 1_700_000_000_000)

  /// Takes until it is held back; how many it got.
  private func drain(_ budget: inout RequestBudget, _ each: RequestClass, at now: Instant) -> Int {
    var got = 0
    while budget.take(each, at: now) == nil { got += 1 }
    return got
  }

  @Test func `a class that takes all it can leaves each other its share`() {
    var budget = RequestBudget(perHour: 1_000, at: start)
    #expect(budget.left == 1_000)
    let got = [RequestClass.catalog, .poll, .provision, .ending].map { drain(&budget, $0, at: start) }
    #expect(got == [500 + 50, 100, 150, 200])
    #expect(budget.left == 0)
    #expect(budget.held == 4)
  }

  @Test func `a dry budget fills up by the weights, and nobody is starved`() {
    var budget = RequestBudget(perHour: 3_600, at: start)
    for each in RequestClass.allCases { _ = drain(&budget, each, at: start) }
    // A request a second: of 50 the greediest class gets its own share alone.
    let later = start + 50_000
    let got = [RequestClass.catalog, .ending, .provision, .poll].map { drain(&budget, $0, at: later) }
    #expect(got == [5, 20, 15, 10])
  }

  @Test(arguments: RequestClass.allCases)
  func `the wait that it tells is enough, whoever else takes meanwhile`(each: RequestClass) throws {
    var budget = RequestBudget(perHour: 3_600, at: start)
    for other in RequestClass.allCases { _ = drain(&budget, other, at: start) }
    let told = budget.take(each, at: start)
    let wait = try #require(told)
    #expect(wait <= 3_600_000)
    for other in RequestClass.allCases where other != each { _ = drain(&budget, other, at: start + wait) }
    let again = budget.take(each, at: start + wait)
    #expect(again == nil)
  }

  @Test func `what the cloud says counts, up and down, and ends lose last`() {
    var budget = RequestBudget(perHour: 1_000, at: start)
    var isNew = budget.learn(limit: 1_000, remaining: 300, at: start)
    #expect(!isNew)
    #expect(budget.left == 300)
    #expect(budget.reserved(.ending) == 200 && budget.reserved(.provision) == 100)
    #expect(budget.reserved(.poll) == 0 && budget.reserved(.catalog) == 0)
    isNew = budget.learn(limit: nil, remaining: 1_000, at: start + 1)
    #expect(!isNew)
    #expect(budget.left == 1_000)
    isNew = budget.learn(limit: 7_200, remaining: 7_000, at: start + 2)
    #expect(isNew)
    #expect(budget.perHour == 7_200 && budget.left == 7_000 && budget.heardAt == start + 2)
    isNew = budget.learn(limit: 100, remaining: nil, at: start + 3)
    #expect(isNew && budget.left == 100)
  }

  @Test func `nonsense from a cloud changes nothing`() {
    var budget = RequestBudget(perHour: 1_000, at: start)
    let before = budget
    let isNew = [
      budget.learn(limit: 0, remaining: -1, at: start), budget.learn(limit: -5, remaining: nil, at: start),
    ]
    #expect(budget == before && isNew == [false, false])
    _ = budget.learn(limit: .max, remaining: .max, at: start)
    #expect(budget.perHour == 100_000_000 && budget.left == 100_000_000)
  }

  @Test func `no more is given in an hour than the budget and what it began with`() {
    var budget = RequestBudget(perHour: 3_600, at: start)
    var random = Randomness(seed: 7)
    var (now, got) = (start, 0)
    while now < start + 3_600_000 {
      let each = RequestClass.allCases[Int(random.next() % 4)]
      if budget.take(each, at: now) == nil { got += 1 }
      now = now + Int64(random.next() % 400)
      #expect(budget.left >= 0 && budget.left <= 3_600)
    }
    #expect(got <= 7_200 && got > 7_000)
  }

  @Test func `a clock that stands still or goes back gives nothing`() {
    var budget = RequestBudget(perHour: 3_600, at: start)
    for each in RequestClass.allCases { _ = drain(&budget, each, at: start) }
    for each in RequestClass.allCases {
      let wait = budget.take(each, at: start + -5_000)
      #expect(wait != nil)
    }
    #expect(budget.left == 0)
  }
}
