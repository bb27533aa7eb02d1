import Foundation
import Glibc
import HTTP
import System
import Testing

private func echo(_ request: HTTPRequest, _ info: ConnectionInfo) async -> HTTPReply {
  .whole(.text("\(request.method) \(request.path) \(String(decoding: request.body, as: UTF8.self))"))
}

@Suite struct ServerTests {
  @Test func `a client gets its answer over a unix socket that only the owner may use`() async throws {
    try await Fixture.run(handler: echo) { fixture in
      let answer = try await fixture.client.send(HTTPRequest(method: "POST", path: "/a", body: Array("body".utf8)))
      #expect(answer.status == 200)
      #expect(String(decoding: answer.body, as: UTF8.self) == "POST /a body\n")
      let mode = try FileManager.default.attributesOfItem(atPath: fixture.path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
    }
  }

  @Test func `a client gets its answer over TCP`() async throws {
    let reactor = try Reactor(name: "http-tcp")
    defer { reactor.stop() }
    let address = try #require(SocketAddress("127.0.0.1", port: 0))
    let server = try HTTPServer(.tcp(address), on: reactor) { _, info in .whole(.text(info.address)) }
    let client = HTTPClient(server.endpoint, on: reactor)
    let answer = try await client.send(HTTPRequest(method: "GET", path: "/t"))
    #expect(String(decoding: answer.body, as: UTF8.self).hasPrefix("127.0.0.1:"))
    await server.stop()
    await #expect(throws: HTTPClientError.self) { try await client.send(HTTPRequest(method: "GET", path: "/t")) }
  }

  @Test func `the handler learns who connected`() async throws {
    try await Fixture.run(handler: { _, info in
      .whole(.text("\(info.peerUser ?? 1) \(info.peerProcess ?? 0)"))
    }) { fixture in
      let answer = try await fixture.client.send(HTTPRequest(method: "GET", path: "/"))
      #expect(String(decoding: answer.body, as: UTF8.self) == "\(getuid()) \(getpid())\n")
    }
  }

  @Test func `requests sent ahead are answered in order on one connection`() async throws {
    try await Fixture.run(handler: echo) { fixture in
      let client = try fixture.raw()
      try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      try client.send("GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET /never HTTP/1.1\r\n")
      let text = await client.readAll()
      #expect(text.components(separatedBy: "HTTP/1.1 200 OK").count == 4)
      let order = ["/1", "/2", "/3"].map { text.range(of: $0)?.lowerBound }
      #expect(order == order.sorted { ($0 ?? text.endIndex) < ($1 ?? text.endIndex) })
      #expect(!text.contains("/never"))
    }
  }

  @Test func `a client that closes its sending side still gets its answers`() async throws {
    try await Fixture.run(handler: echo) { fixture in
      let client = try fixture.raw()
      try client.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
      client.endInput()
      let text = await client.readAll()
      #expect(text.contains("GET /1") && text.contains("GET /2"))
    }
  }

  @Test func `HEAD is answered with the length and without the body`() async throws {
    try await Fixture.run(handler: { _, _ in .whole(.text("12345")) }) { fixture in
      let client = try fixture.raw()
      try client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      let text = await client.readAll()
      #expect(text.contains("content-length: 6\r\n") && text.hasSuffix("\r\n\r\n"))
    }
  }

  @Test func `what cannot be parsed is refused, and the connection closed`() async throws {
    let options = HTTPServerOptions(limits: HTTPLimits(body: 10))
    try await Fixture.run(options: options, handler: echo) { fixture in
      for (text, status) in [
        ("GARBAGE\r\n\r\n", 400), ("GET / HTTP/3.0\r\n\r\n", 505),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\nhello world", 413),
      ] {
        let client = try fixture.raw()
        try client.send(text)
        #expect(await client.readAll().hasPrefix("HTTP/1.1 \(status) "))
      }
    }
  }

  @Test func `100 Continue comes before the body is sent`() async throws {
    try await Fixture.run(handler: echo) { fixture in
      let client = try fixture.raw()
      try client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
      #expect(await client.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try client.send("hi")
      #expect(await client.read(until: "POST / hi").hasPrefix("HTTP/1.1 200 OK"))
    }
  }

  @Test func `a handler that waits delays nobody else`() async throws {
    let gate = Gate()
    try await Fixture.run(handler: { request, _ in
      if request.path == "/slow" { await gate.pass() }
      return .whole(.text(request.path))
    }) { fixture in
      async let slow = fixture.client.send(HTTPRequest(method: "GET", path: "/slow"))
      let quick = try await fixture.client.send(HTTPRequest(method: "GET", path: "/quick"))
      #expect(quick.status == 200)
      await gate.unlock()
      let status = try await slow.status
      #expect(status == 200)
    }
  }

  @Test func `clients that do not read delay nobody else`() async throws {
    let big = [UInt8](repeating: UInt8(ascii: "x"), count: 8 << 20)
    try await Fixture.run(handler: { request, _ in
      .whole(request.path == "/big" ? HTTPResponse(status: 200, body: big) : .text("small"))
    }) { fixture in
      let dead = try (0..<20).map { _ in try RawClient(path: fixture.path, on: fixture.reactor, reads: false) }
      for client in dead { try client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n") }
      let status = try await fixture.client.send(HTTPRequest(method: "GET", path: "/small")).status
      #expect(status == 200)
      let whole = try await fixture.client.send(HTTPRequest(method: "GET", path: "/big"))
      #expect(whole.body == big)
      for client in dead { client.close() }
    }
  }

  @Test func `a client that takes nothing is dropped`() async throws {
    let big = [UInt8](repeating: 1, count: 8 << 20)
    let options = HTTPServerOptions(stallTimeout: .milliseconds(50))
    try await Fixture.run(options: options, handler: { _, _ in .whole(HTTPResponse(status: 200, body: big)) }) {
      fixture in
      let client = try RawClient(path: fixture.path, on: fixture.reactor, reads: false)
      try client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
      // The watch has no interest, so only a hang-up by the server ends the stream.
      let text = await client.readAll()
      #expect(text.utf8.count < big.count)
    }
  }

  @Test func `an idle connection and a request that never ends run into their deadlines`() async throws {
    let options = HTTPServerOptions(idleTimeout: .milliseconds(50), requestTimeout: .milliseconds(50))
    try await Fixture.run(options: options, handler: echo) { fixture in
      let idle = try fixture.raw()
      #expect(await idle.readAll() == "")
      let slow = try fixture.raw()
      try slow.send("GET / HT")
      #expect(await slow.readAll().hasPrefix("HTTP/1.1 408 "))
    }
  }

  @Test func `simulated faults drop the connection where they should`() async throws {
    try await Fixture.run(handler: { request, _ in
      switch request.path {
      case "/none": .abort()
      case "/half": .abort(after: 20, of: .text("never whole"))
      default: .whole(.text("fine"))
      }
    }) { fixture in
      let none = try fixture.raw()
      try none.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await none.readAll() == "")
      let half = try fixture.raw()
      try half.send("GET /half HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(await half.readAll() == "HTTP/1.1 200 OK\r\ncon")
      await #expect(throws: HTTPClientError.self) {
        try await fixture.client.send(HTTPRequest(method: "GET", path: "/half"))
      }
      let status = try await fixture.client.send(HTTPRequest(method: "GET", path: "/")).status
      #expect(status == 200)
    }
  }

  @Test func `more connections than allowed wait for those that are busy`() async throws {
    let (entered, gate) = (Gate(), Gate())
    try await Fixture.run(
      options: HTTPServerOptions(maximumConnections: 1),
      handler: { request, info in
        if request.path == "/slow" {
          await entered.unlock()
          await gate.pass()
        }
        return await echo(request, info)
      }
    ) { fixture in
      let first = try fixture.raw()
      try first.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
      await entered.pass()
      async let second = fixture.client.send(HTTPRequest(method: "GET", path: "/second"))
      await gate.unlock()
      // Answered, and then closed in favour of whoever waits.
      #expect(await first.readAll().contains("/slow"))
      first.close()
      let status = try await second.status
      #expect(status == 200)
    }
  }

  @Test func `of connections that wait for nothing the oldest makes room`() async throws {
    try await Fixture.run(options: HTTPServerOptions(maximumConnections: 2), handler: echo) { fixture in
      let (first, second) = (try fixture.raw(), try fixture.raw())
      for (raw, path) in [(first, "/first"), (second, "/second")] {
        try raw.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        _ = await raw.read(until: path)
      }
      let status = try await fixture.client.send(HTTPRequest(method: "GET", path: "/third")).status
      #expect(status == 200)
      #expect(await first.readAll() == "")
      try second.send("GET /again HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
      #expect(await second.readAll().contains("/again"))
      first.close()
      second.close()
    }
  }

  @Test func `a stop lets the request under way finish and removes the socket`() async throws {
    let gate = Gate()
    let entered = Gate()
    try await Fixture.run(handler: { _, _ in
      await entered.unlock()
      await gate.pass()
      return .whole(.text("finished"))
    }) { fixture in
      async let answer = fixture.client.send(HTTPRequest(method: "GET", path: "/"))
      await entered.pass()
      async let stopped: Void = fixture.server.stop(grace: .seconds(60))
      await gate.unlock()
      let body = try await answer.body
      #expect(body == Array("finished\n".utf8))
      await stopped
      #expect(!FileManager.default.fileExists(atPath: fixture.path))
    }
  }

  @Test func `a socket that is answered is not taken over, a stale one is`() async throws {
    try await Fixture.run(handler: echo) { fixture in
      #expect(throws: SystemError.self) {
        try HTTPServer(.unix(path: fixture.path), on: fixture.reactor, handler: echo)
      }
      let status = try await fixture.client.send(HTTPRequest(method: "GET", path: "/")).status
      #expect(status == 200)
    }
    let path = "/tmp/http-stale-\(UUID().uuidString.prefix(13)).sock"
    try UnixSocket.listen(path: path).close()
    let reactor = try Reactor()
    defer { reactor.stop() }
    let server = try HTTPServer(.unix(path: path), on: reactor, handler: echo)
    let status = try await HTTPClient(.unix(path: path), on: reactor).send(HTTPRequest(method: "GET", path: "/")).status
    #expect(status == 200)
    await server.stop()
  }
}
