/// How a piece of text is shown where colours are.
package enum Style: Sendable, Hashable {
  case plain, good, busy, bad, faint, strong

  /// The text with the style's colour, or as it is.
  package func applied(to text: String, colours: Bool) -> String {
    guard colours, !text.isEmpty else { return text }
    let code =
      switch self {
      case .plain: ""
      case .good: "32"
      case .busy: "33"
      case .bad: "31"
      case .faint: "2"
      case .strong: "1"
      }
    return code.isEmpty ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// The style of a state's name.
  package static func state(_ name: String) -> Style {
    switch name {
    case "active", "serving", "healthy", "ok", "succeeded", "yes": .good
    case "failed", "lost", "failing", "refused", "quarantined", "degraded", "no": .bad
    case "terminated", "stopped", "cancelled", "released", "dismissed", "resolved": .faint
    default: .busy
    }
  }
}

/// One field of a table.
package struct Cell: Sendable, Hashable, ExpressibleByStringLiteral {
  /// Its text, safe to show.
  package var text: String
  /// Its style.
  package var style: Style

  /// Makes a cell from text that may be foreign.
  package init(_ text: String, _ style: Style = .plain) {
    self.text = Plain.text(text)
    self.style = style
  }

  /// Makes a plain cell.
  package init(stringLiteral text: String) { self.init(text) }

  /// A cell with the name of a state.
  package static func state(_ name: String) -> Cell { Cell(name, .state(name)) }
}

/// Aligned columns for people: two blanks between, none at the end of a line.
package struct Table: Sendable {
  private var rows: [[Cell]]

  /// Makes a table; without headings where `headings` is empty.
  package init(_ headings: [String] = []) { rows = headings.isEmpty ? [] : [headings.map { Cell($0, .faint) }] }

  /// Adds a row.
  package mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// Adds a row of a name and what it is, unless that is nil or empty.
  package mutating func add(_ name: String, _ value: String?, _ style: Style = .plain) {
    guard let value, !value.isEmpty else { return }
    rows.append([Cell(name, .faint), Cell(value, style)])
  }

  /// The lines, each ended.
  package func text(indent: Int = 0, colours: Bool = false) -> String {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let used = row.lastIndex { !$0.text.isEmpty }.map { $0 + 1 } ?? 0
      var line = used == 0 ? "" : String(repeating: " ", count: indent)
      for (column, cell) in row.prefix(used).enumerated() {
        line += cell.style.applied(to: cell.text, colours: colours)
        if column + 1 < used { line += String(repeating: " ", count: widths[column] - cell.text.count + 2) }
      }
      return line + "\n"
    }.joined()
  }
}
