/// A bucket that refills evenly: a quota an hour, of which any part may be spent at once.
package struct RateLimiter: Sendable, Hashable {
  /// Requests in a full bucket, 1 or more.
  package let limit: Int64
  /// Milliseconds that give back one request, 1 or more.
  package let refill: Int64
  /// Milliseconds of refill that the bucket holds, at most `limit * refill`.
  private var level: Int64
  private var seen: Int64

  /// Makes a full bucket at an instant.
  package init(limit: Int64, refill: Int64, at now: Int64) {
    self.limit = min(max(1, limit), 1_000_000_000)
    self.refill = min(max(1, refill), 3_600_000)
    level = self.limit * self.refill
    seen = now
  }

  /// Takes one request; false, and nothing taken, where none is left.
  package mutating func take(at now: Int64) -> Bool {
    advance(to: now)
    guard level >= refill else { return false }
    level -= refill
    return true
  }

  /// Empties the bucket so far that the next request is let through only after this many seconds.
  package mutating func drain(seconds: Int64, at now: Int64) {
    advance(to: now)
    level = refill - min(max(0, seconds), 86400) * 1000
  }

  /// Requests left now.
  package var remaining: Int64 { max(0, level / refill) }

  /// Instant at which the bucket is full again.
  package var full: Int64 { seen + (limit * refill - level) }

  private mutating func advance(to now: Int64) {
    guard now > seen else { return }
    level = min(limit * refill, level + min(now - seen, limit * refill))
    seen = now
  }
}
