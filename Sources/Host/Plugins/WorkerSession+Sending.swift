/// Bytes of an HTTP body that went out, so that its source may go on.
package struct SentBody: Sendable, Hashable {
  /// The call.
  package let call: UInt64
  /// The request in it.
  package let request: UInt32
  /// Bytes.
  package let count: Int
}

extension WorkerSession {
  // MARK: Commands

  /// Tells the worker that nobody waits for the call any more; it stays open until its verb returns. Said after the
  /// call's first frame: before that the worker knows of no such call.
  package mutating func cancel(_ id: UInt64) {
    guard calls[id]?.cancelled == false else { return }
    calls[id]?.cancelled = true
    guard calls[id]?.lane.hasBegun == true else { return }
    FrameEncoder.append(.cancel, call: id, [], to: &control)
  }

  /// Asks for a sign of life.
  package mutating func ping(_ token: UInt64) {
    guard phase == .serving else { return }
    var payload: [UInt8] = []
    payload.append(uint64: token)
    FrameEncoder.append(.ping, call: 0, payload, to: &control)
  }

  /// Answers a request's head, once, before its body; nothing where the request is not open.
  package mutating func httpHead(_ id: UInt64, _ request: UInt32, _ head: WorkerHTTPHead) {
    guard calls[id]?.requests[request]?.headSent == false else { return }
    calls[id]?.requests[request]?.headSent = true
    let headers = Array(head.headers.utf8)
    let error = Array(head.error.utf8.prefix(4096))
    var payload = Self.requestHeader(request)
    payload.append(uint32: UInt32(bitPattern: head.outcome))
    payload.append(uint32: UInt32(bitPattern: head.status))
    payload.append(uint32: head.retryAfterMs)
    payload.append(uint32: UInt32(clamping: headers.count))
    payload.append(uint32: UInt32(clamping: error.count))
    queue(id, .httpHead, payload + headers + error)
  }

  /// Adds a piece of a request's body; nothing where its head was not sent.
  package mutating func httpBody(_ id: UInt64, _ request: UInt32, _ bytes: [UInt8]) {
    guard calls[id]?.requests[request]?.headSent == true else { return }
    // A message has a limit of its own; a body is any number of messages.
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(WireLimits.message - 4)
      rest = rest.dropFirst(piece.count)
      queue(id, .httpBody, Self.requestHeader(request) + piece, body: request)
    }
  }

  /// Ends a request; `whole` is false where the body was cut short. A head that is missing says "no whole answer".
  package mutating func httpEnd(_ id: UInt64, _ request: UInt32, whole: Bool) {
    guard let open = calls[id]?.requests[request] else { return }
    if !open.headSent { httpHead(id, request, WorkerHTTPHead(outcome: 1, error: "the host gave no answer")) }
    calls[id]?.requests[request] = nil
    var payload = Self.requestHeader(request)
    payload.append(uint32: whole ? 0 : 1)
    queue(id, .httpEnd, payload)
  }

  private static func requestHeader(_ request: UInt32) -> [UInt8] {
    var payload: [UInt8] = []
    payload.append(uint32: request)
    return payload
  }

  mutating func queue(_ id: UInt64, _ kind: FrameKind, _ payload: [UInt8], body: UInt32 = 0) {
    guard var call = calls.removeValue(forKey: id) else { return }
    if call.lane.isEmpty { rotation.append(id) }
    call.lane.add(kind, payload, body: body)
    calls[id] = call
  }

  // MARK: Bytes out

  /// Whether `takeOutput` would give anything now.
  package var hasOutput: Bool {
    if !control.isEmpty { return true }
    let window = WireLimits.workerWindow - inFlight
    return rotation.contains { calls[$0]?.lane.canSend(window: window) == true }
  }

  /// The next bytes to write, about as many as asked for, as far as credit reaches; one frame of each call in turn.
  package mutating func takeOutput(about limit: Int) -> [UInt8] {
    if phase == .faulted { return [] }
    var bytes = control
    control = []
    var blocked = 0
    while bytes.count < limit, blocked < rotation.count {
      let id = rotation.removeFirst()
      guard var call = calls.removeValue(forKey: id) else { continue }
      let window = WireLimits.workerWindow - inFlight
      if call.lane.canSend(window: window) {
        let isFirst = !call.lane.hasBegun
        let (count, body) = call.lane.send(call: id, window: window, to: &bytes)
        if isFirst, call.cancelled { FrameEncoder.append(.cancel, call: id, [], to: &bytes) }
        inFlight += count
        if body != 0 { sentBodies.append(SentBody(call: id, request: body, count: count)) }
        blocked = 0
        if !call.lane.isEmpty { rotation.append(id) }
      } else {
        rotation.append(id)
        blocked += 1
      }
      calls[id] = call
    }
    return bytes
  }

  /// What went out of HTTP bodies since the last time.
  package mutating func takeSentBodies() -> [SentBody] {
    defer { sentBodies = [] }
    return sentBodies
  }
}
