/// Data as POSIX shell text that means exactly that data.
enum ShellText {
  /// One word in single quotes; the bytes must have no NUL.
  static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }

  /// Commands that print the bytes, whatever they are: printf, a builtin of every shell, with all but a few characters
  /// as octal numbers. Nothing in it ends a quote, a format or a here-document. `otherwise` follows each.
  static func printing(_ bytes: [UInt8], otherwise: String = "") -> String {
    var text = "printf ''\(otherwise)\n"
    var rest = bytes[...]
    while !rest.isEmpty {
      text += "printf '"
      for byte in rest.prefix(1_000) {
        if plain[Int(byte)] { text.unicodeScalars.append(Unicode.Scalar(byte)) } else { text += octal(byte) }
      }
      text += "'\(otherwise)\n"
      rest = rest.dropFirst(1_000)
    }
    return text
  }

  /// Letters, digits, the blank and a few signs that mean nothing to a format.
  private static let plain: [Bool] = {
    let others = Set(" _./:,=+@#\"$(){}[]<>;&|*?!^~`".utf8)
    return (0...255).map { byte in
      let byte = UInt8(byte)
      return (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || others.contains(byte)
    }
  }()

  private static func octal(_ byte: UInt8) -> String {
    "\\\(byte >> 6)\(byte >> 3 & 7)\(byte & 7)"
  }
}
