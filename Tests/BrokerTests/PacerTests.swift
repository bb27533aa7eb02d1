import Testing

@testable import Broker

@Suite struct PacerTests {
  @Test(arguments: [1, 2, 3, 7, 30, 250, 1_000])
  func `no second holds more requests than the limit, and nearly two thirds of it are used`(limit: Int) {
    var pacer = AccountPacer(perSecond: limit)
    var (left, now): ([Int64], Int64) = ([], 12_345)
    while now < 22_345 {
      if let at = pacer.take(at: now) {
        #expect(at > now)
        now = at
      } else {
        left.append(now)
      }
    }
    for (index, start) in left.enumerated() {
      let within = left[index...].prefix { $0 < start + 1_000 }.count
      #expect(within <= limit, "\(within) from \(start)")
    }
    #expect(left.count >= limit * 10 / 2)
  }

  @Test func `after a rest a burst leaves at once`() {
    var pacer = AccountPacer(perSecond: 30)
    let burst = (0..<30).count { _ in pacer.take(at: 1_000) == nil }
    #expect(burst == 10)
    #expect(!pacer.isRested(at: 1_000))
    #expect(pacer.isRested(at: 3_000))
  }

  @Test func `requests of an account keep to its plugin's limit on the wire, another account's do not wait`()
    async throws
  {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let slow = try localGrant(server.port, account: "slow", perSecond: 30)
    let free = try localGrant(server.port, account: "free")
    let (sent, other) = await withTaskGroup(of: (isSlow: Bool, at: Int64?).self) { group in
      for number in 0..<45 {
        group.addTask {
          let result = await fixture.broker.send(BrokerRequest(grant: slow, verb: .list, path: "/\(number)"))
          return (true, result.times.sentMonotonicMs)
        }
      }
      group.addTask {
        (false, await fixture.broker.send(BrokerRequest(grant: free, verb: .list, path: "/free")).times.sentMonotonicMs)
      }
      return await group.reduce(into: ([Int64](), Int64?.none)) { all, one in
        if one.isSlow { all.0 += [one.at].compactMap(\.self) } else { all.1 = one.at }
      }
    }
    #expect(sent.count == 45)
    for start in sent { #expect(sent.count { $0 >= start && $0 < start + 990 } <= 30) }
    #expect(try #require(other) < sent.max() ?? 0)
    await fixture.broker.close()
  }
}
