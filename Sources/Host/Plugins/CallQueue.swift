/// How soon a call that waits for a slot has its turn.
package enum Urgency: Sendable, Hashable {
  /// The end of something that is billed.
  case end
  /// A look at what stands. An account has one at a time, so that looks never crowd others out; behind all the creates of
  /// a busy account they would come too late for any of them.
  case look
  /// Everything else.
  case rest
}

/// Calls that wait for a free slot: ends and looks in turn, then the rest, and among them one account after the other; pure.
package struct CallQueue<Item: Sendable>: Sendable {
  private struct Waiting: Sendable {
    let id: UInt64
    let item: Item
  }

  private struct Lane: Sendable {
    var accounts: [String] = []
    // Slices: taking the first one moves nothing.
    var waiting: [String: ArraySlice<Waiting>] = [:]

    mutating func add(_ account: String, _ entry: Waiting) {
      if waiting[account] == nil { accounts.append(account) }
      waiting[account, default: []].append(entry)
    }

    mutating func next(where isAllowed: (String) -> Bool) -> Item? {
      guard let place = accounts.firstIndex(where: isAllowed) else { return nil }
      let account = accounts.remove(at: place)
      guard var line = waiting.removeValue(forKey: account), let entry = line.popFirst() else { return nil }
      if !line.isEmpty {
        waiting[account] = line
        accounts.append(account)
      }
      return entry.item
    }

    mutating func remove(_ id: UInt64) -> Item? {
      for account in accounts {
        guard let index = waiting[account]?.firstIndex(where: { $0.id == id }) else { continue }
        let entry = waiting[account]?.remove(at: index)
        if waiting[account]?.isEmpty == true {
          waiting[account] = nil
          accounts.removeAll { $0 == account }
        }
        return entry?.item
      }
      return nil
    }
  }

  private var ends = Lane()
  private var looks = Lane()
  private var rest = Lane()
  private var isLooksTurn = false
  /// How many wait.
  package private(set) var count = 0

  /// Makes an empty queue.
  package init() {}

  /// Adds a call at its account's end; `id` removes it.
  package mutating func add(_ item: Item, id: UInt64, account: String, _ urgency: Urgency) {
    count += 1
    let entry = Waiting(id: id, item: item)
    switch urgency {
    case .end: ends.add(account, entry)
    case .look: looks.add(account, entry)
    case .rest: rest.add(account, entry)
    }
  }

  /// Accounts with a call that waits.
  package var accounts: [String] { ends.accounts + looks.accounts + rest.accounts }

  /// Takes the call whose turn it is, of those accounts that may have one.
  package mutating func next(where isAllowed: (String) -> Bool = { _ in true }) -> Item? {
    let wasLooksTurn = isLooksTurn
    let first = wasLooksTurn ? looks.next(where: isAllowed) : ends.next(where: isAllowed)
    if first != nil { isLooksTurn = !wasLooksTurn }
    let item =
      first ?? (wasLooksTurn ? ends.next(where: isAllowed) : looks.next(where: isAllowed))
      ?? rest.next(where: isAllowed)
    if item != nil { count -= 1 }
    return item
  }

  /// Takes a call out of turn; nil where it does not wait here.
  package mutating func remove(_ id: UInt64) -> Item? {
    let item = ends.remove(id) ?? looks.remove(id) ?? rest.remove(id)
    if item != nil { count -= 1 }
    return item
  }
}
