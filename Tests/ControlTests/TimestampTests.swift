import Control
import Foundation
import Testing

@Suite struct TimestampTests {
  @Test func `a time is RFC 3339 in UTC with milliseconds`() {
    #expect(Timestamp(ms: 0).description == "1970-01-01T00:00:00.000Z")
    #expect(Timestamp(ms: 1_769_851_800_250).description == "2026-01-31T09:30:00.250Z")
    #expect(Timestamp(ms: -1).description == "1969-12-31T23:59:59.999Z")
    #expect(Timestamp(ms: .max).description == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp(ms: .min).description == "0000-01-01T00:00:00.000Z")
    #expect(Timestamp(ms: 1_769_851_800_250).timeOfDay == "09:30:00.250")
  }

  @Test func `what is written is read, and agrees with Foundation`() {
    var random = SplitMix(seed: 1)
    let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<2000 {
      let stamp = Timestamp(ms: Int64.random(in: 0...253_402_300_799_999, using: &random))
      #expect(Timestamp(stamp.description) == stamp)
      #expect(Date(timeIntervalSince1970: (Double(stamp.ms) + 0.2) / 1000).formatted(format) == stamp.description)
    }
  }

  @Test(arguments: [
    "", "Z", "2026-01-31", "2026-01-31T09:30:00", "2026-01-31T09:30:00+01:00", "2026-13-31T09:30:00Z",
    "2026-01-31T24:30:00Z", "2026-01-31T09:30:00.Z", "2026-01-31T09:30:00.1234567890Z", "2026-01-31 09:30:00Z",
    "２０26-01-31T09:30:00Z",
  ])
  func `anything else is refused`(text: String) { #expect(Timestamp(text) == nil) }

  @Test func `the nearest name is offered only when it is near`() {
    #expect(Nearest.candidate(to: "provison", among: ["provision", "plugin"]) == "provision")
    #expect(Nearest.candidate(to: "lsit", among: ["list", "show"]) == "list")
    #expect(Nearest.candidate(to: "xyzzy", among: ["list", "show"]) == nil)
    #expect(Nearest.candidate(to: "", among: ["list"]) == nil)
    #expect(Nearest.candidate(to: String(repeating: "a", count: 10_000), among: ["list"]) == nil)
  }
}
