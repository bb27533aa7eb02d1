import CloudSim
import Testing

@Suite struct SlidingWindowTests {
  @Test func `Requests come back one by one, each a span after it was made`() {
    var window = SlidingWindow(limit: 2, span: 1000)
    let early = [0, 400, 999].map { window.take(at: $0) }
    #expect(early == [true, true, false])
    let (reset, left) = (window.reset(at: 999), window.remaining(at: 999))
    #expect(reset == 1000 && left == 0)
    let late = [1000, 1399, 1400].map { window.take(at: $0) }
    #expect(late == [true, false, true])
    let (idle, all) = (window.reset(at: 5000), window.remaining(at: 5000))
    #expect(idle == 5000 && all == 2)
  }

  @Test func `A closed window opens again after its seconds`() {
    var window = SlidingWindow(limit: 2, span: 1000)
    window.close(seconds: 5, at: 100)
    let (left, reset) = (window.remaining(at: 5099), window.reset(at: 5099))
    #expect(left == 0 && reset == 5100)
    let taken = [5099, 5100].map { window.take(at: $0) }
    #expect(taken == [false, true])
  }

  @Test func `Many requests are forgotten as they expire`() {
    var window = SlidingWindow(limit: 100_000_000, span: 10)
    let taken = (0..<20_000 as Range<Int64>).map { window.take(at: $0) }
    let left = window.remaining(at: 20_000)
    #expect(taken.allSatisfy(\.self) && left == 100_000_000 - 9)
  }
}

@Suite struct IdentifierTests {
  private struct Row: Identifiable, Sendable {
    let id: String
  }

  @Test func `UUIDs are of version 4, depend on the seed, and are ids in a request log`() throws {
    var (one, two) = (SeededRandom(seed: 1), SeededRandom(seed: 1))
    for _ in 0..<100 {
      let (uuid, same) = (one.uuid(), two.uuid())
      #expect(
        try uuid.wholeMatch(of: Regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")) != nil)
      #expect(uuid == same && RequestLog.template("/v2/instances/\(uuid)/start") == "/v2/instances/{id}/start")
    }
  }

  @Test func `A table keeps rows with ids of text in their order`() {
    var table = Table<Row>(["b", "a", "c"].map(Row.init))
    #expect(table.rows.map(\.id) == ["a", "b", "c"])
    table["b"] = nil
    #expect(table["b"] == nil && table["c"] != nil && table.rows.count == 2)
  }

  @Test func `Fingerprints are ids in a request log, slugs are not`() {
    let fingerprint = "3b:16:e4:bf:8b:00:8b:b8:59:8c:a9:d3:f0:19:fa:45"
    #expect(RequestLog.template("/v2/account/keys/\(fingerprint)") == "/v2/account/keys/{id}")
    #expect(RequestLog.template("/v2/images/debian-12-x64") == "/v2/images/debian-12-x64")
  }
}
