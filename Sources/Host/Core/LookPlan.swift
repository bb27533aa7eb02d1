import Model

/// When each watched thing of one account is looked at next. One batch is under way at a time.
struct LookPlan: Sendable {
  /// What a watch is known by.
  struct Key: Hashable, Comparable, Sendable {
    var attempt: ULID
    var object: String?

    static func < (a: Key, b: Key) -> Bool {
      a.attempt == b.attempt ? (a.object ?? "") < (b.object ?? "") : a.attempt < b.attempt
    }
  }

  private var watches: [Key: Watch] = [:]
  private var due: [Key: Instant] = [:]
  private var queue = TimerQueue<Key>()
  private var byResource: [ULID: Set<Key>] = [:]
  /// Due with the batch under way, which looks at another watch of the same attempt.
  private var beside: [Key] = []
  /// The batch under way; nil: none.
  var underWay: UInt64?
  /// Looks are held back until, after one failed as a whole.
  var heldUntil: Instant?
  /// Looks in a row that failed as a whole.
  var failures = 0

  var isEmpty: Bool { watches.isEmpty }

  /// How many things are watched.
  var count: Int { watches.count }

  /// Replaces the watches of one resource. A new one is due after its hint, else after its interval; a shorter interval
  /// brings an old one forward.
  mutating func replace(_ resource: ULID, with new: [Watch], hints: [ULID: Int64], at now: Instant) {
    let keys = Set(new.map { Key(attempt: $0.attempt, object: $0.object) })
    for key in (byResource[resource] ?? []).subtracting(keys) {
      watches[key] = nil
      due[key] = nil
      queue.set(key, nil)
    }
    byResource[resource] = keys.isEmpty ? nil : keys
    for watch in new {
      let key = Key(attempt: watch.attempt, object: watch.object)
      let hint = hints[watch.attempt]
      let known = watches[key]
      watches[key] = watch
      let planned = now + clamped(hint ?? watch.interval)
      if known == nil || hint != nil || known?.expectAbsent != watch.expectAbsent {
        set(key, planned)
      } else if let at = due[key], let known, watch.interval < known.interval, planned < at {
        set(key, planned)
      }
    }
  }

  private func clamped(_ span: Int64) -> Int64 { min(max(span, 0), 600_000) }

  private mutating func set(_ key: Key, _ at: Instant) {
    due[key] = at
    queue.set(key, at)
  }

  /// When the next look is due.
  mutating func next() -> Instant? {
    guard underWay == nil, let at = queue.next() else { return nil }
    return max(at, heldUntil ?? at)
  }

  /// Milliseconds within which looks are one look, whatever rests: what was planned for the same instant drifts that far
  /// apart by the time that requests take.
  private static let together: Int64 = 250

  /// Takes what is due now, and what would be due so soon that it may as well come along. A batch names an attempt once:
  /// where several of its watches are due, the one by name, whose look shows every object of the attempt. The others are
  /// settled by what it shows, `finished`.
  mutating func take(at now: Instant, most: Int) -> [Watch] {
    var taken: [Watch] = []
    var places: [ULID: Int] = [:]
    func take(_ watch: Watch, _ key: Key) {
      due[key] = nil
      guard let place = places[watch.attempt] else {
        places[watch.attempt] = taken.count
        taken.append(watch)
        return
      }
      let other = watch.object == nil ? taken[place] : watch
      if watch.object == nil { taken[place] = watch }
      beside.append(Key(attempt: other.attempt, object: other.object))
    }
    while taken.count < most, let key = queue.take(at: now) {
      if let watch = watches[key] { take(watch, key) }
    }
    guard !taken.isEmpty else { return [] }
    // What rests comes along only with what rests: a look at it is a listing, which a look at young things is spared.
    let reach = (taken.map(\.interval).max() ?? 0) * 4
    let nearly = due.filter { key, at in
      guard at - now > Self.together else { return true }
      guard let watch = watches[key] else { return false }
      return places[watch.attempt] == nil && watch.interval <= reach && at - now <= watch.interval / 4 * 3
    }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (key, at) in nearly where taken.count < most {
      guard let watch = watches[key], places[watch.attempt] == nil || at - now <= Self.together else { continue }
      queue.set(key, nil)
      take(watch, key)
    }
    return taken
  }

  /// The batch is over. What stood beside it is looked at now, where the batch did not show that very object standing.
  mutating func finished(_ observations: [Observation], hints: [ULID: Int64], begun: Instant, at now: Instant) {
    underWay = nil
    for key in beside {
      guard let watch = watches[key], due[key] == nil else { continue }
      let isShown = observations.contains { seen in
        seen.attempt == watch.attempt
          && seen.objects.contains { $0.externalID == watch.object && $0.state != .gone && $0.state != .unknown }
      }
      if isShown { looked(watch, hint: hints[watch.attempt], begun: begun, at: now) } else { set(key, now) }
    }
    beside = []
  }

  /// Plans the next look at what was just looked at: a hint counts from now, the interval from the look's beginning, or
  /// what rests would fall behind by the length of each look.
  mutating func looked(_ watch: Watch, hint: Int64?, begun: Instant, at now: Instant) {
    let key = Key(attempt: watch.attempt, object: watch.object)
    guard let current = watches[key], due[key] == nil else { return }
    set(key, max(now + clamped(hint ?? 0), begun + current.interval))
  }
}
