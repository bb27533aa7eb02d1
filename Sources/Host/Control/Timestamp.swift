/// A point in time as the API writes it: RFC 3339 in UTC with milliseconds, such as `2026-01-31T09:30:00.250Z`.
package struct Timestamp: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Milliseconds since 1970-01-01 UTC, clamped to the years 0000 to 9999.
  package let ms: Int64

  /// Makes a timestamp from milliseconds since 1970.
  package init(ms: Int64) { self.ms = min(max(ms, -62_167_219_200_000), 253_402_300_799_999) }

  /// Reads the form that `description` writes; the fraction may have 0 to 9 digits, further than milliseconds are
  /// cut. Nil for anything else, other offsets among it.
  package init?(_ text: String) {
    var bytes = Array(text.utf8)
    guard bytes.popLast() == UInt8(ascii: "Z"), bytes.count >= 19, bytes.count <= 29 else { return nil }
    var millis: Int64 = 0
    if bytes.count > 19 {
      guard bytes[19] == UInt8(ascii: "."), bytes.count > 20 else { return nil }
      var scale: Int64 = 100
      for byte in bytes[20...] {
        guard byte >= 48, byte <= 57 else { return nil }
        millis += Int64(byte - 48) * scale
        scale /= 10
      }
    }
    func number(_ range: Range<Int>) -> Int64? {
      bytes[range].reduce(0 as Int64?) { sum, byte in
        guard let sum, byte >= 48, byte <= 57 else { return nil }
        return sum * 10 + Int64(byte - 48)
      }
    }
    guard bytes[4] == 45, bytes[7] == 45, bytes[10] == 84, bytes[13] == 58, bytes[16] == 58,
      let year = number(0..<4), let month = number(5..<7), let day = number(8..<10), let hour = number(11..<13),
      let minute = number(14..<16), let second = number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60
    else { return nil }
    let days = Self.days(year: year, month: month, day: day)
    self.init(ms: ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + millis)
  }

  /// The RFC 3339 form.
  package var description: String {
    let (days, time) = Self.floor(ms, 86_400_000)
    let (year, month, day) = Self.date(days: days)
    let seconds = time / 1000
    return
      "\(Self.pad(year, 4))-\(Self.pad(month, 2))-\(Self.pad(day, 2))T\(clock(seconds)).\(Self.pad(time % 1000, 3))Z"
  }

  /// The time of the day in UTC to the millisecond, such as `09:30:00.250`.
  package var timeOfDay: String {
    let time = Self.floor(ms, 86_400_000).rest
    return "\(clock(time / 1000)).\(Self.pad(time % 1000, 3))"
  }

  /// Order in time.
  package static func < (a: Timestamp, b: Timestamp) -> Bool { a.ms < b.ms }

  private func clock(_ seconds: Int64) -> String {
    "\(Self.pad(seconds / 3600, 2)):\(Self.pad(seconds / 60 % 60, 2)):\(Self.pad(seconds % 60, 2))"
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  private static func floor(_ value: Int64, _ unit: Int64) -> (whole: Int64, rest: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: unit)
    return remainder < 0 ? (quotient - 1, remainder + unit) : (quotient, remainder)
  }

  /// Days since 1970 of a date in the Gregorian calendar, counted in eras of 400 years that begin in March.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let (era, yearOfEra) = floor(shifted, 400)
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = floor(days + 719_468, 146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}

extension Timestamp: Codable {
  /// Reads the RFC 3339 form.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let stamp = Timestamp(text) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "expected a time such as 2026-01-31T09:30:00.250Z")
    }
    self = stamp
  }

  /// Writes the RFC 3339 form.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
