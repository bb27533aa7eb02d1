/// Rows in the order of their ids: integers or text.
package struct Table<Row: Identifiable & Sendable>: Sendable where Row.ID: Comparable & Sendable {
  /// All rows, ascending by id.
  package private(set) var rows: [Row] = []

  /// Makes an empty table.
  package init() {}

  /// Makes a table of rows in any order; of rows with one id the last stays.
  package init(_ rows: [Row]) {
    for row in rows { self[row.id] = row }
  }

  /// The row of an id; setting nil removes it.
  package subscript(id: Row.ID) -> Row? {
    get {
      let at = place(of: id)
      return at < rows.count && rows[at].id == id ? rows[at] : nil
    }
    set {
      let at = place(of: id)
      let found = at < rows.count && rows[at].id == id
      switch (found, newValue) {
      case (true, .some(let row)): rows[at] = row
      case (true, .none): rows.remove(at: at)
      case (false, .some(let row)): rows.insert(row, at: at)
      case (false, .none): break
      }
    }
  }

  /// Changes a row where it exists.
  package mutating func change(_ id: Row.ID, _ body: (inout Row) -> Void) {
    let at = place(of: id)
    guard at < rows.count, rows[at].id == id else { return }
    body(&rows[at])
  }

  private func place(of id: Row.ID) -> Int {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].id < id { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
