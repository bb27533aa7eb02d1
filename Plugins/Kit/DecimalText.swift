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
