package import Model
import System

/// The host's time: the wall clock as it was at start, carried on by the monotonic clock, so that it never goes back.
package struct HostClock: Sendable {
  private let wallAtStart: Int64
  private let monotonicAtStart: UInt64

  /// Starts the clock. `floor` is the latest instant found in the ledger; time does not start before it.
  package init(notBefore floor: Instant? = nil) {
    wallAtStart = max(Clock.wall(), floor?.ms ?? 0)
    monotonicAtStart = Clock.monotonic()
  }

  /// The time now.
  package func now() -> Instant {
    let elapsed = Int64(clamping: (Clock.monotonic() &- monotonicAtStart) / 1_000_000)
    return Instant(ms: wallAtStart) + elapsed
  }

  /// The monotonic time, in nanoseconds, of an instant of this clock; for deadlines of calls.
  package func monotonic(of instant: Instant) -> UInt64 {
    let span = max(0, instant - Instant(ms: wallAtStart))
    return monotonicAtStart &+ UInt64(span) &* 1_000_000
  }
}
