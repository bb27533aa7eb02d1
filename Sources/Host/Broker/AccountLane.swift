/// The requests of one account that share places on the wire: its reads, or the others; pure.
///
/// Every account has lanes of its own, so an account whose cloud hangs fills only them.
struct AccountLane<Item> {
  /// Whose lane it is.
  struct Key: Hashable {
    let account: String
    let isRead: Bool
  }

  private(set) var running = 0
  private(set) var waiting: [Item] = []

  /// Whether nothing runs or waits.
  var isIdle: Bool { running == 0 && waiting.isEmpty }

  /// Adds a request at the end; false where too many wait.
  mutating func enter(_ item: Item, most: Int, places: Int) -> Bool {
    guard running < places || waiting.count < most else { return false }
    waiting.append(item)
    return true
  }

  /// The request that `start` would give.
  func next(places: Int) -> Item? { running < places ? waiting.first : nil }

  /// The next request to start, if there is a place; it is then running.
  mutating func start(places: Int) -> Item? {
    guard running < places, !waiting.isEmpty else { return nil }
    running += 1
    return waiting.removeFirst()
  }

  /// A running request has ended.
  mutating func leave() { running = max(running - 1, 0) }

  /// Takes waiting requests out.
  mutating func removeWaiting(where isGone: (Item) -> Bool) { waiting.removeAll(where: isGone) }
}
