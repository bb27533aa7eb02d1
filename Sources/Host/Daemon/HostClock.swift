package import Model
import System

/// The host's time: the wall clock as it was at start, carried on by the monotonic clock, so that it never goes back.
package struct HostClock: Sendable {
  private let reading: @Sendable () -> Instant

  /// Starts the clock. `floor` is the latest instant found in the ledger; time does not start before it.
  package init(notBefore floor: Instant? = nil) {
    let wall = Instant(ms: max(Clock.wall(), floor?.ms ?? 0))
    let start = Clock.monotonic()
    reading = { wall + Int64(clamping: (Clock.monotonic() &- start) / 1_000_000) }
  }

  /// A clock that somebody else moves, for simulations.
  package init(reading: @escaping @Sendable () -> Instant) { self.reading = reading }

  /// The time now.
  package func now() -> Instant { reading() }
}
