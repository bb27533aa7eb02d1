/// Gathers one answer from the lines and pieces that libcurl hands over; pure.
struct ResponseCollector {
  /// Status of the last head; 1xx heads are forgotten when the next begins.
  private(set) var status: Int?
  /// Its header fields, names in lower case, without cookies.
  private(set) var headers: [BrokerHeader] = []
  /// Decoded body as far as it is kept here.
  private(set) var body: [UInt8] = []
  /// Decoded bytes that arrived.
  private(set) var decodedBytes = 0

  private var headBytes = 0
  private var isHeadComplete = false

  /// Longest head with all its 1xx heads, in bytes.
  static let mostHeadBytes = 128 << 10

  /// What a header line was.
  enum Line {
    /// Part of a head.
    case more
    /// The end of the final head.
    case headComplete
    /// Beyond what is accepted.
    case tooBig
  }

  /// Takes one line, with its line end.
  mutating func take(line: some BidirectionalCollection<UInt8>) -> Line {
    headBytes += line.count
    guard headBytes <= ResponseCollector.mostHeadBytes else { return .tooBig }
    guard !isHeadComplete else { return .more }  // trailers
    var text = line[...]
    while let last = text.last, last == 0x0a || last == 0x0d { text.removeLast() }
    if text.isEmpty {
      guard let status, status >= 200 else { return .more }
      isHeadComplete = true
      return .headComplete
    }
    if text.starts(with: "HTTP/".utf8) {
      headers = []
      let parts = text.split(separator: 0x20, maxSplits: 2)
      status = parts.count > 1 ? Int(String(decoding: parts[1], as: UTF8.self)) : nil
    } else if let first = text.first, first == 0x20 || first == 0x09 {
      if var last = headers.popLast() {
        last.value += " " + ResponseCollector.trimmed(text)
        headers.append(last)
      }
    } else if let colon = text.firstIndex(of: UInt8(ascii: ":")) {
      let name = ResponseCollector.trimmed(text[..<colon]).asciiLowercased
      guard name != "set-cookie", name != "set-cookie2" else { return .more }
      headers.append(BrokerHeader(name, ResponseCollector.trimmed(text[text.index(after: colon)...])))
    }
    return .more
  }

  /// Takes one piece of the decoded body; false where it goes beyond `limit`, which is then not kept.
  mutating func take(piece: UnsafeRawBufferPointer, limit: Int, keep: Bool) -> Bool {
    guard piece.count <= limit, decodedBytes <= limit - piece.count else { return false }
    decodedBytes += piece.count
    if keep { body.append(contentsOf: piece) }
    return true
  }

  /// Takes a credential out that the cloud sent back.
  mutating func scrub(_ secret: UnsafeRawBufferPointer) {
    Redaction.scrub(secret, from: &body)
    for index in headers.indices {
      var value = Array(headers[index].value.utf8)
      Redaction.scrub(secret, from: &value)
      headers[index].value = String(decoding: value, as: UTF8.self)
    }
  }

  private static func trimmed(_ bytes: some BidirectionalCollection<UInt8>) -> String {
    var rest = bytes[...]
    while let first = rest.first, first == 0x20 || first == 0x09 { rest.removeFirst() }
    while let last = rest.last, last == 0x20 || last == 0x09 { rest.removeLast() }
    let clean = rest.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: "?") : $0 }
    return String(decoding: clean, as: UTF8.self)
  }
}
