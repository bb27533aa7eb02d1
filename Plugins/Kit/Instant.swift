/// A point in time as clouds write it: RFC 3339, without trapping on what they send.
public enum Instant {
  /// Seconds since 1970 of an RFC 3339 text of the years 1 to 9999, or nil. Fractions are dropped.
  public static func seconds(_ text: String) -> Int64? {
    var rest = text.utf8[...]
    guard let year = number(&rest, 4), skip(&rest, "-"), let month = number(&rest, 2), skip(&rest, "-"),
      let day = number(&rest, 2), skip(&rest, "Tt "), let hour = number(&rest, 2), skip(&rest, ":"),
      let minute = number(&rest, 2), skip(&rest, ":"), let second = number(&rest, 2), year > 0,
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
    else { return nil }
    if skip(&rest, ".") {
      rest = rest.drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    guard let offset = zone(rest) else { return nil }
    return days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
  }

  /// The same point in time in UTC with `Z`, or nil where the text is no RFC 3339.
  public static func normalized(_ text: String) -> String? { seconds(text).map(rfc3339) }

  /// RFC 3339 in UTC of seconds since 1970, clamped to the years 1 to 9999.
  public static func rfc3339(_ seconds: Int64) -> String {
    let clamped = min(253_402_300_799, max(-62_135_596_800, seconds))
    let day = clamped >= 0 ? clamped / 86_400 : (clamped - 86_399) / 86_400
    let second = clamped - day * 86_400
    let (year, month, date) = civil(day)
    return "\(padded(year, 4))-\(padded(month))-\(padded(date))T"
      + "\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60))Z"
  }

  private static func zone(_ text: Substring.UTF8View) -> Int64? {
    if text.elementsEqual("Z".utf8) || text.elementsEqual("z".utf8) { return 0 }
    var rest = text
    let sign: Int64 = skip(&rest, "-") ? -1 : skip(&rest, "+") ? 1 : 0
    guard sign != 0, let hour = number(&rest, 2) else { return nil }
    _ = skip(&rest, ":")
    guard let minute = number(&rest, 2), rest.isEmpty, hour < 24, minute < 60 else { return nil }
    return sign * (hour * 3_600 + minute * 60)
  }

  private static func number(_ text: inout Substring.UTF8View, _ width: Int) -> Int64? {
    let digits = text.prefix(width)
    guard digits.count == width, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    text = text.dropFirst(width)
    return digits.reduce(0) { $0 * 10 + Int64($1 - UInt8(ascii: "0")) }
  }

  private static func skip(_ text: inout Substring.UTF8View, _ any: String) -> Bool {
    guard let first = text.first, any.utf8.contains(first) else { return false }
    text = text.dropFirst()
    return true
  }

  private static func padded(_ value: Int64, _ width: Int = 2) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Days since 1970 of a civil date (Hinnant, chrono-Compatible Low-Level Date Algorithms).
  private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = (y >= 0 ? y : y - 399) / 400
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private static func civil(_ days: Int64) -> (Int64, Int64, Int64) {
    let z = days + 719_468
    let era = (z >= 0 ? z : z - 146_096) / 146_097
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
  }
}
