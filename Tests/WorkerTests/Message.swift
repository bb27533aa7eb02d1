import Wire

/// A message, or one frame of it, as it is on the wire.
struct Message: Equatable {
  var kind: UInt8
  var call: UInt64 = 0
  var payload: [UInt8] = []
  /// Further frames of the chain follow.
  var more = false

  init(_ kind: Int32, call: UInt64 = 0, _ payload: [UInt8] = [], more: Bool = false) {
    self.kind = UInt8(truncatingIfNeeded: kind)
    self.call = call
    self.payload = payload
    self.more = more
  }

  /// Header and payload, little endian.
  var frame: [UInt8] {
    bytes(UInt32(truncatingIfNeeded: payload.count)) + [kind, more ? 1 : 0] + bytes(call) + payload
  }

  var text: String { String(decoding: payload, as: UTF8.self) }

  /// True when the payload counts against credit.
  var costsCredit: Bool {
    ![SLIPWAY_WIRE_CREDIT, SLIPWAY_WIRE_PONG, SLIPWAY_WIRE_LOG, SLIPWAY_WIRE_PROGRESS].contains(Int32(kind))
  }

  func isKind(_ kind: Int32) -> Bool { Int32(self.kind) == kind }

  /// The little endian number at this offset; 0 beyond the end.
  func u32(_ offset: Int) -> UInt32 {
    payload.dropFirst(offset).prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The text from this offset on.
  func text(from offset: Int, length: UInt32 = .max) -> String {
    String(decoding: payload.dropFirst(offset).prefix(Int(length)), as: UTF8.self)
  }

  static func call(
    _ id: UInt64, _ request: String, verb: Int32 = SLIPWAY_VERB_VALIDATE, deadline: UInt64 = .max
  ) -> Message {
    .call(id, Array(request.utf8), verb: verb, deadline: deadline)
  }

  static func call(
    _ id: UInt64, _ request: [UInt8], verb: Int32 = SLIPWAY_VERB_VALIDATE, deadline: UInt64 = .max
  ) -> Message {
    let head = [UInt8(truncatingIfNeeded: verb)] + [UInt8](repeating: 0, count: 7) + bytes(deadline)
    return Message(SLIPWAY_WIRE_CALL, call: id, head + request)
  }

  /// A call whose request makes the echo plugin do something.
  static func command(_ id: UInt64, _ name: String, deadline: UInt64 = .max) -> Message {
    .call(id, #"{"do":"\#(name)"}"#, deadline: deadline)
  }

  static func head(
    _ call: UInt64, _ request: UInt32, outcome: Int32 = 2, status: Int32 = 200, retry: UInt32 = 0,
    headers: String = "", error: String = ""
  ) -> Message {
    let lengths = bytes(UInt32(headers.utf8.count)) + bytes(UInt32(error.utf8.count))
    let numbers = bytes(request) + bytes(outcome) + bytes(status) + bytes(retry)
    return Message(SLIPWAY_WIRE_HTTP_HEAD, call: call, numbers + lengths + Array((headers + error).utf8))
  }

  static func body(_ call: UInt64, _ request: UInt32, _ body: [UInt8]) -> Message {
    Message(SLIPWAY_WIRE_HTTP_BODY, call: call, bytes(request) + body)
  }

  static func end(_ call: UInt64, _ request: UInt32, cutShort: Bool = false) -> Message {
    Message(SLIPWAY_WIRE_HTTP_END, call: call, bytes(request) + bytes(Int32(cutShort ? 1 : 0)))
  }

  static func ping(_ token: UInt64) -> Message { Message(SLIPWAY_WIRE_PING, bytes(token)) }
}

/// A number as it is on the wire.
func bytes(_ number: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}
