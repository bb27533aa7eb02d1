/// Calls that wait for a free slot: terminate before all others, then one account after the other; pure.
package struct CallQueue<Item: Sendable>: Sendable {
  private struct Waiting: Sendable {
    let id: UInt64
    let item: Item
  }

  private struct Lane: Sendable {
    var accounts: [String] = []
    var waiting: [String: [Waiting]] = [:]

    mutating func add(_ account: String, _ entry: Waiting) {
      if waiting[account] == nil { accounts.append(account) }
      waiting[account, default: []].append(entry)
    }

    mutating func next(where isAllowed: (String) -> Bool) -> Item? {
      guard let place = accounts.firstIndex(where: isAllowed) else { return nil }
      let account = accounts.remove(at: place)
      guard var line = waiting.removeValue(forKey: account), !line.isEmpty else { return nil }
      let entry = line.removeFirst()
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

  private var urgent = Lane()
  private var normal = Lane()
  /// How many wait.
  package private(set) var count = 0

  /// Makes an empty queue.
  package init() {}

  /// Adds a call at its account's end; `id` removes it.
  package mutating func add(_ item: Item, id: UInt64, account: String, urgent isUrgent: Bool) {
    count += 1
    if isUrgent {
      urgent.add(account, Waiting(id: id, item: item))
    } else {
      normal.add(account, Waiting(id: id, item: item))
    }
  }

  /// Accounts with a call that waits.
  package var accounts: [String] { urgent.accounts + normal.accounts }

  /// Takes the call whose turn it is, of those accounts that may have one.
  package mutating func next(where isAllowed: (String) -> Bool = { _ in true }) -> Item? {
    let item = urgent.next(where: isAllowed) ?? normal.next(where: isAllowed)
    if item != nil { count -= 1 }
    return item
  }

  /// Takes a call out of turn; nil where it does not wait here.
  package mutating func remove(_ id: UInt64) -> Item? {
    let item = urgent.remove(id) ?? normal.remove(id)
    if item != nil { count -= 1 }
    return item
  }
}
