/// Finds what somebody who mistyped a name may have meant; pure.
package enum Nearest {
  /// The candidate that is fewest edits away, when those are at most a third of the name's length, or 2.
  ///
  /// A swap of neighbours counts as one edit. Names beyond 64 characters get no suggestion.
  package static func candidate(to name: String, among candidates: [String]) -> String? {
    let name = Array(name.lowercased())
    guard !name.isEmpty, name.count <= 64 else { return nil }
    let ranked = candidates.map { (text: $0, edits: edits(name, Array($0.lowercased().prefix(64)))) }
    guard let best = ranked.min(by: { $0.edits < $1.edits }), best.edits <= max(2, name.count / 3),
      best.edits < name.count
    else { return nil }
    return best.text
  }

  /// Optimal string alignment distance.
  private static func edits(_ a: [Character], _ b: [Character]) -> Int {
    var before = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
        row.append(cost)
      }
      before = last
      last = row
    }
    return last[b.count]
  }
}
