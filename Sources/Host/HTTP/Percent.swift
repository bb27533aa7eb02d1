/// Percent-coding of URLs (RFC 3986 section 2.1) and of queries.
package enum Percent {
  /// The text behind percent-encoding, or nil where a `%` lacks its two digits or the bytes are not UTF-8.
  ///
  /// `plusIsSpace` is for queries, as HTML forms write them.
  package static func decoded(_ text: Substring, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(hexValue), let low = rest.popFirst().flatMap(hexValue) else {
          return nil
        }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte == UInt8(ascii: "+") && plusIsSpace ? 0x20 : byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  /// The text with everything but unreserved characters (letters, digits, `-._~`) encoded; fits a path segment and
  /// a query value.
  package static func encoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if isUnreserved(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func isUnreserved(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "-._~".utf8.contains(byte)
    }
  }
}

/// One `name=value` of a query, decoded.
package struct HTTPQueryItem: Sendable, Hashable {
  /// Name.
  package var name: String
  /// Value; empty where there was no `=`.
  package var value: String

  /// Makes an item.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

extension HTTPRequest {
  /// The query taken apart, in order, or nil where it is not valid percent-encoded UTF-8; empty pieces are skipped.
  package var queryItems: [HTTPQueryItem]? {
    var items: [HTTPQueryItem] = []
    for piece in query.split(separator: "&") {
      let name = piece.prefix { $0 != "=" }
      let value = piece.dropFirst(name.count + 1)
      guard let name = Percent.decoded(name, plusIsSpace: true), let value = Percent.decoded(value, plusIsSpace: true)
      else { return nil }
      items.append(HTTPQueryItem(name, value))
    }
    return items
  }

  /// First value of that name in the query, decoded; nil where it is absent or the query is not valid.
  package func query(_ name: String) -> String? { queryItems?.first { $0.name == name }?.value }
}
