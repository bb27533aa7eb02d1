/// One header field, of a request or an answer.
package struct BrokerHeader: Sendable, Hashable {
  /// Name; in lower case in an answer.
  package var name: String
  /// Value without surrounding white space.
  package var value: String

  /// Makes a field.
  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// Which headers a plugin may send.
package enum HeaderRules {
  /// Lower-case names that only the broker may set, because they steer the connection, the framing, the credential,
  /// or the method itself. Names that begin with `proxy-` are refused as well.
  package static let reserved: Set<String> = [
    "host", "authorization", "cookie", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade",
    "expect", "keep-alive", "http2-settings", "x-http-method", "x-http-method-override", "x-method-override",
  ]

  /// Reads lines `Name: value\n`. Refuses a name that is no token or is reserved, a value with a control byte other than
  /// tab, more than 64 lines or 32 KiB.
  package static func parse(_ text: String, scheme: CredentialScheme) throws(BrokerRefusal) -> [BrokerHeader] {
    guard text.utf8.count <= 32768 else { throw BrokerRefusal(.header, "headers: at most 32768 bytes") }
    var lines = Array(text.utf8).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    guard lines.count <= 64 else { throw BrokerRefusal(.header, "headers: at most 64 lines") }
    var fields: [BrokerHeader] = []
    for line in lines { fields.append(try parseLine(line, scheme: scheme)) }
    return fields
  }

  private static func parseLine(
    _ line: ArraySlice<UInt8>, scheme: CredentialScheme
  ) throws(BrokerRefusal) -> BrokerHeader {
    let rawName = line.prefix { $0 != UInt8(ascii: ":") }
    let name = String(decoding: rawName, as: UTF8.self)
    guard rawName.count < line.count, !rawName.isEmpty, rawName.allSatisfy(isTokenByte) else {
      throw BrokerRefusal(
        .header, "header line \"\(shown(String(decoding: line, as: UTF8.self)))\": expected \"Name: value\"")
    }
    let lower = name.asciiLowercased
    guard !reserved.contains(lower), !lower.hasPrefix("proxy-"), !scheme.reservedHeaders.contains(lower) else {
      throw BrokerRefusal(.header, "header \(shown(name)): only the host may set it; leave it out")
    }
    var value = line[(line.startIndex + rawName.count + 1)...]
    guard value.allSatisfy({ $0 == 0x09 || ($0 >= 0x20 && $0 != 0x7f) }) else {
      throw BrokerRefusal(.header, "header \(shown(name)): its value holds a control byte")
    }
    while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
    while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
    return BrokerHeader(name, String(decoding: value, as: UTF8.self))
  }

  /// Whether a byte may be in a token (RFC 9110, section 5.6.2).
  static func isTokenByte(_ byte: UInt8) -> Bool {
    byte.isASCIILetter || byte.isASCIIDigit || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}
