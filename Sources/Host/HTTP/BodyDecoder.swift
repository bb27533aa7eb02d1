/// Takes the body of one message out of the buffer, whichever way its end is marked.
struct BodyDecoder: Sendable {
  enum Step: Sendable, Hashable {
    /// Some bytes of the body; never empty.
    case bytes(ArraySlice<UInt8>)
    /// The body is complete.
    case end
    /// More input is needed.
    case starved
  }

  private enum Stage: Sendable {
    /// Exits: `ended` when nothing is left.
    case plain(left: Int)
    /// Exits: by `close()` only.
    case open
    /// Exits: `chunk`, or `trailers` at the chunk of size zero.
    case chunkSize
    /// Exits: `chunkEnd` when nothing is left.
    case chunk(left: Int)
    /// Exits: `chunkSize`.
    case chunkEnd
    /// Exits: `ended` at the empty line.
    case trailers
    case ended
  }

  private var stage: Stage
  private var overhead: FieldLines
  private var room: Int
  private let limits: HTTPLimits

  init(_ framing: BodyFraming, limits: HTTPLimits) {
    self.limits = limits
    overhead = FieldLines(limits: limits)
    room = limits.body
    stage =
      switch framing {
      case .none, .length(0): .ended
      case .length(let length): .plain(left: length)
      case .chunked: .chunkSize
      case .untilClose: .open
      }
  }

  mutating func next(from buffer: inout ReceiveBuffer) throws(HTTPParseError) -> Step {
    while true {
      switch stage {
      case .ended: return .end
      case .plain(let left):
        let part = buffer.take(left)
        stage = part.count == left ? .ended : .plain(left: left - part.count)
        if left > 0 { return part.isEmpty ? .starved : .bytes(part) }
      case .open:
        let part = buffer.take(buffer.count)
        if part.isEmpty { return .starved }
        try grow(part.count)
        return .bytes(part)
      case .chunkSize:
        guard let line = try buffer.line(limit: limits.line, tooLong: overhead.lineTooLong) else { return .starved }
        let size = try Self.chunkSize(line)
        // Extensions cost; the size itself does not, so that long bodies in small chunks pass.
        try overhead.spend(line.count > 16 ? line.count : 0)
        try grow(size)
        stage = size == 0 ? .trailers : .chunk(left: size)
      case .chunk(let left):
        let part = buffer.take(left)
        if part.isEmpty { return .starved }
        stage = part.count == left ? .chunkEnd : .chunk(left: left - part.count)
        return .bytes(part)
      case .chunkEnd:
        guard let line = try buffer.line(limit: 0, tooLong: Self.noChunkEnd) else { return .starved }
        guard line.isEmpty else { throw Self.noChunkEnd }
        stage = .chunkSize
      case .trailers:
        guard let line = try buffer.line(limit: limits.line, tooLong: overhead.lineTooLong) else { return .starved }
        if line.isEmpty { stage = .ended } else { try overhead.add(line) }
      }
    }
  }

  /// The peer closed its side. Returns whether that ends the body.
  mutating func close() -> Bool {
    switch stage {
    case .open, .ended:
      stage = .ended
      return true
    default: return false
    }
  }

  private mutating func grow(_ count: Int) throws(HTTPParseError) {
    guard count <= room else { throw HTTPParseError(413, "the body is longer than \(limits.body) bytes") }
    room -= count
  }

  private static let noChunkEnd = HTTPParseError(400, "a chunk is longer than its size said")

  /// Size of the chunk that the line announces; extensions after `;` are ignored.
  private static func chunkSize(_ line: [UInt8]) throws(HTTPParseError) -> Int {
    var digits = line.prefix { $0 != UInt8(ascii: ";") }
    while let byte = digits.last, isBlank(byte) { digits.removeLast() }
    guard !digits.isEmpty, digits.count <= 15 else {
      throw HTTPParseError(400, "a chunk size is not a hexadecimal number of at most 15 digits")
    }
    guard line.allSatisfy({ ($0 >= 0x20 && $0 != 0x7F) || $0 == 0x09 }) else {
      throw HTTPParseError(400, "a chunk size line holds a control character")
    }
    var size = 0
    for byte in digits {
      guard let value = hexValue(byte) else {
        throw HTTPParseError(400, "a chunk size is not a hexadecimal number of at most 15 digits")
      }
      size = size << 4 | Int(value)
    }
    return size
  }
}
