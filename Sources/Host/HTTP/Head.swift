/// Header fields as they arrive, line by line, held to the limits and to RFC 9110 section 5.
struct FieldLines: Sendable {
  private(set) var fields: [HTTPField] = []
  private var bytes = 0
  private let limits: HTTPLimits

  init(limits: HTTPLimits) { self.limits = limits }

  /// Refusal of a header line that is too long.
  var lineTooLong: HTTPParseError { HTTPParseError(431, "a header line is longer than \(limits.line) bytes") }

  /// Counts bytes that are not a field but take room in the head, such as chunk extensions.
  mutating func spend(_ count: Int) throws(HTTPParseError) {
    bytes += count
    guard bytes <= limits.headerBytes else {
      throw HTTPParseError(431, "the header fields take more than \(limits.headerBytes) bytes")
    }
  }

  /// Takes one line that is not empty.
  mutating func add(_ line: [UInt8]) throws(HTTPParseError) {
    try spend(line.count + 2)
    guard fields.count < limits.headerCount else {
      throw HTTPParseError(431, "the message has more than \(limits.headerCount) header fields")
    }
    fields.append(try Self.field(line))
  }

  private static func field(_ line: [UInt8]) throws(HTTPParseError) -> HTTPField {
    guard let first = line.first, !isBlank(first) else {
      throw HTTPParseError(400, "a header line begins with white space (folded headers are obsolete)")
    }
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else {
      throw HTTPParseError(400, "a header line has no colon")
    }
    let name = line[..<colon]
    guard !name.isEmpty, name.allSatisfy(isToken) else {
      throw HTTPParseError(400, "a header name is not a token")
    }
    var value = line[(colon + 1)...]
    while let byte = value.first, isBlank(byte) { value.removeFirst() }
    while let byte = value.last, isBlank(byte) { value.removeLast() }
    guard value.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
      throw HTTPParseError(400, "a header value holds a control character")
    }
    return HTTPField(String(decoding: name.map(lowered), as: UTF8.self), String(decoding: value, as: UTF8.self))
  }
}

/// How the end of a body is found.
enum BodyFraming: Sendable, Hashable {
  case none
  case length(Int)
  case chunked
  case untilClose

  /// What Content-Length and Transfer-Encoding say (RFC 9112 section 6), stricter than the RFC: both together, or
  /// two lengths that differ, are refused. Nil where neither is there.
  static func declared(in fields: [HTTPField], minor: Int, limit: Int) throws(HTTPParseError) -> BodyFraming? {
    let codings = fields.filter { $0.name == "transfer-encoding" }
    let lengths = Set(fields.filter { $0.name == "content-length" }.map(\.value))
    if let coding = codings.first {
      guard lengths.isEmpty else {
        throw HTTPParseError(400, "the message has both Transfer-Encoding and Content-Length")
      }
      guard minor >= 1 else { throw HTTPParseError(400, "HTTP/1.0 has no Transfer-Encoding") }
      guard codings.count == 1, coding.value.lowercased() == "chunked" else {
        throw HTTPParseError(501, "the only transfer coding that is understood is chunked")
      }
      return .chunked
    }
    guard let text = lengths.first else { return nil }
    guard lengths.count == 1 else { throw HTTPParseError(400, "two Content-Length headers differ") }
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else {
      throw HTTPParseError(400, "Content-Length is not a decimal number")
    }
    guard let length = Int(text), length <= limit else {
      throw HTTPParseError(413, "the body is longer than \(limit) bytes")
    }
    return .length(length)
  }
}

/// Whether the connection stays open after this message (RFC 9112 section 9.3).
func keepsAlive(_ fields: [HTTPField], minor: Int) -> Bool {
  let options = fields.filter { $0.name == "connection" }
    .flatMap { $0.value.split(separator: ",") }
    .map { $0.trimmedBlanks.lowercased() }
  if options.contains("close") { return false }
  return minor >= 1 || options.contains("keep-alive")
}

extension Substring {
  /// Without spaces and tabs at either end.
  var trimmedBlanks: Substring {
    var text = self
    while let c = text.utf8.first, isBlank(c) { text = text.dropFirst() }
    while let c = text.utf8.last, isBlank(c) { text = text.dropLast() }
    return text
  }
}

func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

func isToken(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
  case UInt8(ascii: "0")...UInt8(ascii: "9"): true
  default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }
}

func lowered(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte + 32 : byte
}

func hexValue(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}
