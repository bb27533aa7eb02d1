/// What a person who mistyped a name probably meant.
public enum Nearest {
  /// The candidates, the likeliest first: by edit distance, then by alphabet; at most `limit`, by default
  /// as many as a host passes on.
  public static func to(_ name: String, among candidates: some Sequence<String>, limit: Int = 200) -> [String] {
    let wanted = Array(name.lowercased().utf8.prefix(64))
    return Set(candidates)
      .map { (distance(wanted, Array($0.lowercased().utf8.prefix(64))), $0) }
      .sorted { $0 < $1 }
      .prefix(limit).map(\.1)
  }

  /// Insertions, deletions and substitutions between two texts (Levenshtein).
  private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var row = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for (j, y) in b.enumerated() {
        let substituted = diagonal + (x == y ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, diagonal + 1, row[j] + 1)
      }
    }
    return row[b.count]
  }
}
