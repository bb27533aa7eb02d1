import Plugins
import Testing

@Suite struct PolicyTests {
  private let second: UInt64 = 1_000_000_000

  @Test func `the delay doubles from 100 ms to 30 s and jitter takes at most half of it`() {
    let policy = RestartPolicy()
    var deaths: [UInt64] = []
    var delays: [UInt64] = []
    for index in 0..<12 {
      deaths.append(UInt64(index) * 100 * second)
      delays.append(policy.delay(deaths: deaths, now: deaths[index], jitter: 1) / 1_000_000)
    }
    #expect(delays == [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000])
    #expect(policy.delay(deaths: [0], now: 0, jitter: 0) == 50_000_000)
    #expect(policy.delay(deaths: [0], now: 0, jitter: .nan) == 50_000_000)
  }

  @Test func `too many deaths in a period go straight to the longest delay`() {
    var policy = RestartPolicy()
    policy.intensity = 3
    let deaths = [0, 1, 2, 3].map { $0 * second }
    #expect(policy.delay(deaths: deaths, now: 3 * second, jitter: 1) == 30 * second)
    #expect(policy.delay(deaths: deaths, now: 1000 * second, jitter: 1) < second)
  }

  @Test func `a worker that served long enough ends the row`() {
    let policy = RestartPolicy()
    var record = RestartRecord()
    for index in 0..<5 { record.died(at: UInt64(index) * second, servedSince: nil, policy: policy) }
    #expect(record.deaths.count == 5)
    record.died(at: 100 * second, servedSince: 5 * second, policy: policy)
    #expect(record.deaths == [100 * second] && record.total == 6)
  }

  @Test func `accounts take turns, terminate goes first, and a call can leave the queue`() {
    var queue = CallQueue<String>()
    for (id, name) in ["a1", "a2", "a3", "b1", "c1", "b2"].enumerated() {
      queue.add(name, id: UInt64(id), account: String(name.prefix(1)), .rest)
    }
    queue.add("t", id: 99, account: "a", .end)
    let (removed, again) = (queue.remove(1), queue.remove(1))
    #expect(removed == "a2" && again == nil)
    var order: [String] = []
    while let next = queue.next() { order.append(next) }
    #expect(order == ["t", "a1", "b1", "c1", "a3", "b2"])
    #expect(queue.count == 0)
  }

  @Test func `ends and looks take turns, and neither waits behind the rest`() {
    var queue = CallQueue<String>()
    var id: UInt64 = 0
    func add(_ name: String, _ urgency: Urgency) {
      id += 1
      queue.add(name, id: id, account: "a", urgency)
    }
    for number in 1...3 { add("r\(number)", .rest) }
    for number in 1...3 { add("e\(number)", .end) }
    for number in 1...2 { add("l\(number)", .look) }
    var order: [String] = []
    while let next = queue.next() { order.append(next) }
    #expect(order == ["e1", "l1", "e2", "l2", "e3", "r1", "r2", "r3"])
    add("r4", .rest)
    add("l3", .look)
    let (look, rest, none) = (queue.next(), queue.next(), queue.next())
    #expect(look == "l3" && rest == "r4" && none == nil)
  }

  @Test func `a source that writes too much is cut and the cut is counted`() {
    var budget = LineBudget(perSecond: 10, burst: 5)
    let passed = (0..<100).compactMap { _ in budget.admit(at: second) }
    #expect(passed == [0, 0, 0, 0, 0])
    let (later, muchLater) = (budget.admit(at: second + second / 10), budget.admit(at: .max))
    #expect(later == 95 && muchLater == 0)
  }

  @Test func `output becomes lines without control characters, long ones in pieces`() {
    var lines = OutputLines()
    let first = lines.append(Array("one\ntw".utf8))
    let second = lines.append(Array("o\u{1B}[2J\n\n".utf8))
    let long = lines.append([UInt8](repeating: 65, count: 3000)).map(\.count)
    let rest = lines.finish().map(\.count)
    #expect(first == ["one"] && second == ["two[2J"] && long == [1024, 1024] && rest == [952])
  }
}
