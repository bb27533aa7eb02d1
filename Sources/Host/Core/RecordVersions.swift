import Model

/// Versions in the ledger of a resource's few records, by the id that each is stored under; 0: not stored.
///
/// The first two, the resource's own and its only attempt's, are held in place; most resources have no more.
struct RecordVersions: Sendable {
  private typealias Stored = (id: ULID, version: UInt64)

  private var first: Stored?
  private var second: Stored?
  private var more: [Stored] = []

  subscript(id: ULID) -> UInt64 {
    get {
      if let first, first.id == id { return first.version }
      if let second, second.id == id { return second.version }
      return more.first { $0.id == id }?.version ?? 0
    }
    set {
      if first == nil || first?.id == id {
        first = (id, newValue)
      } else if second == nil || second?.id == id {
        second = (id, newValue)
      } else if let place = more.firstIndex(where: { $0.id == id }) {
        more[place].version = newValue
      } else {
        more.append((id, newValue))
      }
    }
  }
}
