import FoundationEssentials

/// A price as a cloud states it, kept as decimal text: a JSON number, or a number as text.
///
/// 0 to 1,000,000,000 with at most 12 digits after the point; reading anything else fails.
public struct DecimalText: Decodable, Sendable, Hashable, CustomStringConvertible {
  /// Digits with at most one point, such as `0.007`.
  public let description: String

  /// Reads decimal text; nil when it is none or out of range.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isDigit) }),
      parts[0].utf8.count <= 10, parts.count == 1 || parts[1].utf8.count <= 12,
      (Int64(parts[0]) ?? .max) <= 1_000_000_000
    else { return nil }
    description = text
  }

  /// Reads decimal text with at most 60 digits after the point, such as binary floating point leaves behind
  /// (`0.00743999984115362`), and rounds it half up to `places` digits, 0 to 12; nil when it is none.
  public init?(rounding text: String, to places: Int) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), (0...12).contains(places), parts[0].utf8.count <= 10,
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(Self.isDigit) }),
      parts.dropFirst().allSatisfy({ $0.utf8.count <= 60 })
    else { return nil }
    let fraction = parts.count > 1 ? Array(parts[1].utf8) : []
    let kept = fraction.prefix(places) + [UInt8](repeating: UInt8(ascii: "0"), count: max(0, places - fraction.count))
    let roundsUp = fraction.count > places && fraction[places] >= UInt8(ascii: "5")
    // At most 10 + 12 digits: more than Int64 holds, so the whole and the fraction are counted apart.
    var scale: Int64 = 1
    for _ in 0..<places { scale *= 10 }
    guard var whole = Int64(parts[0]) else { return nil }
    var rest = kept.reduce(0 as Int64) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) } + (roundsUp ? 1 : 0)
    if rest >= scale { (whole, rest) = (whole + 1, rest - scale) }
    var digits = String(rest)
    digits = String(repeating: "0", count: max(0, places - digits.utf8.count)) + digits
    while digits.last == "0" { digits.removeLast() }
    self.init(places == 0 || digits.isEmpty ? String(whole) : "\(whole).\(digits)")
  }

  /// Reads a JSON number without going through binary floating point, or text.
  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    let text =
      if let number = try? value.decode(Decimal.self) { number.description } else {
        try value.decode(String.self)
      }
    guard let read = DecimalText(text) else {
      throw DecodingError.dataCorruptedError(in: value, debugDescription: "no price")
    }
    self = read
  }

  /// This divided by a whole number above 0, in millionths, rounded up.
  public func divided(by divisor: Int64) -> DecimalText? {
    guard divisor > 0 else { return nil }
    let parts = description.split(separator: ".")
    let fraction = parts.count > 1 ? String(parts[1]) : ""
    let digits = fraction.prefix(6) + String(repeating: "0", count: max(0, 6 - fraction.utf8.count))
    guard let whole = parts.first.flatMap({ Int64($0) }), let millionths = Int64(digits) else { return nil }
    let lost: Int64 = fraction.dropFirst(6).contains { $0 != "0" } ? 1 : 0
    let all = whole * 1_000_000 + millionths + lost
    let quotient = all / divisor + (all % divisor == 0 ? 0 : 1)
    let rest = String(quotient % 1_000_000)
    return DecimalText("\(quotient / 1_000_000).\(String(repeating: "0", count: 6 - rest.utf8.count))\(rest)")
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
