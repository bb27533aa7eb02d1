import Crypto

/// One mail of plain text, as RFC 5322 and MIME want it.
package struct MailMessage: Sendable {
  let from: String
  let to: String
  /// Lines that end with CR LF, ASCII, none longer than 78 bytes but those with an address.
  package let bytes: [UInt8]

  /// Makes a mail. Subject and text may hold anything: the subject's control characters become spaces, the text travels
  /// in base64. The Message-ID is the id at the sender's domain, so a mail that is sent twice can be told.
  /// - Throws: `BrokerRefusal` where an address is not a plain one, or the id not letters and digits.
  package init(
    from: String, to: String, subject: String, text: String, id: String, unixSeconds: Int64
  ) throws(BrokerRefusal) {
    for address in [from, to] where !CourierRules.isMailAddress(address) {
      throw BrokerRefusal(.header, "mail address \"\(shown(address))\": expected one such as owner@example.com")
    }
    guard !id.isEmpty, id.utf8.count <= 64, id.utf8.allSatisfy({ $0.isASCIILetter || $0.isASCIIDigit }) else {
      throw BrokerRefusal(.header, "notice id \"\(shown(id))\": expected letters and digits")
    }
    self.from = from
    self.to = to
    let domain = from.split(separator: "@").last ?? ""
    var lines = [
      "Date: \(MailMessage.date(unixSeconds))", "From: <\(from)>", "To: <\(to)>", "Message-ID: <\(id)@\(domain)>",
      "Subject: \(MailMessage.encoded(subject))", "Auto-Submitted: auto-generated", "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64", "",
    ]
    var body = Array(Base64.encode(Array(text.utf8)).utf8)[...]
    while !body.isEmpty {
      lines.append(String(decoding: body.prefix(76), as: UTF8.self))
      body = body.dropFirst(76)
    }
    bytes = Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
  }

  /// A header's text as encoded words of at most 75 bytes, folded (RFC 2047 section 2); at most 200 characters of it.
  static func encoded(_ text: String) -> String {
    var words: [String] = []
    var piece: [UInt8] = []
    for scalar in text.unicodeScalars.prefix(200) {
      let isControl = scalar.properties.generalCategory == .control
      let next = Array(String(Character(isControl ? " " : scalar)).utf8)
      if piece.count + next.count > 45 {
        words.append("=?utf-8?B?\(Base64.encode(piece))?=")
        piece = []
      }
      piece += next
    }
    words.append("=?utf-8?B?\(Base64.encode(piece))?=")
    return words.joined(separator: "\r\n ")
  }

  /// A date and time of RFC 5322 in UTC; clamped to the years 1970 to 9999.
  static func date(_ unixSeconds: Int64) -> String {
    let seconds = min(max(unixSeconds, 0), 253_402_300_799)
    let days = seconds / 86_400
    let rest = seconds % 86_400
    // Days to a date of the Gregorian calendar, counted in years that begin in March.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let year = yearOfEra + era * 400 + (monthFromMarch >= 10 ? 1 : 0)
    let months = ["Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb"]
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekdays[Int(days % 7)]), \(two(day)) \(months[Int(monthFromMarch)]) \(year) "
      + "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60)) +0000"
  }
}
