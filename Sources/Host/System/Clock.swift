import Glibc

/// The two clocks of the host.
package enum Clock {
  /// Nanoseconds since some moment before boot (CLOCK_MONOTONIC); never goes back, for deadlines.
  package static func monotonic() -> UInt64 {
    let time = read(CLOCK_MONOTONIC)
    return UInt64(max(0, time.tv_sec)) &* 1_000_000_000 &+ UInt64(max(0, time.tv_nsec))
  }

  /// Milliseconds since 1970 (CLOCK_REALTIME); may jump, for what people read.
  package static func wall() -> Int64 {
    let time = read(CLOCK_REALTIME)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }

  private static func read(_ id: clockid_t) -> timespec {
    var time = timespec()
    clock_gettime(id, &time)
    return time
  }
}

extension Duration {
  /// The duration in nanoseconds, clamped to 0 ... Int64.max.
  package var nanoseconds: UInt64 {
    let (seconds, attoseconds) = components
    if seconds < 0 || attoseconds < 0 { return 0 }
    let (whole, overflow) = UInt64(seconds).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow || whole > UInt64(Int64.max) - 1_000_000_000 { return UInt64(Int64.max) }
    return whole + UInt64(attoseconds / 1_000_000_000)
  }
}
