import Foundation
import Glibc
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct ClassificationTests {
  @Test func `an answer comes back with status, lower-case headers and body`() async throws {
    let server = try RawServer.answering(#"{"servers":[]}"#, headers: "X-Limit: 10\r\nSet-Cookie: a=b\r\n")
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .list, path: "/servers", query: "page=1"))
    let answer = try #require(result.outcome.answer)
    #expect(answer.status == 200)
    #expect(answer.text == #"{"servers":[]}"#)
    #expect(answer.header("x-limit") == "10")
    #expect(answer.header("set-cookie") == nil)
    #expect(answer.headerLines.contains("x-limit: 10\n"))
    #expect(server.requests.first?.line == "GET /v1/servers?page=1 HTTP/1.1")
    #expect(server.requests.first?.header("authorization") == "Bearer \(testToken)")
    #expect(server.requests.first?.header("accept-encoding") == "gzip, deflate")
    #expect(result.times.newConnection == true)
    #expect(result.times.httpVersion == "1.1")
    #expect(result.times.wasSent && !result.times.isOnWire)
    #expect(fixture.heads.first?.status == 200)
    #expect(fixture.passages.map(\.point) == [.bytesOut, .bytesIn])
    #expect(fixture.records.isEmpty)
  }

  @Test func `a refused connection is not sent`() async throws {
    let descriptor = socket(AF_INET, 1, 0)
    defer { close(descriptor) }
    let port = try loopbackPort(of: descriptor)  // bound, not listening
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(port), verb: .provision, method: "POST", path: "/servers"))
    #expect(result.outcome.notSent?.cause == .unreachable)
    #expect(!result.times.wasSent)
    #expect(fixture.records.map(\.ending) == [.notSent])
  }

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "HEAD"])
  func `a connection that closes after the request was read is sent without an answer`(method: String) async throws {
    let server = try RawServer { server, connection in
      if let request = connection.request() { server.note(request) }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let verb: BrokerVerb = method == "GET" || method == "HEAD" ? .poll : .provision
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: verb, method: method, path: "/servers"))
    #expect(result.outcome.noAnswer != nil)
    #expect(result.outcome.noAnswer?.status == nil)
    #expect(server.requests.count == 1)
  }

  @Test func `a reset after the request was read is sent without an answer`() async throws {
    let server = try RawServer { server, connection in
      if connection.request() != nil { connection.reset() }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers", body: Array("{}".utf8)))
    #expect(result.outcome.noAnswer != nil)
    #expect(fixture.records.map(\.ending) == [.sentNoAnswer])
  }

  @Test func `a body shorter than its length is no whole answer, and its status is kept as evidence`() async throws {
    let server = try RawServer { _, connection in
      if connection.request() != nil {
        connection.write("HTTP/1.1 201 Created\r\nContent-Length: 100\r\n\r\n{\"id\":4711")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers"))
    #expect(result.outcome.noAnswer?.status == 201)
    let record = try #require(fixture.records.first)
    #expect(record.status == 201)
    #expect(String(decoding: record.bodyPrefix, as: UTF8.self) == "{\"id\":4711")
  }

  @Test(arguments: ["not http at all\r\n\r\n", "HTTP/1.1 \r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"])
  func `what is not an answer is no answer`(text: String) async throws {
    let server = try RawServer { _, connection in
      if connection.request() != nil { connection.write(text) }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers"))
    #expect(result.outcome.noAnswer != nil)
  }

  @Test func `an interim answer is skipped`() async throws {
    let server = try RawServer { _, connection in
      if connection.request() != nil {
        connection.write("HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\n")
        connection.reply("ok", status: "202 Accepted")
      }
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers"))
    let answer = try #require(result.outcome.answer)
    #expect(answer.status == 202)
    #expect(answer.header("x-early") == nil)
    #expect(fixture.heads.count == 1)
  }

  @Test func `time that runs out before the connection stands is not sent`() async throws {
    let listener = try FullListener()
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(listener.port), verb: .provision, method: "POST", path: "/servers", timeoutMs: 50))
    #expect(result.outcome.notSent?.cause == .timeout)
    #expect(fixture.records.map(\.ending) == [.notSent])
  }

  @Test func `time that runs out after sending is no answer, and the request is finished and recorded`() async throws {
    let release = Gate()
    let server = try RawServer { server, connection in
      guard let request = connection.request() else { return }
      server.note(request)
      release.block()
      connection.reply(#"{"server":{"id":4711,"root_password":"hunter2"}}"#, status: "201 Created")
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers", timeoutMs: 100,
        correlation: BrokerCorrelation(call: "c1", operation: "o1", attempt: "a1")))
    #expect(result.outcome.noAnswer != nil)
    #expect(result.times.isOnWire)
    #expect(fixture.records.isEmpty)
    release.open()
    let record = try #require(await fixture.nextRecord())
    #expect(record.ending == .answered)
    #expect(record.status == 201)
    #expect(record.correlation.attempt == "a1")
    let body = String(decoding: record.bodyPrefix, as: UTF8.self)
    #expect(body.contains("4711"))
    #expect(!body.contains("hunter2"))
    #expect(!record.times.isOnWire)
  }

  @Test func `a request that is never answered leaves the wire at its limit`() async throws {
    let server = try RawServer { server, connection in
      if let request = connection.request() { server.note(request) }
      connection.waitForEnd()
    }
    defer { server.stop() }
    let fixture = try BrokerFixture(configure: { $0.mutationWireMs = 0 })
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(server.port), verb: .terminate, method: "DELETE", path: "/servers/1", timeoutMs: 100))
    #expect(result.outcome.noAnswer != nil)
    #expect(!result.times.isOnWire)
    #expect(fixture.records.map(\.ending) == [.sentNoAnswer])
  }

  @Test func `a request whose latest moment has passed is not sent although the connection stands`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let wall = Mutex<Int64>(1_000_000)
    let clock = BrokerClock(monotonicMs: BrokerClock.system.monotonicMs, wallMs: { wall.withLock { $0 } })
    let fixture = try BrokerFixture(clock: clock)
    var request = BrokerRequest(
      grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers",
      notAfterWallMs: 1_000_000)
    #expect(await fixture.broker.send(request).outcome.answer?.status == 200)
    wall.withLock { $0 = 1_000_001 }
    let late = await fixture.broker.send(request)
    #expect(late.outcome.notSent?.cause == .tooLate)
    #expect(server.requests.count == 1)
    request.notAfterWallMs = nil
    #expect(await fixture.broker.send(request).outcome.answer?.status == 200)
  }

  @Test(arguments: [nil, "", "two\nlines", "nul\0"])
  func `without a usable credential nothing is sent, and the remedy is named`(credential: String?) async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port, credential: credential), verb: .list, path: "/servers"))
    let why = try #require(result.outcome.notSent)
    #expect(why.cause == .noCredential)
    #expect(why.reason.contains("store the credential again"))
    #expect(why.reason.contains("acc-1"))
    #expect(server.accepted == 0)
  }

  @Test func `an empty budget is not sent and says when to try again`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture(gate: { $0.method == .post ? .wait(1500) : .go })
    let grant = try localGrant(server.port)
    let result = await fixture.broker.send(
      BrokerRequest(grant: grant, verb: .provision, method: "POST", path: "/servers"))
    #expect(result.outcome.notSent?.cause == .held)
    #expect(result.outcome.notSent?.retryAfterMs == 1500)
    #expect(server.accepted == 0)
    let read = await fixture.broker.send(BrokerRequest(grant: grant, verb: .list, path: "/servers"))
    #expect(read.outcome.answer != nil)
  }

  @Test func `a closed broker sends nothing`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    await fixture.broker.close()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .list, path: "/servers"))
    #expect(result.outcome.notSent?.cause == .closing)
    await fixture.broker.close()
    #expect(server.accepted == 0)
  }
}

/// A listener that accepts nothing and whose backlog is full, so that a connect hangs.
final class FullListener: Sendable {
  let port: UInt16
  private let descriptors: [Int32]

  init() throws {
    let listener = socket(AF_INET, 1, 0)
    port = try loopbackPort(of: listener)
    try #require(listen(listener, 0) == 0)
    var all = [listener]
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    address.sin_port = port.bigEndian
    for _ in 0..<4 {
      let client = socket(AF_INET, 1, 0)
      _ = fcntl(client, F_SETFL, O_NONBLOCK)
      _ = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(client, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      all.append(client)
    }
    descriptors = all
  }

  deinit { for descriptor in descriptors { close(descriptor) } }
}
