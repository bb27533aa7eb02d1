/// Quantiles of measured numbers.
enum Quantile {
  /// The smallest value that at least `part` (0 to 1) of the values do not exceed; nil of none.
  static func of(_ values: [Double], _ part: Double) -> Double? {
    let sorted = values.sorted()
    guard let last = sorted.last else { return nil }
    let rank = Int((part * Double(sorted.count)).rounded(.up))
    return sorted.indices.contains(rank - 1) ? sorted[rank - 1] : (rank < 1 ? sorted.first : last)
  }
}
