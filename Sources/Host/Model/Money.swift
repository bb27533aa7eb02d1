/// An amount of money in millionths of a currency unit.
package struct Money: Codable, Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Millionths of the unit.
  package let micros: Int64

  /// Makes an amount from millionths.
  package init(micros: Int64) { self.micros = micros }

  /// Reads a plain decimal such as `0.0060000000`; digits beyond the sixth are rounded up, so that a price
  /// is never understated. Nil for signs, exponents, blanks and amounts above 9 × 10¹¹.
  package init?(decimal: String) {
    let parts = decimal.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, !whole.isEmpty, whole.count <= 12, whole.utf8.allSatisfy(Self.isDigit),
      let units = Int64(whole), units < 900_000_000_000
    else { return nil }
    var micros = units * 1_000_000
    if parts.count == 2 {
      let fraction = Array(parts[1].utf8)
      guard !fraction.isEmpty, fraction.count <= 32, fraction.allSatisfy(Self.isDigit) else { return nil }
      var scale: Int64 = 100_000
      for digit in fraction.prefix(6) {
        micros += Int64(digit - 48) * scale
        scale /= 10
      }
      if fraction.dropFirst(6).contains(where: { $0 != 48 }) { micros += 1 }
    }
    self.init(micros: micros)
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte >= 48 && byte <= 57 }

  /// The amount with as many decimals as it needs, at least two, such as `4.99`.
  package var description: String {
    let sign = micros < 0 ? "-" : ""
    let magnitude = micros.magnitude
    var fraction = String(magnitude % 1_000_000)
    fraction = String(repeating: "0", count: 6 - fraction.count) + fraction
    while fraction.count > 2 && fraction.hasSuffix("0") { fraction.removeLast() }
    return "\(sign)\(magnitude / 1_000_000).\(fraction)"
  }

  /// Order of the amounts.
  package static func < (a: Money, b: Money) -> Bool { a.micros < b.micros }
}

/// What something costs, as it was when it was promised.
package struct Price: Codable, Hashable, Sendable {
  /// Whether an hour costs nothing.
  package var isFree: Bool { hourly.micros == 0 }
  /// For one hour.
  package var hourly: Money
  /// For one month, where the cloud says.
  package var monthly: Money?
  /// ISO 4217 code.
  package var currency: String
  /// Whether tax is still to be added.
  package var net: Bool
  /// Seconds in one billed unit.
  package var granularitySeconds: Int
  /// Seconds billed at least.
  package var minimumSeconds: Int
  /// The most that one month costs, where there is a cap.
  package var monthlyCap: Money?

  /// Makes a price.
  package init(
    hourly: Money, monthly: Money? = nil, currency: String, net: Bool = true, granularitySeconds: Int = 3600,
    minimumSeconds: Int = 0, monthlyCap: Money? = nil
  ) {
    self.hourly = hourly
    self.monthly = monthly
    self.currency = currency
    self.net = net
    self.granularitySeconds = granularitySeconds
    self.minimumSeconds = minimumSeconds
    self.monthlyCap = monthlyCap
  }
}
