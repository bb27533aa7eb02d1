/// The first line of a request, taken apart (RFC 9112 section 3).
struct RequestLine: Sendable, Hashable {
  var method: String
  var path: String
  var query: String
  var minor: Int

  init(_ line: [UInt8]) throws(HTTPParseError) {
    let parts = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    guard parts.count == 3, let name = parts.first, let target = parts.dropFirst().first, let version = parts.last
    else {
      throw HTTPParseError(400, "the request line is not a method, a target and a version with one space between")
    }
    guard !name.isEmpty, name.allSatisfy({ isToken($0) && !isLower($0) }) else {
      throw HTTPParseError(400, "the method is not an upper-case token")
    }
    minor = try Self.minor(of: version)
    method = String(decoding: name, as: UTF8.self)
    (path, query) = try Self.split(target: target)
  }

  private static func minor(of version: ArraySlice<UInt8>) throws(HTTPParseError) -> Int {
    switch String(decoding: version, as: UTF8.self) {
    case "HTTP/1.1": return 1
    case "HTTP/1.0": return 0
    default: break
    }
    let shape = Array("HTTP/".utf8)
    guard version.starts(with: shape), version.count == 8, let dot = version.dropFirst(6).first,
      dot == UInt8(ascii: "."),
      let major = version.dropFirst(5).first, isDigit(major), let last = version.last, isDigit(last)
    else { throw HTTPParseError(400, "the request line does not end in an HTTP version") }
    throw HTTPParseError(505, "HTTP/1.1 and HTTP/1.0 are spoken here, no other version")
  }

  private static func split(target: ArraySlice<UInt8>) throws(HTTPParseError) -> (path: String, query: String) {
    guard target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "#") }) else {
      throw HTTPParseError(400, "the request target holds a character that must be percent-encoded")
    }
    guard percentsAreWhole(target) else {
      throw HTTPParseError(400, "the request target holds a % that is not followed by two hexadecimal digits")
    }
    var rest = target
    // The absolute form must be understood (RFC 9112 section 3.2.2); the authority is not used.
    for scheme in ["http://", "https://"] where rest.count >= scheme.utf8.count {
      guard rest.prefix(scheme.utf8.count).map(lowered) == Array(scheme.utf8) else { continue }
      rest = rest.dropFirst(scheme.utf8.count).drop { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
      if rest.first != UInt8(ascii: "/") { rest = ArraySlice("/".utf8) + rest }
      break
    }
    guard rest.first == UInt8(ascii: "/") else {
      throw HTTPParseError(400, "the request target does not begin with /")
    }
    let path = rest.prefix { $0 != UInt8(ascii: "?") }
    return (
      String(decoding: path, as: UTF8.self), String(decoding: rest.dropFirst(path.count + 1), as: UTF8.self)
    )
  }

  private static func percentsAreWhole(_ target: ArraySlice<UInt8>) -> Bool {
    var rest = target
    while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
      let digits = rest[percent...].dropFirst().prefix(2)
      guard digits.count == 2, digits.allSatisfy({ hexValue($0) != nil }) else { return false }
      rest = rest[percent...].dropFirst(3)
    }
    return true
  }
}

private func isLower(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") }
