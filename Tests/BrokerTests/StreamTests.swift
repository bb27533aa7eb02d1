import Foundation
import Synchronization
import Testing

@testable import Broker

@Suite(.timeLimit(.minutes(1))) struct StreamTests {
  /// Keeps what it is given, and answers as told.
  final class Receiver: BrokerReceiver {
    let bytes = Mutex<[UInt8]>([])
    let heads = Mutex<[Int]>([])
    let pieces: AsyncStream<Int>
    private let continuation: AsyncStream<Int>.Continuation
    private let flow: BrokerFlow

    init(_ flow: BrokerFlow = .more) {
      self.flow = flow
      (pieces, continuation) = AsyncStream.makeStream()
    }

    func head(_ head: BrokerHead) { heads.withLock { $0.append(head.status) } }

    func piece(_ bytes: [UInt8]) -> BrokerFlow {
      self.bytes.withLock { $0 += bytes }
      continuation.yield(bytes.count)
      return flow
    }
  }

  static func chunked(status: String = "200 OK", pieces: Int) throws -> RawServer {
    try RawServer { server, connection in
      guard let request = connection.request() else { return }
      server.note(request)
      connection.write("HTTP/1.1 \(status)\r\nTransfer-Encoding: chunked\r\n\r\n")
      for index in 0..<pieces {
        let text = "{\"progress\":\(index)}\n" + String(repeating: " ", count: 30_000)
        connection.write(String(text.utf8.count, radix: 16) + "\r\n" + text + "\r\n")
      }
      connection.write("0\r\nX-Trailer: t\r\n\r\n")
      server.note(RawRequest(head: "written", body: []))
    }
  }

  @Test func `a streamed body arrives in pieces and the answer's own is empty`() async throws {
    let server = try Self.chunked(pieces: 20)
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let receiver = Receiver()
    let result = await fixture.broker.send(
      BrokerRequest(
        grant: try localGrant(server.port), verb: .prepare, method: "POST", path: "/images/create", maxResponseBytes: 1),
      receiver: receiver)
    #expect(result.outcome.answer?.status == 200)
    #expect(result.outcome.answer?.body.isEmpty == true)
    #expect(receiver.heads.withLock { $0 } == [200])
    let text = receiver.bytes.withLock { String(decoding: $0, as: UTF8.self) }
    #expect(text.split(separator: "\n").count == 21)
    #expect(text.contains("{\"progress\":19}"))
  }

  @Test func `an answer that is not 2xx is not streamed`() async throws {
    let server = try Self.chunked(status: "404 Not Found", pieces: 1)
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let receiver = Receiver()
    let result = await fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .prepare, method: "POST", path: "/images/create"),
      receiver: receiver)
    #expect(result.outcome.answer?.status == 404)
    #expect(result.outcome.answer?.text.contains("progress") == true)
    #expect(receiver.heads.withLock { $0 }.isEmpty && receiver.bytes.withLock { $0 }.isEmpty)
  }

  @Test func `a receiver that asks for a pause gets one piece for each resume`() async throws {
    let server = try Self.chunked(pieces: 5)
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let receiver = Receiver(.pause)
    let results = AsyncStream.makeStream(of: BrokerResult.self)
    let ticket = fixture.broker.send(
      BrokerRequest(grant: try localGrant(server.port), verb: .prepare, path: "/log"), receiver: receiver
    ) {
      results.continuation.yield($0)
      results.continuation.finish()
    }
    let pump = Task { for await _ in receiver.pieces { ticket.resume() } }
    for await result in results.stream { #expect(result.outcome.answer?.status == 200) }
    pump.cancel()
    #expect(receiver.bytes.withLock { $0.count } > 150_000)
  }

  @Test func `a receiver that stops ends a read, and a POST is finished without it`() async throws {
    for method in ["GET", "POST"] {
      let server = try Self.chunked(pieces: 100)
      defer { server.stop() }
      let fixture = try BrokerFixture()
      let receiver = Receiver(.stop)
      let result = await fixture.broker.send(
        BrokerRequest(grant: try localGrant(server.port), verb: .prepare, method: method, path: "/log"),
        receiver: receiver)
      #expect(result.outcome.noAnswer?.status == 200)
      #expect(receiver.bytes.withLock { $0.count } < 1_000_000)
      if method == "POST" { #expect(await fixture.nextRecord()?.ending == .answered) }
    }
  }

  @Test func `a paused stream whose caller gives up is read to its end`() async throws {
    let server = try Self.chunked(pieces: 200)
    defer { server.stop() }
    let fixture = try BrokerFixture()
    let receiver = Receiver(.pause)
    let request = BrokerRequest(
      grant: try localGrant(server.port), verb: .prepare, method: "POST", path: "/images/create", timeoutMs: 100)
    let result = await fixture.broker.send(request, receiver: receiver)
    #expect(result.times.isOnWire)
    #expect(await fixture.nextRecord()?.ending == .answered)
    #expect(server.requests.last?.head == "written")
  }
}
