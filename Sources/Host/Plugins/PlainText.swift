/// Text from outside, made fit for a person's terminal and for one line of a log.
package enum PlainText {
  /// The text without control and direction characters, at most `limit` characters; line ends and tabs become spaces.
  package static func line(_ text: some StringProtocol, limit: Int = 1024) -> String {
    var scalars = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(max(0, limit)) {
      switch scalar.value {
      case 0x09, 0x0A, 0x0D, 0x2028, 0x2029: scalars.append(" ")
      // C0 and DEL, C1 (which holds the one-byte escape sequences), marks that reorder what follows.
      case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x202A...0x202E, 0x2066...0x2069, 0xFEFF: continue
      default: scalars.append(scalar)
      }
    }
    return String(scalars)
  }

  /// As `line`, from bytes; what is not UTF-8 becomes U+FFFD.
  package static func line(bytes: some Collection<UInt8>, limit: Int = 1024) -> String {
    // One scalar has at most four bytes, so nothing that could be shown is cut here.
    line(String(decoding: bytes.prefix(4 * max(0, limit)), as: UTF8.self), limit: limit)
  }
}
