/// Frames as bytes. Pure; a frame that is not one is refused, never trusted.
package enum RemoteCodec {
  /// Bytes in one frame, at most.
  package static let limit = 4 << 20

  /// Bytes of an ending's text that are kept when it is read.
  package static let textLimit = 400

  /// Bytes of a frame, its length in front.
  package static func encode(_ frame: RemoteFrame) -> [UInt8] {
    var body: [UInt8] = []
    switch frame {
    case .start(let task):
      body.append(1)
      put(Array(task.user.utf8), &body)
      put(task.clientKey, &body)
      put(task.acceptedHostKeys.count, &body)
      for key in task.acceptedHostKeys { put(key, &body) }
      put(Array(task.command.utf8), &body)
      put(task.input, &body)
      put(Int(task.timeoutMs), &body)
      for number in [task.loginMs, task.silenceMs, task.credit, task.outputLimit] { put(Int(number), &body) }
    case .sign(let data):
      body.append(2)
      put(data, &body)
    case .signature(let data):
      body.append(3)
      put(data, &body)
    case .result(let result):
      body.append(4)
      let (kind, text) = parts(result.ending)
      put(kind, &body)
      put(text, &body)
      put(result.output, &body)
      put(result.error, &body)
      put(result.isCut ? 1 : 0, &body)
    case .output(let stream, let output):
      body.reserveCapacity(output.count + 6)
      body += [5, stream.rawValue]
      put(output, &body)
    case .credit(let count):
      body.append(6)
      put(Int(count), &body)
    case .input(let data):
      body.append(7)
      put(data, &body)
    }
    var bytes: [UInt8] = []
    put(body.count, &bytes)
    return bytes + body
  }

  /// Takes the first whole frame off a buffer. Nil: more bytes are needed. Throws where it is none.
  package static func take(_ buffer: inout [UInt8]) throws(MalformedFrame) -> RemoteFrame? {
    guard buffer.count >= 4 else { return nil }
    var reader = FieldReader(bytes: buffer[...])
    let length = try reader.number()
    guard length >= 1, length <= limit else { throw MalformedFrame(reason: "a frame of \(length) bytes") }
    guard buffer.count >= 4 + length else { return nil }
    var fields = FieldReader(bytes: buffer[4..<(4 + length)])
    let frame = try decode(&fields)
    guard fields.isAtEnd else { throw MalformedFrame(reason: "bytes after the last field") }
    buffer.removeFirst(4 + length)
    return frame
  }

  private static func decode(_ fields: inout FieldReader) throws(MalformedFrame) -> RemoteFrame {
    switch try fields.byte() {
    case 1:
      let user = try fields.text()
      let client = try fields.field()
      let count = try fields.number()
      guard count <= 16 else { throw MalformedFrame(reason: "\(count) host keys") }
      var keys: [[UInt8]] = []
      for _ in 0..<count { keys.append(try fields.field()) }
      return .start(
        RemoteTask(
          user: user, clientKey: client, acceptedHostKeys: keys, command: try fields.text(),
          input: try fields.field(), timeoutMs: UInt32(truncatingIfNeeded: try fields.number()),
          loginMs: UInt32(truncatingIfNeeded: try fields.number()),
          silenceMs: UInt32(truncatingIfNeeded: try fields.number()),
          credit: UInt32(truncatingIfNeeded: try fields.number()),
          outputLimit: UInt32(truncatingIfNeeded: try fields.number())))
    case 2: return .sign(try fields.field())
    case 3: return .signature(try fields.field())
    case 4:
      let kind = try fields.number()
      let text = try fields.field()
      guard let ending = ending(kind, text) else { throw MalformedFrame(reason: "ending \(kind)") }
      return .result(
        RemoteResult(
          ending, output: try fields.field(), error: try fields.field(), isCut: try fields.number() != 0))
    case 5:
      let number = try fields.byte()
      guard let stream = RemoteStream(rawValue: number) else { throw MalformedFrame(reason: "stream \(number)") }
      return .output(stream, try fields.field())
    case 6: return .credit(UInt32(truncatingIfNeeded: try fields.number()))
    case 7: return .input(try fields.field())
    case let kind: throw MalformedFrame(reason: "kind \(kind)")
    }
  }

  private static func parts(_ ending: RemoteResult.Ending) -> (Int, [UInt8]) {
    switch ending {
    case .handshakeFailed(let text): (1, Array(text.utf8))
    case .hostKeyMismatch(let key): (2, key)
    case .authenticationRefused(let text): (3, Array(text.utf8))
    case .channelRefused(let text): (4, Array(text.utf8))
    case .timedOut(let text): (5, Array(text.utf8))
    case .connectionLost(let text): (6, Array(text.utf8))
    case .exited(let code): (7, Array("\(code)".utf8))
    case .signaled(let name): (8, Array(name.utf8))
    case .notConnected(let text): (9, Array(text.utf8))
    case .runnerFailed(let text): (10, Array(text.utf8))
    case .noGreeting: (11, [])
    }
  }

  private static func ending(_ kind: Int, _ bytes: [UInt8]) -> RemoteResult.Ending? {
    let text = plain(bytes)
    return switch kind {
    case 1: .handshakeFailed(text)
    case 2: .hostKeyMismatch(bytes)
    case 3: .authenticationRefused(text)
    case 4: .channelRefused(text)
    case 5: .timedOut(text)
    case 6: .connectionLost(text)
    case 7: Int32(text).map { .exited($0) }
    case 8: .signaled(text)
    case 9: .notConnected(text)
    case 10: .runnerFailed(text)
    case 11: .noGreeting
    default: nil
    }
  }

  /// What a person reads: one line of printable ASCII, not longer than `textLimit`; part of it may be a server's words.
  private static func plain(_ bytes: [UInt8]) -> String {
    let printable = UInt8(ascii: " ")...UInt8(ascii: "~")
    return String(
      decoding: bytes.prefix(textLimit).map { printable.contains($0) ? $0 : UInt8(ascii: "?") }, as: UTF8.self)
  }

  private static func put(_ number: Int, _ bytes: inout [UInt8]) {
    let value = UInt32(truncatingIfNeeded: number)
    for shift in stride(from: 0, to: 32, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
  }

  private static func put(_ field: [UInt8], _ bytes: inout [UInt8]) {
    put(field.count, &bytes)
    bytes += field
  }
}

/// A frame that is none.
package struct MalformedFrame: Error, Sendable, Hashable {
  /// What is wrong with it.
  package var reason: String
}

/// Reads fields one after the other, never beyond the end.
private struct FieldReader {
  var bytes: ArraySlice<UInt8>

  var isAtEnd: Bool { bytes.isEmpty }

  mutating func byte() throws(MalformedFrame) -> UInt8 {
    guard let first = bytes.popFirst() else { throw MalformedFrame(reason: "it ends early") }
    return first
  }

  mutating func number() throws(MalformedFrame) -> Int {
    var value = 0
    for shift in stride(from: 0, to: 32, by: 8) { value |= Int(try byte()) << shift }
    return value
  }

  mutating func field() throws(MalformedFrame) -> [UInt8] {
    let length = try number()
    guard length <= bytes.count else { throw MalformedFrame(reason: "a field runs over its end") }
    let field = Array(bytes.prefix(length))
    bytes = bytes.dropFirst(length)
    return field
  }

  mutating func text() throws(MalformedFrame) -> String { String(decoding: try field(), as: UTF8.self) }
}
