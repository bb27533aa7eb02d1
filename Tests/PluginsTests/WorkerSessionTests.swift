import Plugins
import Testing

/// Frames as a worker would send them.
private enum From {
  static func hello(wire: UInt32 = 2) -> [UInt8] {
    FrameEncoder.message(.hello, call: 0, words([wire, 42, 7]) + [UInt8](repeating: 0, count: 12))
  }

  static func ready(manifest: String = "{}") -> [UInt8] {
    let (id, version) = (Array("test".utf8), Array("1.0.0".utf8))
    let head = words([1, 1, 1, 0xFF, UInt32(id.count), UInt32(version.count)])
    return FrameEncoder.message(.ready, call: 0, head + id + version + Array(manifest.utf8))
  }

  static func words(_ values: [UInt32]) -> [UInt8] {
    var bytes: [UInt8] = []
    for value in values { bytes.append(uint32: value) }
    return bytes
  }

  static func http(_ request: UInt32, path: String = "/x", bytes: [UInt8]? = nil) -> [UInt8] {
    let spans = [Array("api".utf8), Array("GET".utf8), bytes ?? Array(path.utf8), [], [], []]
    return words([request, 0, 0, 0, 0, 0]) + words(spans.map { UInt32($0.count) }) + spans.flatMap { $0 }
  }
}

/// A session by reference, so that an expectation can drive it.
private final class Peer {
  var session = WorkerSession()
  var hasOutput: Bool { session.hasOutput }
  var openCalls: Set<UInt64> { session.openCalls }

  func copy() -> Peer {
    let copy = Peer()
    copy.session = session
    return copy
  }

  func receive(_ bytes: [UInt8]) -> [WorkerEvent] { session.receive(bytes) }
  func open(_ verb: PluginVerb, deadline: UInt64, _ request: [UInt8]) -> UInt64? {
    session.open(verb, deadline: deadline, request)
  }
  func cancel(_ call: UInt64) { session.cancel(call) }
  func httpHead(_ call: UInt64, _ request: UInt32, _ head: WorkerHTTPHead) { session.httpHead(call, request, head) }
  func httpBody(_ call: UInt64, _ request: UInt32, _ bytes: [UInt8]) { session.httpBody(call, request, bytes) }
  func httpEnd(_ call: UInt64, _ request: UInt32, whole: Bool) { session.httpEnd(call, request, whole: whole) }
  func takeOutput(about limit: Int) -> [UInt8] { session.takeOutput(about: limit) }
  func takeSentBodies() -> [SentBody] { session.takeSentBodies() }
}

@Suite struct WorkerSessionTests {
  private func serving() -> Peer {
    let session = Peer()
    _ = session.receive(From.hello())
    _ = session.receive(From.ready())
    _ = session.takeOutput(about: 1 << 20)
    return session
  }

  private func fault(_ events: [WorkerEvent]) -> String? {
    if case .fault(let fault)? = events.last { fault.reason } else { nil }
  }

  private func frames(_ bytes: [UInt8]) throws -> [Frame] {
    var decoder = FrameDecoder()
    decoder.append(bytes)
    var frames: [Frame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    return frames
  }

  @Test func `a call that is cancelled before its first frame is out is told so after it`() throws {
    let session = serving()
    let call = try #require(session.open(.poll, deadline: 1, [1]))
    session.cancel(call)
    var decoder = FrameDecoder()
    decoder.append(session.takeOutput(about: 1 << 20))
    #expect(try decoder.next()?.kind == .call)
    #expect(try decoder.next()?.kind == .cancel)
    #expect(try decoder.next() == nil)
  }

  @Test func `a worker says hello, then ready, and then takes calls`() throws {
    let session = Peer()
    #expect(session.open(.validate, deadline: 1, []) == nil)
    guard case .hello(let hello)? = session.receive(From.hello()).first else { return _ = Issue.record("no HELLO") }
    #expect(hello.pid == 42 && hello.wire == 2 && hello.landlock == 7)
    guard case .ready(let ready)? = session.receive(From.ready()).first else { return _ = Issue.record("no READY") }
    #expect(ready.id == "test" && ready.has(.selfTest) && !ready.has(.power))
    let call = try #require(session.open(.poll, deadline: 0x0102, Array("{}".utf8)))
    let sent = try frames(session.takeOutput(about: 1 << 20)).filter { $0.kind == .call }
    #expect(sent == [Frame(.call, call: call, [3, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0] + Array("{}".utf8))])
  }

  /// The table of slipway_wire.h: every kind in every state in which it is not allowed.
  @Test func `a frame that the table does not allow ends the session with its name and state`() {
    for kind in FrameKind.allCases where kind != .hello {
      let session = Peer()
      let reason = fault(session.receive(FrameEncoder.message(kind, call: 0, [0])))
      #expect(reason?.hasSuffix("frame while HELLO is due") == true, "\(kind)")
    }
    for kind in FrameKind.allCases where ![.ready, .refused, .log, .credit].contains(kind) {
      let session = Peer()
      _ = session.receive(From.hello())
      let reason = fault(session.receive(FrameEncoder.message(kind, call: 0, [0])))
      #expect(reason?.hasSuffix("frame while the plugin is loading") == true, "\(kind)")
    }
    for kind: FrameKind in [.hello, .ready, .refused, .call, .cancel, .httpHead, .httpBody, .httpEnd, .ping] {
      let session = serving()
      #expect(
        fault(session.receive(FrameEncoder.message(kind, call: 0, [0])))?.hasSuffix("frame while serving") == true)
      #expect(session.receive(From.hello()) == [], "nothing follows a fault")
    }
  }

  @Test func `only calls that are open on this connection can be answered`() {
    for kind: FrameKind in [.reply, .fail, .returned, .http, .httpStop] {
      let session = serving()
      _ = session.open(.validate, deadline: 1, [])
      let reason = fault(session.receive(FrameEncoder.message(kind, call: 7, [1, 0, 0, 0])))
      #expect(reason?.hasSuffix("frame for call 7, which is not open on this connection") == true)
    }
  }

  @Test func `a call is answered once and is over when its verb returns`() throws {
    let session = serving()
    let call = try #require(session.open(.validate, deadline: 1, []))
    #expect(session.receive(FrameEncoder.message(.reply, call: call, [1, 2])) == [.replied(call: call, [1, 2])])
    let twice = session.copy()
    #expect(fault(twice.receive(FrameEncoder.message(.fail, call: call, [1, 0, 0, 0]))) == "a second answer to call 1")
    #expect(session.receive(FrameEncoder.message(.returned, call: call, [])) == [.returned(call: call)])
    #expect(session.openCalls.isEmpty)
    let silent = try #require(session.open(.validate, deadline: 1, []))
    #expect(
      session.receive(FrameEncoder.message(.returned, call: silent, []))
        == [.failed(call: silent, code: 16, []), .returned(call: silent)])
  }

  @Test func `chains of two calls interleave and a chain of one call may not change its kind`() throws {
    let session = serving()
    let one = try #require(session.open(.validate, deadline: 1, []))
    let two = try #require(session.open(.validate, deadline: 1, []))
    var bytes: [UInt8] = []
    FrameEncoder.append(.reply, call: one, more: true, [1], to: &bytes)
    FrameEncoder.append(.reply, call: two, more: true, [2], to: &bytes)
    FrameEncoder.append(.progress, call: one, From.words([500]), to: &bytes)
    FrameEncoder.append(.reply, call: two, [2], to: &bytes)
    FrameEncoder.append(.reply, call: one, [1], to: &bytes)
    #expect(
      session.receive(bytes) == [
        .progress(call: one, permille: 500, ""), .replied(call: two, [2, 2]), .replied(call: one, [1, 1]),
      ])
    let three = try #require(session.open(.validate, deadline: 1, []))
    bytes = []
    FrameEncoder.append(.reply, call: three, more: true, [1], to: &bytes)
    FrameEncoder.append(.fail, call: three, [1, 0, 0, 0], to: &bytes)
    #expect(fault(session.receive(bytes)) == "a FAIL frame inside a REPLY message")
  }

  @Test func `a reply beyond its limit ends the session before it is whole`() throws {
    for (verb, limit) in [(PluginVerb.poll, 4 << 20), (.list, 16 << 20)] {
      let session = serving()
      let call = try #require(session.open(verb, deadline: 1, []))
      var frame: [UInt8] = []
      FrameEncoder.append(.reply, call: call, more: true, [UInt8](repeating: 0, count: 65536), to: &frame)
      for _ in 0..<(limit / 65536) { #expect(session.receive(frame) == []) }
      #expect(fault(session.receive(frame)) == "a REPLY of more than \(limit) bytes")
    }
  }

  @Test func `nothing goes out beyond the credit of a call, and other calls go on`() throws {
    let session = serving()
    let big = try #require(session.open(.validate, deadline: 1, [UInt8](repeating: 0, count: 1 << 20)))
    let small = try #require(session.open(.validate, deadline: 1, [1]))
    let first = try frames(session.takeOutput(about: 8 << 20))
    #expect(first.filter { $0.call == big }.reduce(0) { $0 + $1.payload.count } == 256 << 10)
    #expect(first.contains { $0.call == small && !$0.more })
    #expect(!session.hasOutput)
    _ = session.receive(FrameEncoder.message(.credit, call: big, From.words([1000])))
    let second = try frames(session.takeOutput(about: 8 << 20))
    #expect(second.map(\.payload.count) == [1000] && second.first?.more == true)
    #expect(
      fault(session.receive(FrameEncoder.message(.credit, call: big, From.words([999_999_999]))))?.hasPrefix(
        "credit for") == true)
  }

  @Test func `what is received is credited, in lots and the rest at the end`() throws {
    let session = serving()
    let call = try #require(session.open(.validate, deadline: 1, []))
    _ = session.takeOutput(about: 1 << 20)
    _ = session.receive(FrameEncoder.message(.reply, call: call, [UInt8](repeating: 0, count: 100_000)))
    _ = session.receive(FrameEncoder.message(.returned, call: call, []))
    let credits = try frames(session.takeOutput(about: 1 << 20)).filter { $0.kind == .credit && $0.call == call }
    let total = credits.compactMap { frame in
      var reader = ByteReader(frame.payload[...])
      return reader.uint32()
    }.reduce(0, +)
    #expect(total == 100_000)
  }

  @Test func `a request's head, body and end go out in order and only while it is open`() throws {
    let session = serving()
    let call = try #require(session.open(.catalog, deadline: 1, []))
    _ = session.takeOutput(about: 1 << 20)
    guard case .http(_, let request)? = session.receive(FrameEncoder.message(.http, call: call, From.http(1))).first
    else { return _ = Issue.record("no request") }
    #expect(request.texts?.path == "/x" && request.texts?.method == "GET")
    session.httpBody(call, 1, [9])
    session.httpHead(call, 1, WorkerHTTPHead(outcome: 2, status: 200, headers: "a: b\n"))
    session.httpBody(call, 1, [9])
    session.httpEnd(call, 1, whole: true)
    session.httpBody(call, 1, [9])
    session.httpHead(call, 2, WorkerHTTPHead(outcome: 2))
    let sent = try frames(session.takeOutput(about: 1 << 20)).filter { $0.kind != .credit }
    #expect(sent.map(\.kind) == [.httpHead, .httpBody, .httpEnd])
    let bodies = session.takeSentBodies()
    #expect(bodies.map(\.count) == [5] && bodies.first?.call == call && bodies.first?.request == 1)
  }

  @Test func `a request that is repeated, malformed or one too many ends the session`() throws {
    let session = serving()
    let call = try #require(session.open(.catalog, deadline: 1, []))
    _ = session.receive(FrameEncoder.message(.http, call: call, From.http(5)))
    let repeated = session.copy()
    #expect(
      fault(repeated.receive(FrameEncoder.message(.http, call: call, From.http(5)))) == "HTTP request 5 a second time")
    let short = session.copy()
    #expect(
      fault(short.receive(FrameEncoder.message(.http, call: call, Array(From.http(6).dropLast()))))?.contains(
        "longer than itself") == true)
    let long = session.copy()
    #expect(
      fault(long.receive(FrameEncoder.message(.http, call: call, From.http(6) + [0])))?.contains("after its spans")
        == true)
    for number in UInt32(6)..<70 {
      if let reason = fault(session.receive(FrameEncoder.message(.http, call: call, From.http(number)))) {
        #expect(number == 69 && reason.contains("more than 64"))
      }
    }
  }

  @Test func `text that is not UTF-8 is seen and not trusted`() throws {
    let session = serving()
    let call = try #require(session.open(.catalog, deadline: 1, []))
    guard
      case .http(_, let request)? = session.receive(
        FrameEncoder.message(.http, call: call, From.http(1, bytes: [0xFF]))
      ).first
    else { return _ = Issue.record("no request") }
    #expect(request.texts == nil)
  }

  /// Seeds drive mutated and random frames at every state: the session never traps, and nothing follows a fault.
  @Test(arguments: 1...40) func `no bytes of a worker can do more than end its session`(seed: UInt64) {
    var random = Seeded(state: seed)
    let session = Peer()
    var faulted = false
    if seed % 4 != 0 { _ = session.receive(From.hello()) }
    if seed % 4 > 1 { _ = session.receive(From.ready()) }
    for _ in 0..<400 {
      if random.next() % 4 == 0 { _ = session.open(.list, deadline: random.next(), [1, 2, 3]) }
      if random.next() % 8 == 0 { session.cancel(random.next() % 20) }
      if random.next() % 8 == 0 { session.httpEnd(random.next() % 20, UInt32(random.next() % 4), whole: true) }
      var bytes: [UInt8] = []
      let kind = FrameKind.allCases.randomElement(using: &random) ?? .reply
      let payload =
        random.next() % 3 == 0
        ? From.http(UInt32(random.next() % 8))
        : (0..<Int(random.next() % 40)).map { _ in UInt8(truncatingIfNeeded: random.next() % 5) }
      FrameEncoder.append(
        kind, call: random.next() % 12, more: kind.mayChain && random.next() % 5 == 0, payload, to: &bytes)
      if random.next() % 50 == 0 { bytes[Int(random.next() % 14)] ^= 0x10 }
      let events = session.receive(bytes)
      #expect(!faulted || events.isEmpty)
      if case .fault? = events.last { faulted = true }
      _ = session.takeOutput(about: Int(random.next() % 100_000))
      if faulted {
        session.session = WorkerSession()
        faulted = false
        _ = session.receive(From.hello())
        _ = session.receive(From.ready())
      }
    }
  }
}
