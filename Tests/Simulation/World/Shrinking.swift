/// Makes the story of a broken rule short: its seed again, with one fault after another switched off for as long as a rule
/// still breaks.
package enum Shrinking {
  /// The same seed with the fewest faults that were found to break a rule, whichever.
  /// `again` runs a seed without those faults, and says what broke.
  package static func shortest(
    _ violation: Violation, again: (UInt64, Set<Fault>) async -> Violation?
  ) async -> Violation {
    var best = violation
    var without: Set<Fault> = []
    var isShorter = true
    while isShorter {
      isShorter = false
      for fault in Fault.allCases where !without.contains(fault) && best.faults.contains(fault) {
        guard let next = await again(violation.seed, without.union([fault])) else { continue }
        best = next
        without.insert(fault)
        isShorter = true
      }
    }
    return best
  }
}
