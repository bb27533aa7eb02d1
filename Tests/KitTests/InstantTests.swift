import PluginKit
import Testing

@Suite struct InstantTests {
  @Test(
    arguments: [
      ("1970-01-01T00:00:00Z", 0), ("2024-02-29T23:59:59+00:00", 1_709_251_199),
      ("2026-01-01t02:00:00+02:00", 1_767_225_600),
      ("2026-01-01T00:00:00.123456Z", 1_767_225_600), ("1969-12-31T23:59:59Z", -1),
      ("0001-01-01T00:00:00Z", -62_135_596_800),
      ("9999-12-31T23:59:59Z", 253_402_300_799),
    ] as [(String, Int64)])
  func `Dates of clouds are read`(text: String, seconds: Int64) {
    #expect(Instant.seconds(text) == seconds)
  }

  @Test(arguments: [
    "", "now", "2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:00:00",
    "2026-01-01T00:00:00+1", "٢٠٢٦-01-01T00:00:00Z",
  ])
  func `What is no date is nothing, not a crash`(text: String) {
    #expect(Instant.seconds(text) == nil)
  }

  @Test func `Every day of four centuries comes back as it went`() {
    for day in stride(from: Int64(-60_000), through: 90_000, by: 1) {
      let seconds = day * 86_400 + 3_661
      #expect(Instant.seconds(Instant.rfc3339(seconds)) == seconds)
    }
    #expect(Instant.rfc3339(.max) == "9999-12-31T23:59:59Z")
    #expect(Instant.rfc3339(.min) == "0001-01-01T00:00:00Z")
  }
}
