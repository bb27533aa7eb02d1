import CCrypto

/// Lower-case hexadecimal.
package enum Hex {
  /// Two lower-case digits for each byte.
  package static func encode(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// The value of one digit, in either case; nil for any other character.
  static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Base64 with the standard alphabet and padding (RFC 4648 section 4).
package enum Base64 {
  /// The text for `bytes`, on one line.
  package static func encode(_ bytes: [UInt8]) -> String {
    var text = encode(bytes: bytes)
    defer { text.wipe() }
    return String(decoding: text, as: UTF8.self)
  }

  /// The bytes for `text`; nil unless it is canonical: no space, right padding, no stray bits.
  package static func decode(_ text: some StringProtocol) -> [UInt8]? {
    let input = Array(text.utf8)
    guard input.count % 4 == 0, let length = Int32(exactly: input.count) else { return nil }
    guard !input.isEmpty else { return [] }
    var output = [UInt8](repeating: 0, count: input.count / 4 * 3)
    guard EVP_DecodeBlock(&output, input, length) == output.count else { return nil }
    let padding = input.suffix(2).count { $0 == UInt8(ascii: "=") }
    output.removeLast(padding)
    return encode(bytes: output) == input ? output : nil
  }

  static func encode(bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty, let length = Int32(exactly: bytes.count) else { return [] }
    var output = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
    _ = EVP_EncodeBlock(&output, bytes, length)
    output.removeLast()
    return output
  }
}
