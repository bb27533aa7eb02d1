import HTTP

/// How often each token may ask: in an hour, in a minute, and for listings of keys.
///
/// "5000 requests per hour and 250 requests per minute", digitalocean-v2.json, header ratelimit-limit; GET
/// /v2/account/keys was observed to have a budget of its own, 10 in 60 seconds. What was refused does not count.
struct DigitalOceanLimits: Sendable {
  private var tokens: [String: Windows] = [:]

  private struct Windows: Sendable {
    var hour: SlidingWindow
    var minute: SlidingWindow
    var keyLists: SlidingWindow

    init(_ settings: DigitalOceanSettings) {
      hour = SlidingWindow(limit: settings.hourLimit, span: 3_600_000)
      minute = SlidingWindow(limit: settings.minuteLimit, span: 60_000)
      keyLists = SlidingWindow(limit: settings.keyListLimit, span: 60_000)
    }

    /// Forgets what was spent of a limit that has changed.
    mutating func follow(_ settings: DigitalOceanSettings) {
      let fresh = Windows(settings)
      if fresh.hour.limit != hour.limit { hour = fresh.hour }
      if fresh.minute.limit != minute.limit { minute = fresh.minute }
      if fresh.keyLists.limit != keyLists.limit { keyLists = fresh.keyLists }
    }

    mutating func take(listsKeys: Bool, at now: Int64) -> (granted: Bool, headers: [HTTPField]) {
      let inHour = hour.remaining(at: now) > 0
      let inMinute = minute.remaining(at: now) > 0
      let inLists = !listsKeys || keyLists.remaining(at: now) > 0
      let granted = inHour && inMinute && inLists
      if granted {
        _ = (hour.take(at: now), minute.take(at: now))
        if listsKeys { _ = keyLists.take(at: now) }
      }
      var headers = [
        HTTPField("ratelimit-limit", String(hour.limit)),
        HTTPField("ratelimit-remaining", String(hour.remaining(at: now))),
        HTTPField("ratelimit-reset", String((hour.reset(at: now) + 999) / 1000)),
      ]
      // Only the short limits say when to come back; the long one has ratelimit-reset.
      let back = [inMinute ? now : minute.reset(at: now), inLists ? now : keyLists.reset(at: now)].max() ?? now
      if back > now { headers.append(HTTPField("retry-after", String((back - now + 999) / 1000))) }
      return (granted, headers)
    }
  }

  /// Takes one request from the quota of a token, and says what is left of it.
  mutating func take(
    _ token: String, listsKeys: Bool, _ settings: DigitalOceanSettings, _ fault: Fault.Kind?, at now: Int64
  ) -> (granted: Bool, headers: [HTTPField]) {
    // In place: a copy of an hour of requests for each of them would be quadratic.
    tokens[token, default: Windows(settings)].follow(settings)
    if case .rateLimit(let seconds) = fault {
      tokens[token, default: Windows(settings)].minute.close(seconds: seconds, at: now)
    }
    return tokens[token, default: Windows(settings)].take(listsKeys: listsKeys, at: now)
  }
}
