/// What has to happen in many worlds, held against what did.
package enum Coverage {
  /// What has to happen in one kind of world.
  package struct Table: Sendable {
    /// Seeds from which on all of it has to have happened.
    package var enough: UInt64
    var faults: [Fault]
    var rows: [Row]
    var deaths: [String]
    /// Whether more may happen than the table knows.
    var isOpen = false

    /// Worlds with clouds of their own.
    package static let abstract = Table(
      enough: 10_000, faults: Fault.allCases, rows: Coverage.rows, deaths: Coverage.deaths)
    /// Worlds with real plugins: every fault that these can meet.
    package static let plugins = Table(
      enough: 1_000, faults: Fault.allCases.filter { !World.onlyAbstract.contains($0) }, rows: Coverage.pluginRows,
      deaths: Coverage.pluginDeaths, isOpen: true)
  }

  /// One event, and the states in which it has to happen.
  struct Row: Sendable {
    var event: String
    var states: [String]
    /// Why it does not happen in the others, or hardly ever.
    var elsewhere: String

    init(_ event: String, _ states: String, elsewhere: String) {
      self.event = event
      self.states = states.split(separator: " ").map(String.init)
      self.elsewhere = elsewhere
    }
  }

  /// What should have happened and never did.
  package static func missed(_ tally: Tally, _ table: Table) -> [String] {
    var missed = table.faults.filter { tally.faults[$0] == nil }.map { "fault, \($0.rawValue)" }
    for row in table.rows {
      for state in row.states where tally.cells[Cell(state, row.event)] == nil {
        missed.append("\(row.event), \(state)")
      }
    }
    let events = Set(rows.map(\.event))
    for cell in tally.cells.keys.sorted()
    where !table.isOpen && !events.contains(cell.event) && !optional.contains(cell.event) {
      missed.append("a row of the table for: \(cell.event)")
    }
    for place in table.deaths where tally.deathsAt[place] == nil { missed.append("host dies, \(place)") }
    return missed
  }

  /// Events that a run may go without.
  private static let optional: Set<String> = ["asked end of a stray", "deadline of configure", "recipe not sent"]

  /// Tables for people.
  package static func report(_ tally: Tally) -> [String] {
    var lines = Fault.allCases.sorted().map { "fault, \($0.rawValue): \(tally.faults[$0] ?? 0)" }
    var byEvent: [String: [String]] = [:]
    for (cell, count) in tally.cells.sorted(by: { $0.key < $1.key }) {
      byEvent[cell.event, default: []].append("\(cell.state) \(count)")
    }
    for (event, states) in byEvent.sorted(by: { $0.key < $1.key }) {
      let why = rows.first { $0.event == event }.map { $0.elsewhere.isEmpty ? "" : " (\($0.elsewhere))" } ?? ""
      lines.append("\(event): \(states.joined(separator: ", "))\(why)")
    }
    for (kind, count) in tally.findings.sorted(by: { $0.key < $1.key }) { lines.append("finding, \(kind): \(count)") }
    for (place, count) in tally.deathsAt.sorted(by: { $0.key < $1.key }) {
      lines.append("host dies, \(place): \(count)")
    }
    return lines
  }
}
