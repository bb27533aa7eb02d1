import Model

/// When each watched thing of one account is looked at next. One batch is under way at a time.
struct LookPlan: Sendable {
  /// What a watch is known by.
  struct Key: Hashable, Comparable, Sendable {
    var attempt: ULID
    var object: String?

    init(attempt: ULID, object: String?) {
      self.attempt = attempt
      self.object = object
    }

    init(_ watch: Watch) { self.init(attempt: watch.attempt, object: watch.object) }

    func isOf(_ watch: Watch) -> Bool { attempt == watch.attempt && object == watch.object }

    static func < (a: Key, b: Key) -> Bool {
      a.attempt == b.attempt ? (a.object ?? "") < (b.object ?? "") : a.attempt < b.attempt
    }
  }

  /// A watch without what its key says, and when its next look is due; nil: while one is under way.
  private struct Entry: Sendable {
    var resource: ULID
    var interval: Int64
    var expectAbsent: Bool
    var due: Instant?
  }

  /// The account.
  let account: String
  private var entries: [Key: Entry] = [:]
  /// Each entry's due time, and times that are none any more.
  private var queue = TimerHeap<Key>()
  /// Due with the batch under way, which looks at another watch of the same attempt.
  private var beside: [Key] = []
  /// The batch under way; nil: none.
  var underWay: UInt64?
  /// Looks are held back until, after one failed as a whole.
  var heldUntil: Instant?
  /// Looks in a row that failed as a whole.
  var failures = 0

  init(account: String) { self.account = account }

  private func watch(_ key: Key, _ entry: Entry) -> Watch {
    Watch(
      resource: entry.resource, attempt: key.attempt, account: account, expectAbsent: entry.expectAbsent,
      object: key.object, interval: entry.interval)
  }

  var isEmpty: Bool { entries.isEmpty }

  /// How many things are watched.
  var count: Int { entries.count }

  /// Replaces the watches of one resource: of `known`, all that it may have had, those that are not in `new` end. A new one
  /// is due after its hint, else after its interval; a shorter interval brings an old one forward.
  mutating func replace(_ known: [Key], with new: [Watch], hints: [ULID: Int64], at now: Instant) {
    for key in known where !new.contains(where: { key.isOf($0) }) { entries[key] = nil }
    for watch in new {
      let key = Key(watch)
      let hint = hints[watch.attempt]
      let known = entries[key]
      entries[key] = Entry(
        resource: watch.resource, interval: watch.interval, expectAbsent: watch.expectAbsent, due: known?.due)
      let planned = now + clamped(hint ?? watch.interval)
      if hint != nil || known?.expectAbsent != watch.expectAbsent {
        set(key, planned)
      } else if let known, let at = known.due, watch.interval < known.interval, planned < at {
        set(key, planned)
      }
    }
  }

  /// Brings what rests forward, to a share of its interval, thousandths: what a start plans would otherwise be due on every
  /// account at the same moment, and then again and again.
  mutating func stagger(_ share: Int64, at now: Instant) {
    for (key, entry) in entries where entry.interval >= Self.resting && entry.due == now + entry.interval {
      set(key, now + entry.interval / 1_000 * share)
    }
  }

  /// Interval from which on something rests, milliseconds.
  private static let resting: Int64 = 30_000

  private func clamped(_ span: Int64) -> Int64 { min(max(span, 0), 600_000) }

  private mutating func set(_ key: Key, _ at: Instant) {
    guard entries[key] != nil, entries[key]?.due != at else { return }
    entries[key]?.due = at
    queue.push(key, at)
  }

  private mutating func dropStale() {
    while let first = queue.first, entries[first.key]?.due != first.at { queue.pop() }
  }

  /// When the next look is due.
  mutating func next() -> Instant? {
    guard underWay == nil else { return nil }
    dropStale()
    return queue.first.map { max($0.at, heldUntil ?? $0.at) }
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
      entries[key]?.due = nil
      guard let place = places[watch.attempt] else {
        places[watch.attempt] = taken.count
        taken.append(watch)
        return
      }
      let other = watch.object == nil ? taken[place] : watch
      if watch.object == nil { taken[place] = watch }
      beside.append(Key(other))
    }
    while taken.count < most {
      dropStale()
      guard let first = queue.first, first.at <= now, let entry = entries[first.key] else { break }
      queue.pop()
      take(watch(first.key, entry), first.key)
    }
    guard !taken.isEmpty else { return [] }
    // What rests comes along only with what rests: a look at it is a listing, which a look at young things is spared.
    let reach = (taken.map(\.interval).max() ?? 0) * 4
    let nearly = entries.compactMap { key, entry -> (key: Key, at: Instant)? in
      guard let at = entry.due else { return nil }
      if at - now <= Self.together { return (key, at) }
      let isTaken = places[key.attempt] != nil
      return !isTaken && entry.interval <= reach && at - now <= entry.interval / 4 * 3 ? (key, at) : nil
    }.sorted { ($0.at, $0.key) < ($1.at, $1.key) }
    for (key, at) in nearly where taken.count < most {
      guard let entry = entries[key], places[key.attempt] == nil || at - now <= Self.together else { continue }
      take(watch(key, entry), key)
    }
    return taken
  }

  /// The batch is over. What stood beside it is looked at now, where the batch did not show that very object standing.
  mutating func finished(_ observations: [Observation], hints: [ULID: Int64], begun: Instant, at now: Instant) {
    underWay = nil
    for key in beside {
      guard let entry = entries[key], entry.due == nil else { continue }
      let watch = watch(key, entry)
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
    let key = Key(watch)
    guard let entry = entries[key], entry.due == nil else { return }
    set(key, max(now + clamped(hint ?? 0), begun + entry.interval))
  }
}
