import Foundation
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
  @Test func `cancelling a read ends it on the wire`() async throws {
    let ended = Gate()
    let server = try RawServer { server, connection in
      if let request = connection.request() { server.note(request) }
      connection.waitForEnd()
      ended.open()
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    let task = Task { await fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/servers")) }
    _ = await server.nextRequest()
    task.cancel()
    #expect(await task.value.outcome.noAnswer != nil)
    #expect(await !task.value.times.isOnWire)
    await ended.wait()
    #expect(fixture.records.isEmpty)
  }

  @Test(arguments: ["POST", "DELETE"])
  func `cancelling anything else answers the caller at once, and the broker finishes and records it`(
    method: String
  ) async throws {
    let release = Gate()
    let server = try RawServer { server, connection in
      guard let request = connection.request() else { return }
      server.note(request)
      release.block()
      connection.reply(#"{"server":{"id":4711}}"#, status: "201 Created")
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let request = BrokerRequest(
      grant: try localGrant(server.port), verb: .terminate, method: method, path: "/servers/1", query: "secret=1")
    let task = Task { await fixture.broker.send(request) }
    _ = await server.nextRequest()
    task.cancel()
    let result = await task.value
    #expect(result.outcome.noAnswer != nil)
    #expect(result.times.isOnWire)
    release.open()
    let record = try #require(await fixture.nextRecord())
    #expect(record.ending == .answered)
    #expect(record.path == "/servers/1")
    #expect(record.account == "acc-1")
    #expect(String(decoding: record.bodyPrefix, as: UTF8.self).contains("4711"))
    #expect(fixture.passages.map(\.point) == [.bytesOut, .bytesIn])
    #expect(fixture.records.count == 1)
  }

  @Test func `a task that was cancelled before sends nothing`() async throws {
    let server = try RawServer.answering()
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    let started = Gate()
    let task = Task {
      await started.wait()
      return await fixture.broker.send(BrokerRequest(grant: grant, verb: .provision, method: "POST", path: "/servers"))
    }
    task.cancel()
    started.open()
    #expect(await task.value.outcome.notSent?.cause == .cancelled)
    #expect(server.accepted == 0)
  }

  @Test func `what is cancelled while it connects is not sent`() async throws {
    let listener = try FullListener()
    let fixture = try BrokerFixture()
    let results = AsyncStream.makeStream(of: BrokerResult.self)
    let request = BrokerRequest(
      grant: try localGrant(listener.port), verb: .provision, method: "POST", path: "/servers")
    let ticket = fixture.broker.send(request) { results.continuation.yield($0) }
    ticket.cancel()
    ticket.cancel()
    for await result in results.stream {
      #expect(result.outcome.notSent?.cause == .cancelled)
      break
    }
    #expect(fixture.records.allSatisfy { $0.ending == .notSent })
  }

  @Test func `closing drops reads and waits for the rest`() async throws {
    let release = Gate()
    let server = try RawServer { server, connection in
      guard let request = connection.request() else { return }
      server.note(request)
      if request.line.hasPrefix("GET") { return connection.waitForEnd() }
      release.block()
      connection.reply("{}", status: "201 Created")
    }
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let grant = try localGrant(server.port)
    async let read = fixture.broker.send(BrokerRequest(grant: grant, verb: .poll, path: "/servers"))
    async let made = fixture.broker.send(
      BrokerRequest(grant: grant, verb: .provision, method: "POST", path: "/servers"))
    _ = await server.nextRequest()
    _ = await server.nextRequest()
    async let closed: Void = fixture.broker.close()
    #expect(await read.outcome.noAnswer != nil)
    release.open()
    await closed
    #expect(fixture.records.map(\.ending) == [.answered])
    #expect(await made.outcome.answer?.status == 201)
  }

  @Test func `a broker that is let go finishes what is on the wire`() async throws {
    let release = Gate()
    let server = try RawServer { server, connection in
      guard let request = connection.request() else { return }
      server.note(request)
      release.block()
      connection.reply("{}", status: "201 Created")
    }
    defer { server.stop() }
    var fixture: BrokerFixture? = try BrokerFixture()
    let results = AsyncStream.makeStream(of: BrokerResult.self)
    fixture?.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .provision, method: "POST", path: "/servers")
    ) { results.continuation.yield($0) }
    _ = await server.nextRequest()
    fixture = nil
    release.open()
    for await result in results.stream {
      #expect(result.outcome.answer?.status == 201)
      break
    }
  }
}
