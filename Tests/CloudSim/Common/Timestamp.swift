/// RFC 3339 text of instants in milliseconds since 1970, in UTC and whole seconds.
package enum Timestamp {
  /// `2026-01-30T23:55:00Z`; instants outside the years 1970 to 9999 are clamped.
  package static func text(_ ms: Int64) -> String {
    let seconds = min(max(0, ms / 1000), 253_402_300_799)
    let (year, month, day) = civil(days: seconds / 86400)
    let rest = seconds % 86400
    return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))"
      + "T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2))Z"
  }

  /// Milliseconds of `YYYY-MM-DDThh:mm:ssZ`; nil for any other form.
  package static func parse(_ text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count == 20, bytes[10] == UInt8(ascii: "T"), bytes[19] == UInt8(ascii: "Z") else { return nil }
    func field(_ range: Range<Int>) -> Int64? { Int64(String(decoding: bytes[range], as: UTF8.self)) }
    guard let year = field(0..<4), let month = field(5..<7), let day = field(8..<10), let hour = field(11..<13),
      let minute = field(14..<16), let second = field(17..<19), (1...12).contains(month), (1...31).contains(day),
      (1970...9999).contains(year), hour < 24, minute < 60, second < 61
    else { return nil }
    return (days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) * 1000
  }

  private static func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  // Both follow Howard Hinnant's "chrono-compatible low-level date algorithms", for days since 1970.
  private static func civil(days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = z / 146_097
    let doe = z - era * 146_097
    let yoe = (doe - doe / 1460 + doe / 36524 - doe / 146_096) / 365
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
    let mp = (5 * doy + 2) / 153
    let month = mp < 10 ? mp + 3 : mp - 9
    return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1)
  }

  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = y / 400
    let yoe = y - era * 400
    let doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
  }
}
