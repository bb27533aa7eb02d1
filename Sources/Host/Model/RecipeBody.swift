/// The bytes of a script; in records base 64 (RFC 4648, section 4), since scripts need not be text.
package struct RecipeBody: Hashable, Sendable {
  /// The bytes as their author gave them.
  package var bytes: [UInt8]

  /// Wraps bytes.
  package init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension RecipeBody: Codable {
  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

  /// Reads base 64 with its padding.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let bytes = Self.bytes(of: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected base 64")
    }
    self.bytes = bytes
  }

  /// Writes base 64 with its padding.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(Self.text(of: bytes))
  }

  /// Reads base 64 with its padding; nil for anything else.
  package init?(base64 text: String) {
    guard let bytes = Self.bytes(of: text) else { return nil }
    self.bytes = bytes
  }

  /// Base 64 with its padding.
  package var base64: String { Self.text(of: bytes) }

  private static func text(of bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count / 3 * 4 + 4)
    var rest = bytes[...]
    while let first = rest.popFirst() {
      let second = rest.popFirst()
      let third = rest.popFirst()
      let bits = UInt32(first) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
      text.append(digits[Int(bits >> 18 & 63)])
      text.append(digits[Int(bits >> 12 & 63)])
      text.append(second == nil ? UInt8(ascii: "=") : digits[Int(bits >> 6 & 63)])
      text.append(third == nil ? UInt8(ascii: "=") : digits[Int(bits & 63)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  private static func bytes(of text: String) -> [UInt8]? {
    let padding = text.utf8.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    guard text.utf8.count % 4 == 0, padding <= 2 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    for digit in text.utf8.dropLast(padding) {
      let value: UInt8
      switch digit {
      case 65...90: value = digit - 65
      case 97...122: value = digit - 71
      case 48...57: value = digit + 4
      case 43: value = 62
      case 47: value = 63
      default: return nil
      }
      bits = (bits << 6 | UInt32(value)) & 0xff_ffff
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
