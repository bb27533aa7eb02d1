/// When the next request of one account may leave, where its plugin states a limit a second; pure.
///
/// A third of a second's requests may leave at once, the others in steps, so that no window of a second, wherever the
/// cloud lays it, holds more than the limit.
package struct AccountPacer: Sendable {
  /// Milliseconds between two requests, in thousandths.
  private let step: Int64
  /// How far ahead of the steps a burst may run, in thousandths of a millisecond.
  private let ahead: Int64
  private var next: Int64 = 0

  /// `perSecond` counts as 1 ... 100,000.
  package init(perSecond: Int) {
    let limit = Int64(min(max(perSecond, 1), 100_000))
    let burst = max(limit / 3, 1)
    step = 1_000_000 / max(limit - burst, 1)
    ahead = step * (burst - 1)
  }

  /// Takes a place at `nowMs` of a monotonic clock, or says at what millisecond there is one.
  package mutating func take(at nowMs: Int64) -> Int64? {
    let now = nowMs &* 1_000
    guard next - ahead > now else {
      next = max(next, now) + step
      return nil
    }
    return (next - ahead + 999) / 1_000
  }

  /// Whether it has nothing to remember any more.
  func isRested(at nowMs: Int64) -> Bool { next <= nowMs &* 1_000 }
}
