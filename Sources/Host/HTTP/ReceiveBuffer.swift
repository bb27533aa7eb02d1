/// Bytes that arrived and were not consumed yet; finds lines without looking at a byte twice.
struct ReceiveBuffer: Sendable {
  private var bytes: [UInt8] = []
  /// First byte that is not consumed; never above `scanned`.
  private var start = 0
  /// No line feed lies between `start` and here; never above `bytes.count`.
  private var scanned = 0

  /// Number of bytes that wait.
  var count: Int { bytes.count - start }

  mutating func append(_ more: some Collection<UInt8>) {
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 16)
      start = 0
      scanned = 0
    } else if start > 1 << 16 {
      bytes.removeSubrange(..<start)
      scanned -= start
      start = 0
    }
    bytes.append(contentsOf: more)
  }

  /// The next line without its CRLF, or nil while it is incomplete.
  ///
  /// Throws `tooLong` as soon as more than `limit` bytes came without a line feed, and 400 where the
  /// line does not end in CRLF or has a bare CR inside.
  mutating func line(limit: Int, tooLong: HTTPParseError) throws(HTTPParseError) -> [UInt8]? {
    // limit + CRLF: the last index at which the line feed may stand is start + limit + 1.
    let end = min(bytes.count, start + limit + 2)
    while scanned < end, bytes[scanned] != UInt8(ascii: "\n") { scanned += 1 }
    guard scanned < end else {
      if count >= limit + 2 { throw tooLong }
      return nil
    }
    var line = Array(bytes[start..<scanned])
    start = scanned + 1
    scanned = start
    guard line.popLast() == UInt8(ascii: "\r") else {
      throw HTTPParseError(400, "a line ends in LF; expected CRLF")
    }
    guard !line.contains(UInt8(ascii: "\r")) else {
      throw HTTPParseError(400, "a line holds a CR that is not followed by LF")
    }
    return line
  }

  /// Removes and returns up to `limit` bytes from the front.
  mutating func take(_ limit: Int) -> ArraySlice<UInt8> {
    let end = start + min(max(0, limit), count)
    defer {
      start = end
      scanned = end
    }
    return bytes[start..<end]
  }
}
