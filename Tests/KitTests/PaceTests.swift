import PluginKit
import Testing

@Suite struct PaceTests {
  @Test func `a quiet account is looked at when a look is worth it, whatever its phase`() {
    #expect(Pace(nowMs: 1_000_000, isBusy: false, phaseMs: 7_000).next(after: 8_000) == 8_000)
  }

  @Test(arguments: [0, 1, 7_000, 19_999, 59_999] as [Int64])
  func `a busy account's looks fall on its own ticks, never before they are worth it`(phase: Int64) {
    for now in stride(from: 1_700_000_000_000 as Int64, to: 1_700_000_060_000, by: 777) {
      let wait = Pace(nowMs: now, isBusy: true, phaseMs: phase).next(after: 8_000)
      #expect((now + wait) % Pace.grid == phase % Pace.grid)
      #expect((8_000..<8_000 + Pace.grid).contains(wait))
    }
  }

  @Test func `the minute's tick is a tick of the finer grid too`() {
    let pace = Pace(nowMs: 1_700_000_000_123, isBusy: true, phaseMs: 41_000)
    #expect((pace.nowMs + pace.resting) % Pace.steady == 41_000)
    #expect((pace.nowMs + pace.resting) % Pace.grid == 1_000)
  }

  @Test func `accounts are spread over the minute, each in the same place every time`() {
    let phases = (0..<600).map { Pace.phase(of: "account-\($0)") }
    #expect(phases == (0..<600).map { Pace.phase(of: "account-\($0)") })
    for tenth in 0..<10 as Range<Int64> {
      let there = phases.count { $0 / (Pace.steady / 10) == tenth }
      #expect((30...90).contains(there), "\(there) of 600 in tenth \(tenth)")
    }
  }
}
