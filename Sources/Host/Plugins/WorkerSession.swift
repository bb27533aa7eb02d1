/// The host's end of one worker's wire: bytes in, events out; commands in, bytes out.
///
/// Pure: knows no clock, socket or process. Every frame is taken for hostile: what the table of slipway_wire.h
/// does not allow in this state ends the session with a reason. After a fault it takes and gives nothing more.
package struct WorkerSession: Sendable {
  /// Where the worker stands; each state lists what may follow.
  package enum Phase: Sendable, Hashable {
    /// Nothing came yet. HELLO, fault.
    case silent
    /// The plugin is loading. READY, REFUSED, fault.
    case loading
    /// Calls may be opened. Fault.
    case serving
    /// The plugin was refused; the worker is on its way out. Nothing.
    case refused
    /// The worker misbehaved. Nothing.
    case faulted
  }

  struct OpenCall: Sendable {
    let verb: PluginVerb
    var answered = false
    var cancelled = false
    var chain: (kind: FrameKind, bytes: [UInt8])?
    var requests: [UInt32: OpenRequest] = [:]
    var lastRequest: UInt32 = 0
    /// Payload received and not credited yet.
    var owed = 0
    var lane = CallLane()
  }

  struct OpenRequest: Sendable {
    var headSent = false
  }

  package private(set) var phase = Phase.silent
  var calls: [UInt64: OpenCall] = [:]
  private var decoder = FrameDecoder()
  private var loadingChain: (kind: FrameKind, bytes: [UInt8])?
  private var held = 0
  private var nextCall: UInt64 = 1
  /// Payload of no call, or of calls that are over, received and not credited yet.
  private var owed = 0
  var inFlight = 0
  var control: [UInt8] = []
  var rotation: [UInt64] = []
  var sentBodies: [SentBody] = []

  /// Makes the session of a worker that was just started.
  package init() {}

  /// Ids of the calls that are open.
  package var openCalls: Set<UInt64> { Set(calls.keys) }

  // MARK: Bytes in

  /// Takes what came from the worker and says what it amounts to, in order.
  package mutating func receive(_ bytes: some Collection<UInt8>) -> [WorkerEvent] {
    if phase == .faulted { return [] }
    decoder.append(bytes)
    var events: [WorkerEvent] = []
    do throws(WireFault) {
      while let frame = try decoder.next() { try take(frame, &events) }
      if control.count > 1 << 20 { throw WireFault("it sends, and takes nothing") }
    } catch {
      phase = .faulted
      calls = [:]
      rotation = []
      control = []
      events.append(.fault(error))
    }
    return events
  }

  private mutating func take(_ frame: Frame, _ events: inout [WorkerEvent]) throws(WireFault) {
    switch (phase, frame.kind) {
    case (.silent, .hello):
      try requireNoCall(frame)
      let hello = try WorkerHello(frame.payload)
      phase = .loading
      owe(frame.payload.count)
      events.append(.hello(hello))
    case (.loading, .ready), (.loading, .refused):
      try requireNoCall(frame)
      owe(frame.payload.count)
      guard let payload = try Self.whole(frame, &loadingChain, limit: WireLimits.manifest + 4096) else { return }
      if frame.kind == .ready {
        events.append(.ready(try WorkerReady(payload)))
        phase = .serving
      } else {
        events.append(.refused(try WorkerRefused(payload)))
        phase = .refused
      }
    case (.loading, .log), (.serving, .log): try log(frame, &events)
    case (.loading, .credit), (.serving, .credit): try credit(frame)
    case (.serving, .progress): try progress(frame, &events)
    case (.serving, .pong):
      try requireNoCall(frame)
      var reader = ByteReader(frame.payload[...])
      guard let token = reader.uint64(), reader.remaining == 0 else { throw WireFault("a PONG that is not 8 bytes") }
      events.append(.pong(token))
    case (.serving, .reply), (.serving, .fail), (.serving, .http), (.serving, .httpStop), (.serving, .returned):
      try takeOfCall(frame, &events)
    default:
      throw WireFault("a \(Self.name(frame.kind)) frame while \(Self.name(phase))")
    }
  }

  private mutating func takeOfCall(_ frame: Frame, _ events: inout [WorkerEvent]) throws(WireFault) {
    // Taken out and put back, so that a growing message is not copied with every frame.
    guard var call = calls.removeValue(forKey: frame.call) else {
      throw WireFault(
        "a \(Self.name(frame.kind)) frame for call \(frame.call), which is not open on this connection")
    }
    let before = call.chain?.bytes.count ?? 0
    call.owed += frame.payload.count
    if call.owed > WireLimits.callWindow { throw WireFault("more than its credit in call \(frame.call)") }
    if let open = call.chain, open.kind != frame.kind {
      throw WireFault("a \(Self.name(frame.kind)) frame inside a \(Self.name(open.kind)) message")
    }
    if frame.kind == .returned {
      return try returned(frame, call, &events)
    }
    let limit = frame.kind == .reply ? call.verb.replyLimit : WireLimits.message + 4096
    let payload = try Self.whole(frame, &call.chain, limit: limit)
    held += (call.chain?.bytes.count ?? 0) - before
    if held > WireLimits.reassembly {
      throw WireFault("unfinished messages of more than \(WireLimits.reassembly) bytes")
    }
    if call.owed >= WireLimits.creditLot { giveCredit(frame.call, &call.owed) }
    calls[frame.call] = call
    if let payload { try message(frame.kind, frame.call, payload, &events) }
  }

  private mutating func message(
    _ kind: FrameKind, _ id: UInt64, _ payload: [UInt8], _ events: inout [WorkerEvent]
  ) throws(WireFault) {
    guard var call = calls[id] else { return }
    switch kind {
    case .reply, .fail:
      if call.answered { throw WireFault("a second answer to call \(id)") }
      call.answered = true
      if kind == .reply {
        events.append(.replied(call: id, payload))
      } else {
        var reader = ByteReader(payload[...])
        guard let code = reader.int32() else {
          throw WireFault("a FAIL of \(payload.count) bytes; expected at least 4")
        }
        events.append(.failed(call: id, code: code, Array(reader.all())))
      }
    case .http:
      let request = try WorkerHTTP(payload)
      if request.request <= call.lastRequest { throw WireFault("HTTP request \(request.request) a second time") }
      if call.requests.count >= WireLimits.requests {
        throw WireFault("more than \(WireLimits.requests) HTTP requests at once in one call")
      }
      call.lastRequest = request.request
      call.requests[request.request] = OpenRequest()
      events.append(.http(call: id, request))
    case .httpStop:
      var reader = ByteReader(payload[...])
      guard let request = reader.uint32(), reader.remaining == 0 else {
        throw WireFault("an HTTP_STOP that is not 4 bytes")
      }
      if request == 0 || request > call.lastRequest { throw WireFault("HTTP_STOP for request \(request), never made") }
      // It may cross HTTP_END on its way; then there is nothing to stop.
      if call.requests[request] != nil { events.append(.httpStopped(call: id, request: request)) }
    default: break
    }
    calls[id] = call
  }

  private mutating func returned(
    _ frame: Frame, _ call: OpenCall, _ events: inout [WorkerEvent]
  ) throws(WireFault) {
    if !frame.payload.isEmpty { throw WireFault("a RETURNED with \(frame.payload.count) bytes; expected none") }
    // Only the worker's window still counts it; so little is not worth a frame, which would wake the worker.
    owe(call.owed, lot: WireLimits.creditLot)
    rotation.removeAll { $0 == frame.call }
    for request in call.requests.keys.sorted() { events.append(.httpStopped(call: frame.call, request: request)) }
    if !call.answered { events.append(.failed(call: frame.call, code: 16, [])) }
    events.append(.returned(call: frame.call))
  }

  private mutating func log(_ frame: Frame, _ events: inout [WorkerEvent]) throws(WireFault) {
    // A line may be queued behind the end of its call; a call that never was is a forgery.
    if frame.call >= nextCall { throw WireFault("a LOG for call \(frame.call), which never was") }
    events.append(.log(call: calls[frame.call] == nil ? 0 : frame.call, try WorkerLog(frame.payload)))
  }

  private mutating func progress(_ frame: Frame, _ events: inout [WorkerEvent]) throws(WireFault) {
    if frame.call == 0 || frame.call >= nextCall {
      throw WireFault("a PROGRESS for call \(frame.call), which never was")
    }
    var reader = ByteReader(frame.payload[...])
    guard let permille = reader.int32() else { throw WireFault("a PROGRESS of \(frame.payload.count) bytes") }
    if calls[frame.call] == nil { return }
    let text = PlainText.line(bytes: reader.all(), limit: 256)
    events.append(.progress(call: frame.call, permille: max(-1, min(1000, permille)), text))
  }

  // MARK: Credit

  private mutating func credit(_ frame: Frame) throws(WireFault) {
    var reader = ByteReader(frame.payload[...])
    guard let count = reader.uint32().map(Int.init), reader.remaining == 0 else {
      throw WireFault("a CREDIT that is not 4 bytes")
    }
    guard count <= inFlight, frame.call < nextCall else {
      throw WireFault("credit for \(count) bytes that were not sent")
    }
    if var call = calls[frame.call] {
      guard call.lane.credit(count) else { throw WireFault("credit for \(count) bytes that were not sent") }
      calls[frame.call] = call
    }
    inFlight -= count
  }

  private mutating func owe(_ count: Int, lot: Int = 1) {
    owed += count
    // Nothing may be sent before HELLO.
    if phase == .silent || owed < lot { return }
    var all = owed
    owed = 0
    giveCredit(0, &all)
  }

  private mutating func giveCredit(_ call: UInt64, _ owed: inout Int) {
    if owed <= 0 { return }
    var payload: [UInt8] = []
    payload.append(uint32: UInt32(clamping: owed))
    FrameEncoder.append(.credit, call: call, payload, to: &control)
    owed = 0
  }

  // MARK: Chains

  private static func whole(
    _ frame: Frame, _ chain: inout (kind: FrameKind, bytes: [UInt8])?, limit: Int
  ) throws(WireFault) -> [UInt8]? {
    if let open = chain, open.kind != frame.kind {
      throw WireFault("a \(name(frame.kind)) frame inside a \(name(open.kind)) message")
    }
    let total = (chain?.bytes.count ?? 0) + frame.payload.count
    if total > limit { throw WireFault("a \(name(frame.kind)) of more than \(limit) bytes") }
    if chain == nil, !frame.more { return frame.payload }
    if chain == nil { chain = (frame.kind, []) }
    chain?.bytes.append(contentsOf: frame.payload)
    if frame.more { return nil }
    defer { chain = nil }
    return chain?.bytes
  }

  private func requireNoCall(_ frame: Frame) throws(WireFault) {
    if frame.call != 0 { throw WireFault("a \(Self.name(frame.kind)) frame for call \(frame.call); expected 0") }
  }

  /// Name of a kind as in slipway_wire.h, such as `HTTP_STOP`.
  static func name(_ kind: FrameKind) -> String {
    switch kind {
    case .httpHead: "HTTP_HEAD"
    case .httpBody: "HTTP_BODY"
    case .httpEnd: "HTTP_END"
    case .httpStop: "HTTP_STOP"
    default: "\(kind)".uppercased()
    }
  }

  private static func name(_ phase: Phase) -> String {
    switch phase {
    case .silent: "HELLO is due"
    case .loading: "the plugin is loading"
    case .serving: "serving"
    case .refused: "the plugin is refused"
    case .faulted: "the worker is being ended"
    }
  }

  // MARK: Opening

  /// Opens a call; nil unless serving. `deadline` is a time of CLOCK_MONOTONIC in nanoseconds.
  package mutating func open(_ verb: PluginVerb, deadline: UInt64, _ request: [UInt8]) -> UInt64? {
    guard phase == .serving else { return nil }
    let id = nextCall
    nextCall += 1
    var payload: [UInt8] = [verb.rawValue, 0, 0, 0, 0, 0, 0, 0]
    payload.append(uint64: deadline)
    payload.append(contentsOf: request)
    calls[id] = OpenCall(verb: verb)
    queue(id, .call, payload)
    return id
  }
}
