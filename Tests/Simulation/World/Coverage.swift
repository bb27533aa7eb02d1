/// What has to happen in many worlds, held against what did.
package enum Coverage {
  /// Seeds from which on all of it has to have happened.
  package static let enough: UInt64 = 10_000

  /// One event, and the states in which it has to happen.
  struct Row {
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
  package static func missed(_ tally: Tally) -> [String] {
    var missed = Fault.allCases.filter { tally.faults[$0] == nil }.map { "fault, \($0.rawValue)" }
    for row in rows {
      for state in row.states where tally.cells[Cell(state, row.event)] == nil {
        missed.append("\(row.event), \(state)")
      }
    }
    let events = Set(rows.map(\.event))
    for cell in tally.cells.keys.sorted() where !events.contains(cell.event) && !optional.contains(cell.event) {
      missed.append("a row of the table for: \(cell.event)")
    }
    for place in deaths where tally.deathsAt[place] == nil { missed.append("host dies, \(place)") }
    return missed
  }

  /// Events that a run may go without.
  private static let optional: Set<String> = ["deadline of configure", "recipe not sent"]

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
    for (place, count) in tally.deathsAt.sorted(by: { $0.key < $1.key }) {
      lines.append("host dies, \(place): \(count)")
    }
    return lines
  }
}
