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

  /// Takes what is due now, and what would be due so soon that it may as well come along. A batch names an attempt once:
  /// a second object of the same attempt waits for the next batch.
  mutating func take(at now: Instant, most: Int) -> [Watch] {
    var taken: [Watch] = []
    var attempts: Set<ULID> = []
    var later: [Key] = []
    while taken.count < most, let key = queue.take(at: now) {
      guard let watch = watches[key] else { continue }
      if attempts.insert(watch.attempt).inserted {
        taken.append(watch)
        due[key] = nil
      } else {
        later.append(key)
      }
    }
    for key in later { queue.set(key, now) }
    guard !taken.isEmpty else { return [] }
    // What rests comes along only with what rests: a look at it is a listing, which a look at young things is spared.
    let reach = (taken.map(\.interval).max() ?? 0) * 4
    let nearly = due.filter { key, at in
      watches[key].map { $0.interval <= reach && at - now <= $0.interval / 4 * 3 } ?? false
    }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for (key, _) in nearly where taken.count < most {
      guard let watch = watches[key], attempts.insert(watch.attempt).inserted else { continue }
      taken.append(watch)
      queue.set(key, nil)
      due[key] = nil
    }
    return taken
  }

  /// Plans the next look at what was just looked at.
  mutating func looked(_ watch: Watch, hint: Int64?, at now: Instant) {
    let key = Key(attempt: watch.attempt, object: watch.object)
    guard let current = watches[key], due[key] == nil else { return }
    set(key, now + max(clamped(hint ?? 0), current.interval))
  }
}
