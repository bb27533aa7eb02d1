package import Model

/// The attempts of one resource by id: a handful at most, so an array, which wastes nothing where there is one.
package struct AttemptTable: Sendable, Hashable {
  /// In the order of their ids.
  package private(set) var values: [Attempt] = []

  /// Makes an empty table.
  package init() {}

  /// Whether there is none.
  package var isEmpty: Bool { values.isEmpty }

  /// How many there are.
  package var count: Int { values.count }

  /// The attempt of that id.
  package subscript(id: ULID) -> Attempt? {
    get { values.first { $0.id == id } }
    _modify {
      let place = values.firstIndex { $0.id >= id } ?? values.count
      // Taken out, so that a change is made in place and not in a copy.
      var attempt = place < values.count && values[place].id == id ? values.remove(at: place) : nil
      defer { if let attempt { values.insert(attempt, at: place) } }
      yield &attempt
    }
  }
}
