import Model

/// Versions in the ledger of a resource's few records, by the id that each is stored under; 0: not stored.
struct RecordVersions: Sendable {
  private var stored: [(id: ULID, version: UInt64)] = []

  subscript(id: ULID) -> UInt64 {
    get { stored.first { $0.id == id }?.version ?? 0 }
    set {
      guard let place = stored.firstIndex(where: { $0.id == id }) else { return stored.append((id, newValue)) }
      stored[place].version = newValue
    }
  }
}
