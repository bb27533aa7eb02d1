/// What one call has to send, in order, one message at a time.
struct CallLane: Sendable {
  private struct Message: Sendable {
    let kind: FrameKind
    let payload: [UInt8]
    var sent: Int
    /// The HTTP request whose body this is; 0 for any other message.
    let body: UInt32
  }

  private var messages: [Message] = []
  private var first = 0
  /// Whether the worker knows of the call: its first frame is out.
  private(set) var hasBegun = false
  /// Payload bytes sent and not credited yet.
  private(set) var inFlight = 0

  var isEmpty: Bool { first == messages.count }

  /// Bytes of payload that wait.
  var queued: Int { messages[first...].reduce(0) { $0 + $1.payload.count - $1.sent } }

  mutating func add(_ kind: FrameKind, _ payload: [UInt8], body: UInt32 = 0) {
    messages.append(Message(kind: kind, payload: payload, sent: 0, body: body))
  }

  /// Whether a frame could go now, with that much of the worker's window left.
  func canSend(window: Int) -> Bool {
    guard first < messages.count else { return false }
    return messages[first].payload.isEmpty || min(window, WireLimits.callWindow - inFlight) > 0
  }

  /// Writes the next frame; gives its payload's size, and the request whose body it belongs to, or 0.
  mutating func send(call: UInt64, window: Int, to bytes: inout [UInt8]) -> (count: Int, body: UInt32) {
    guard canSend(window: window) else { return (0, 0) }
    let message = messages[first]
    let room = min(window, WireLimits.callWindow - inFlight, WireLimits.frame)
    let piece = message.payload.dropFirst(message.sent).prefix(max(0, room))
    let end = message.sent + piece.count
    FrameEncoder.append(message.kind, call: call, more: end < message.payload.count, piece, to: &bytes)
    hasBegun = true
    inFlight += piece.count
    if end < message.payload.count {
      messages[first].sent = end
    } else {
      first += 1
      if first >= 32, first * 2 >= messages.count {
        messages.removeFirst(first)
        first = 0
      } else if first == messages.count {
        messages.removeAll(keepingCapacity: true)
        first = 0
      }
    }
    return (piece.count, message.body)
  }

  /// Takes credit back; false where it is more than is in flight.
  mutating func credit(_ count: Int) -> Bool {
    guard count <= inFlight else { return false }
    inFlight -= count
    return true
  }
}
