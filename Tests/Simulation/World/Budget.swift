import Core
import Model

/// The world's own count of the creates that an account may make: whole requests in thousandths, refilled steadily.
struct Budget: Sendable {
  private let perHour: Int64
  private let capacity: Int64
  private var level: Int64
  private var asOf: Instant

  init(_ limits: CloudLimits?, policy: Policy, at now: Instant) {
    let share = Int64(max(1, (limits?.requestsPerHour ?? 1_000_000) / 100 * policy.createShare))
    perHour = share * 1_000
    capacity = max(1, share / 10) * 1_000
    level = capacity
    asOf = now
  }

  /// Counts one create. False where it was not there; one request of rounding is forgiven.
  mutating func spend(at now: Instant, isFirst: Bool) -> Bool {
    level = min(capacity, level + max(0, now - asOf) * perHour / 3_600_000)
    asOf = max(asOf, now)
    level = max(level - 1_000, -capacity)
    return !isFirst || level >= -10
  }
}
