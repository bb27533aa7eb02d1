import Glibc

/// Until when the run has to be over.
struct Deadline {
  private let end: UInt64

  /// Ends this many milliseconds from now.
  init(afterMs timeout: UInt32) { end = Self.now() &+ UInt64(timeout) }

  /// Milliseconds that are left; 0 once it has passed.
  var leftMs: Int32 {
    let now = Self.now()
    return now < end ? Int32(clamping: end - now) : 0
  }

  /// Milliseconds of the monotonic clock.
  private static func now() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(clamping: now.tv_sec) &* 1_000 &+ UInt64(clamping: now.tv_nsec) / 1_000_000
  }
}
