/// Makes the story of a broken rule short: its seed again, with one fault after another switched off for as long as a rule
/// still breaks.
package enum Shrinking {
  /// The same seed with the fewest faults that were found to break a rule, whichever.
  package static func shortest(_ violation: Violation) -> Violation {
    var best = violation
    var without: Set<Fault> = []
    var isShorter = true
    while isShorter {
      isShorter = false
      for fault in Fault.allCases where !without.contains(fault) && best.faults.contains(fault) {
        guard let next = run(violation.seed, without.union([fault])) else { continue }
        best = next
        without.insert(fault)
        isShorter = true
      }
    }
    return best
  }

  private static func run(_ seed: UInt64, _ without: Set<Fault>) -> Violation? {
    var world = World(seed: seed, without: without)
    do {
      _ = try world.run()
      return nil
    } catch { return error }
  }
}
