/// A limit on the requests of any span of time that ends now.
package struct SlidingWindow: Sendable, Hashable {
  /// Requests let through in one span, 1 or more.
  package let limit: Int
  /// Length of the span in milliseconds, 1 or more.
  package let span: Int64
  /// Instants of the requests that were let through, oldest first; before `head` they have expired.
  private var times: [Int64] = []
  private var head = 0
  private var closedUntil: Int64 = .min

  /// Makes a window that nothing has used.
  package init(limit: Int64, span: Int64) {
    self.limit = Int(min(max(1, limit), 100_000_000))
    self.span = min(max(1, span), 8_640_000_000)
  }

  /// Counts one request; false, and nothing counted, where the span is full.
  package mutating func take(at now: Int64) -> Bool {
    expire(at: now)
    guard now >= closedUntil, times.count - head < limit else { return false }
    times.append(now)
    return true
  }

  /// Lets nothing through for this many seconds.
  package mutating func close(seconds: Int64, at now: Int64) {
    closedUntil = now + min(max(0, seconds), 86400) * 1000
  }

  /// Requests that would be let through now.
  package mutating func remaining(at now: Int64) -> Int {
    expire(at: now)
    return now < closedUntil ? 0 : limit - (times.count - head)
  }

  /// Instant at which the oldest request that counts expires, or the window opens again; now where nothing counts.
  package mutating func reset(at now: Int64) -> Int64 {
    expire(at: now)
    let oldest = head < times.count ? times[head] + span : now
    return now < closedUntil ? closedUntil : oldest
  }

  private mutating func expire(at now: Int64) {
    while head < times.count, times[head] + span <= now { head += 1 }
    if head > 1000, head * 2 > times.count {
      times.removeFirst(head)
      head = 0
    }
  }
}
