/// Cuts a stream of bytes into frames; pure, and safe for any bytes.
package struct FrameDecoder: Sendable {
  private var buffer: [UInt8] = []
  private var start = 0

  /// Makes a decoder at a frame's beginning.
  package init() {}

  /// Bytes that wait for the rest of their frame.
  package var pending: Int { buffer.count - start }

  /// Adds bytes as they came.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0, start >= buffer.count / 2 {
      buffer.removeFirst(start)
      start = 0
    }
    buffer.append(contentsOf: bytes)
  }

  /// The next whole frame, or nil until more bytes come.
  /// - Throws: `WireFault` where the header can begin no frame; the decoder is of no use after that.
  package mutating func next() throws(WireFault) -> Frame? {
    guard pending >= WireLimits.header else { return nil }
    var reader = ByteReader(buffer[start...])
    guard let length = reader.uint32(), let code = reader.uint8(), let flags = reader.uint8(),
      let call = reader.uint64()
    else { return nil }
    guard length <= UInt32(WireLimits.frame) else {
      throw WireFault("a frame of \(length) bytes; at most \(WireLimits.frame) are allowed")
    }
    guard let kind = FrameKind(rawValue: code) else { throw WireFault("a frame of unknown kind \(code)") }
    guard flags & ~1 == 0 else { throw WireFault("a \(kind) frame with unknown flags \(flags)") }
    let more = flags & 1 != 0
    if more, length == 0 { throw WireFault("an empty \(kind) frame that is not the last of its message") }
    if more, !kind.mayChain { throw WireFault("a \(kind) frame in pieces") }
    let end = start + WireLimits.header + Int(length)
    guard end <= buffer.count else { return nil }
    let payload = Array(buffer[(start + WireLimits.header)..<end])
    start = end
    if start == buffer.count {
      buffer.removeAll(keepingCapacity: buffer.capacity <= 256 << 10)
      start = 0
    }
    return Frame(kind, call: call, more: more, payload)
  }
}

/// Writes frames; pure.
package enum FrameEncoder {
  /// Appends one frame; a payload beyond `WireLimits.frame` is the caller's defect and is cut.
  package static func append(
    _ kind: FrameKind, call: UInt64, more: Bool = false, _ payload: some Collection<UInt8>, to bytes: inout [UInt8]
  ) {
    let payload = payload.prefix(WireLimits.frame)
    bytes.append(uint32: UInt32(payload.count))
    bytes.append(kind.rawValue)
    bytes.append(more ? 1 : 0)
    bytes.append(uint64: call)
    bytes.append(contentsOf: payload)
  }

  /// A whole message as a chain of frames.
  package static func message(_ kind: FrameKind, call: UInt64, _ payload: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = payload[...]
    repeat {
      let piece = rest.prefix(WireLimits.frame)
      rest = rest.dropFirst(piece.count)
      append(kind, call: call, more: !rest.isEmpty, piece, to: &bytes)
    } while !rest.isEmpty
    return bytes
  }
}

/// Reads little-endian numbers and runs of bytes; nil where too few are left.
package struct ByteReader: Sendable {
  private var rest: ArraySlice<UInt8>

  /// Reads from the first of the bytes.
  package init(_ bytes: some Sequence<UInt8>) { rest = ArraySlice(Array(bytes)) }

  /// Reads from the first of the bytes without copying.
  package init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// Bytes not read yet.
  package var remaining: Int { rest.count }

  /// The next byte.
  package mutating func uint8() -> UInt8? { rest.popFirst() }

  /// The next four bytes as a number.
  package mutating func uint32() -> UInt32? { number(4).map { UInt32(truncatingIfNeeded: $0) } }

  /// The next four bytes as a signed number.
  package mutating func int32() -> Int32? { uint32().map(Int32.init(bitPattern:)) }

  /// The next eight bytes as a number.
  package mutating func uint64() -> UInt64? { number(8) }

  /// The next bytes, at most eight, the first one lowest.
  private mutating func number(_ count: Int) -> UInt64? {
    guard rest.count >= count else { return nil }
    var (value, shift): (UInt64, UInt64) = (0, 0)
    for index in rest.startIndex..<(rest.startIndex + count) {
      value |= UInt64(rest[index]) << shift
      shift += 8
    }
    rest = rest[(rest.startIndex + count)...]
    return value
  }

  /// The next `count` bytes.
  package mutating func bytes(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= rest.count else { return nil }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  /// As many bytes as the 32-bit count says.
  package mutating func bytes(_ count: UInt32) -> ArraySlice<UInt8>? { bytes(Int(count)) }

  /// Everything that is left.
  package mutating func all() -> ArraySlice<UInt8> {
    defer { rest = [] }
    return rest
  }
}

extension [UInt8] {
  /// Appends a number, little endian.
  package mutating func append(uint32 value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  /// Appends a number, little endian.
  package mutating func append(uint64 value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) { append(UInt8(truncatingIfNeeded: value >> UInt64(shift))) }
  }
}
