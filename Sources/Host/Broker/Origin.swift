/// Where a service answers: scheme, host and port. A credential never leaves for another one.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
  /// `https`, or `http` for loopback and Unix sockets.
  package var scheme: Scheme
  /// Lower-case host name, IPv4 address, or IPv6 address in brackets.
  package var host: String
  /// TCP port, 1 to 65535.
  package var port: UInt16

  /// Makes an origin; nothing is checked here.
  package init(scheme: Scheme, host: String, port: UInt16) {
    self.scheme = scheme
    self.host = host
    self.port = port
  }

  /// `scheme://host:port`.
  package var description: String { "\(scheme.rawValue)://\(host):\(port)" }

  /// The protocols that the broker speaks.
  package enum Scheme: String, Sendable, Hashable {
    case http, https
  }
}

/// A base address such as `https://api.example.com/v1`, taken apart.
package struct BaseAddress: Sendable, Hashable {
  /// Where the service answers.
  package var origin: Origin
  /// Path in front of every request's path: empty, or begins with `/` and does not end with one.
  package var path: String

  /// Takes an address apart. Refuses user names, queries, fragments and whatever a path may not hold.
  package init(_ text: String) throws(BrokerRefusal) {
    func refuse(_ expected: String) -> BrokerRefusal {
      BrokerRefusal(
        .endpoint, "base address \"\(shown(text))\": expected \(expected), such as https://api.example.com/v1")
    }
    let bytes = Array(text.utf8)
    let scheme: Origin.Scheme
    var rest: ArraySlice<UInt8>
    if bytes.starts(with: Array("https://".utf8)) {
      (scheme, rest) = (.https, bytes.dropFirst(8))
    } else if bytes.starts(with: Array("http://".utf8)) {
      (scheme, rest) = (.http, bytes.dropFirst(7))
    } else {
      throw refuse("http:// or https://")
    }
    let authority = rest.prefix { $0 != UInt8(ascii: "/") }
    rest = rest.dropFirst(authority.count)
    var host = authority
    var port: UInt16 = scheme == .https ? 443 : 80
    let colon = authority.lastIndex(of: UInt8(ascii: ":"))
    if let colon, !authority[colon...].contains(UInt8(ascii: "]")) {
      guard let number = UInt16(String(decoding: authority[(colon + 1)...], as: UTF8.self)), number > 0 else {
        throw refuse("a port from 1 to 65535")
      }
      host = authority[..<colon]
      port = number
    }
    guard BaseAddress.isHost(host) else { throw refuse("a host name or address and nothing else before the path") }
    while rest.last == UInt8(ascii: "/") { rest = rest.dropLast() }
    let path = String(decoding: rest, as: UTF8.self)
    if !path.isEmpty { try PathRules.check(path) }
    origin = Origin(scheme: scheme, host: String(decoding: host, as: UTF8.self).asciiLowercased, port: port)
    self.path = path
  }

  private static func isHost(_ host: ArraySlice<UInt8>) -> Bool {
    guard !host.isEmpty, host.count <= 253 else { return false }
    if host.first == UInt8(ascii: "[") {
      return host.last == UInt8(ascii: "]") && host.count > 3
        && host.dropFirst().dropLast().allSatisfy {
          $0.isHexDigit || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
    }
    return host.allSatisfy {
      $0.isASCIILetter || $0.isASCIIDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
        || $0 == UInt8(ascii: "_")
    }
  }
}

extension UInt8 {
  var isASCIILetter: Bool { (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) }
  var isASCIIDigit: Bool { (0x30...0x39).contains(self) }
  var isHexDigit: Bool { hexValue != nil }
  var hexValue: UInt8? {
    switch self {
    case 0x30...0x39: self - 0x30
    case 0x41...0x46: self - 0x41 + 10
    case 0x61...0x66: self - 0x61 + 10
    default: nil
    }
  }
}
