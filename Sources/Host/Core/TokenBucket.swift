package import Model

/// A budget that refills steadily, counted in thousandths of a request.
package struct TokenBucket: Sendable, Hashable {
  private var level: Int64
  private var asOf: Instant
  private var capacity: Int64
  /// Thousandths of a request gained in one hour; nil: no limit.
  private var perHour: Int64?

  /// Makes a full bucket. `perHour` requests refill it; nil never runs out.
  package init(capacity: Int, perHour: Int?, at now: Instant) {
    self.capacity = Int64(max(1, capacity)) * 1_000
    self.perHour = Self.pace(perHour)
    level = self.capacity
    asOf = now
  }

  private static func pace(_ perHour: Int?) -> Int64? { perHour.map { Int64(max(1, min($0, 1_000_000_000))) * 1_000 } }

  /// Another size and pace from now on; what is there stays, as far as there is room.
  package mutating func resize(capacity: Int, perHour: Int?, at now: Instant) {
    refill(at: now)
    self.capacity = Int64(max(1, capacity)) * 1_000
    self.perHour = Self.pace(perHour)
    level = min(level, self.capacity)
    asOf = max(asOf, now)
  }

  /// Takes `count` requests, or nothing and false. More than the capacity counts as the capacity.
  package mutating func take(_ count: Int, at now: Instant) -> Bool {
    guard perHour != nil else { return true }
    refill(at: now)
    let wanted = min(Int64(max(0, count)) * 1_000, capacity)
    guard level >= wanted else { return false }
    level -= wanted
    return true
  }

  /// Takes what was spent beyond what was taken before; the level may fall below zero.
  package mutating func charge(_ count: Int, at now: Instant) {
    refill(at: now)
    level = max(level - Int64(max(0, min(count, 1_000_000))) * 1_000, -capacity)
  }

  /// When `count` requests will be there.
  package func ready(_ count: Int, at now: Instant) -> Instant {
    guard let perHour else { return now }
    var copy = self
    copy.refill(at: now)
    let missing = min(Int64(max(0, count)) * 1_000, capacity) - copy.level
    return missing <= 0 ? now : now + (missing * 3_600_000 / perHour + 1)
  }

  private mutating func refill(at now: Instant) {
    let elapsed = now - asOf
    guard elapsed > 0, let perHour else { return }
    let gained = min(elapsed, 86_400_000) * perHour / 3_600_000
    guard gained > 0 else { return }
    level = min(capacity, level + gained)
    asOf = now
  }
}
