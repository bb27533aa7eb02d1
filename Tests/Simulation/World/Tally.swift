import Model

/// What one run went through.
package struct Tally: Sendable {
  package var steps = 0
  package var deaths = 0
  package var creates = 0
  package var handedOver = 0
  package var faults: [Fault: Int] = [:]
  package var states: [String: Int] = [:]
  /// What happened in which state.
  package var cells: [Cell: Int] = [:]
  /// Which effect was how far when the host died.
  package var deathsAt: [String: Int] = [:]
  /// Milliseconds for which late and second objects, of which nobody could have known, existed.
  package var lateMs: Int64 = 0
  /// What sweeps found, by kind.
  package var findings: [String: Int] = [:]

  /// An empty tally.
  package init() {}

  /// Adds another run's.
  package mutating func add(_ other: Tally) {
    steps += other.steps
    deaths += other.deaths
    creates += other.creates
    handedOver += other.handedOver
    lateMs += other.lateMs
    findings.merge(other.findings, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    states.merge(other.states, uniquingKeysWith: +)
    cells.merge(other.cells, uniquingKeysWith: +)
    deathsAt.merge(other.deathsAt, uniquingKeysWith: +)
  }
}

/// An event in a state.
package struct Cell: Sendable, Hashable, Comparable {
  /// Name of the state.
  package var state: String
  /// What happened.
  package var event: String

  /// Makes a cell.
  package init(_ state: String, _ event: String) {
    self.state = state
    self.event = event
  }

  /// By event, then by state.
  package static func < (a: Cell, b: Cell) -> Bool { (a.event, a.state) < (b.event, b.state) }
}
