import HTTP
import System
import Testing

@Suite struct StreamTests {
  @Test func `a stream arrives line by line, as its pieces come`() async throws {
    let (stream, source) = AsyncStream.makeStream(of: [UInt8].self)
    try await Fixture.run(handler: { _, _ in .streamed(HTTPResponse(status: 200), stream) }) { fixture in
      let answer = try await fixture.client.open(HTTPRequest(method: "GET", path: "/log"))
      #expect(answer.head.header("transfer-encoding") == "chunked")
      source.yield(Array("one\ntw".utf8))
      #expect(try await answer.nextLine() == "one")
      source.yield(Array("o\n\nthree".utf8))
      #expect(try await answer.nextLine() == "two")
      #expect(try await answer.nextLine() == "")
      source.yield([])
      source.finish()
      #expect(try await answer.nextLine() == "three")
      #expect(try await answer.nextLine() == nil)
    }
  }

  @Test func `the connection carries another request after a stream`() async throws {
    try await Fixture.run(handler: { request, _ in
      guard request.path == "/stream" else { return .whole(.text("whole")) }
      return .streamed(
        HTTPResponse(status: 200),
        AsyncStream { source in
          source.yield(Array("abc".utf8))
          source.finish()
        })
    }) { fixture in
      let client = try fixture.raw()
      try client.send("GET /stream HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let text = await client.readAll()
      #expect(text.contains("\r\n\r\n3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200 OK") && text.hasSuffix("whole\n"))
    }
  }

  @Test func `an HTTP/1.0 client gets a stream without chunks, ended by the close`() async throws {
    let stream = AsyncStream<[UInt8]> { source in
      source.yield(Array("abc".utf8))
      source.finish()
    }
    try await Fixture.run(handler: { _, _ in .streamed(HTTPResponse(status: 200), stream) }) { fixture in
      let client = try fixture.raw()
      try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
      let text = await client.readAll()
      #expect(text.hasSuffix("connection: close\r\n\r\nabc"))
    }
  }

  @Test(arguments: [true, false])
  func `the producer learns that the client hung up`(politely: Bool) async throws {
    let over = Gate()
    let (stream, source) = AsyncStream.makeStream(of: [UInt8].self)
    source.onTermination = { _ in Task { await over.unlock() } }
    try await Fixture.run(handler: { _, _ in .streamed(HTTPResponse(status: 200), stream) }) { fixture in
      let client = try fixture.raw()
      try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      source.yield(Array("first".utf8))
      _ = await client.read(until: "first")
      if politely { client.endInput() } else { client.close() }
      await over.pass()
    }
  }

  @Test func `a client that does not read holds its stream back, not the server's memory`() async throws {
    let piece = [UInt8](repeating: 7, count: 1 << 16)
    let counter = Counter()
    let stream = AsyncStream<[UInt8]>(unfolding: {
      await counter.add()
      return piece
    })
    try await Fixture.run(handler: { request, _ in
      request.path == "/endless" ? .streamed(HTTPResponse(status: 200), stream) : .whole(.text("ok"))
    }) { fixture in
      let client = try RawClient(path: fixture.path, on: fixture.reactor, reads: false)
      try client.send("GET /endless HTTP/1.1\r\nHost: a\r\n\r\n")
      await counter.wait(for: 2)
      for _ in 0..<50 { _ = try await fixture.client.send(HTTPRequest(method: "GET", path: "/")) }
      // The kernel's buffers and ours hold some pieces; an unbounded server would be far beyond.
      #expect(await counter.count < 40)
      client.close()
    }
  }

  @Test func `a stop ends a stream after its grace`() async throws {
    let (stream, source) = AsyncStream.makeStream(of: [UInt8].self)
    try await Fixture.run(handler: { _, _ in .streamed(HTTPResponse(status: 200), stream) }) { fixture in
      let answer = try await fixture.client.open(HTTPRequest(method: "GET", path: "/"))
      source.yield(Array("x\n".utf8))
      #expect(try await answer.nextLine() == "x")
      await fixture.server.stop(grace: .milliseconds(10))
      await #expect(throws: HTTPClientError.self) { try await answer.nextLine() }
    }
  }

  @Test func `a client gives up at its deadline and when it is cancelled`() async throws {
    let gate = Gate()
    try await Fixture.run(handler: { _, _ in
      await gate.pass()
      return .whole(.text("late"))
    }) { fixture in
      await #expect(throws: HTTPClientError.timedOut(.unix(path: fixture.path))) {
        try await fixture.client.send(HTTPRequest(method: "GET", path: "/"), timeout: .milliseconds(30))
      }
      let task = Task { try await fixture.client.send(HTTPRequest(method: "GET", path: "/")) }
      task.cancel()
      await #expect(throws: HTTPClientError.cancelled) { try await task.value }
      await gate.unlock()
    }
  }

  @Test func `a server that is not there is unreachable`() async throws {
    let reactor = try Reactor()
    defer { reactor.stop() }
    let client = HTTPClient(.unix(path: "/tmp/no-such-server.sock"), on: reactor)
    do {
      _ = try await client.send(HTTPRequest(method: "GET", path: "/"))
      Issue.record("an answer came from nowhere")
    } catch {
      guard case .unreachable = error else {
        Issue.record("\(error)")
        return
      }
    }
  }
}

/// Counts, and lets a task wait for a count.
actor Counter {
  private(set) var count = 0
  private var waiting: [(Int, CheckedContinuation<Void, Never>)] = []

  func add() {
    count += 1
    for (goal, one) in waiting where goal <= count { one.resume() }
    waiting.removeAll { $0.0 <= count }
  }

  func wait(for goal: Int) async {
    if count < goal { await withCheckedContinuation { waiting.append((goal, $0)) } }
  }
}
