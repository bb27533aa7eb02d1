import Glibc

/// The two clocks that the broker reads; tests give their own.
package struct BrokerClock: Sendable {
  /// CLOCK_MONOTONIC in milliseconds.
  package var monotonicMs: @Sendable () -> Int64
  /// Wall clock in milliseconds since 1970.
  package var wallMs: @Sendable () -> Int64

  /// Makes a clock.
  package init(monotonicMs: @escaping @Sendable () -> Int64, wallMs: @escaping @Sendable () -> Int64) {
    self.monotonicMs = monotonicMs
    self.wallMs = wallMs
  }

  /// The machine's clocks.
  package static let system = BrokerClock(
    monotonicMs: { read(CLOCK_MONOTONIC) }, wallMs: { read(CLOCK_REALTIME) })

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
