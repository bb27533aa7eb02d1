package import Model

/// Objects of one account of which looks said that they are gone, while more of them vanished at once than is believed.
///
/// A cloud in trouble, or another one behind the same address, answers like one where somebody deleted everything. Waiting
/// tells them apart: what every look has said for long is so. It is kept in memory alone, so a restart begins to wait anew.
package struct VanishDoubt: Sendable, Hashable {
  private struct Entry: Sendable, Hashable {
    var resource: ULID
    var since: Instant
  }

  private var entries: [ULID: Entry] = [:]

  /// Takes in one look; returns the attempts whose absence is not believed yet.
  mutating func take(
    _ gone: [ULID: ULID], standing: [ULID], limit: Int, patience: Int64, at now: Instant
  ) -> Set<ULID> {
    if !entries.isEmpty {
      for attempt in standing { entries[attempt] = nil }
      // What was believed is not looked at any more, and nobody tells that here.
      entries = entries.filter { now - $0.value.since < 2 * patience }
    }
    let recent = gone.filter { now - (entries[$0.key]?.since ?? now) < patience }
    let doubted = entries.filter { now - $0.value.since < patience }.keys
    guard Set(doubted).union(recent.keys).count > limit else {
      for attempt in recent.keys { entries[attempt] = nil }
      return []
    }
    for (attempt, resource) in recent where entries[attempt] == nil {
      entries[attempt] = Entry(resource: resource, since: now)
    }
    return Set(recent.keys)
  }

  /// The resources in doubt, and since when the first of them is.
  package var resources: (ids: Set<ULID>, since: Instant?) {
    (Set(entries.values.map(\.resource)), entries.values.map(\.since).min())
  }
}
