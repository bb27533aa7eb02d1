import Foundation
import HTTP
import Synchronization
import System

/// A server on a unix socket of its own, with a reactor of its own; `run` stops both.
struct Fixture: Sendable {
  let reactor: Reactor
  let server: HTTPServer
  let path: String

  var client: HTTPClient { HTTPClient(.unix(path: path), on: reactor) }

  static func run(
    options: HTTPServerOptions = HTTPServerOptions(), handler: @escaping HTTPServer.Handler,
    body: (Fixture) async throws -> Void
  ) async throws {
    let path = "/tmp/http-test-\(UUID().uuidString.prefix(13)).sock"
    let reactor = try Reactor(name: "http-test")
    let server = try HTTPServer(.unix(path: path), on: reactor, options: options, handler: handler)
    let fixture = Fixture(reactor: reactor, server: server, path: path)
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(fixture))
    } catch {
      result = .failure(error)
    }
    await server.stop(grace: .zero)
    reactor.stop()
    try result.get()
  }

  func raw() throws -> RawClient { try RawClient(path: path, on: reactor) }
}

/// A connection that sends and receives any bytes.
final class RawClient: Sendable {
  private let socket: Descriptor
  private let received: AsyncStream<[UInt8]>
  private let watch = Mutex<Watch?>(nil)
  private let reactor: Reactor

  /// With `reads` false it never reads, as a client that hangs does.
  init(path: String, on reactor: Reactor, reads: Bool = true) throws {
    self.reactor = reactor
    socket = try UnixSocket.connect(path: path)
    let (stream, continuation) = AsyncStream.makeStream(of: [UInt8].self)
    received = stream
    let begun = try reactor.watch(socket, reads ? .read : []) { [weak self, socket] _ in
      switch try? socket.receive(atMost: 1 << 16) {
      case .bytes(let bytes): continuation.yield(bytes)
      case .wouldBlock: break
      case .end, nil:
        // The end stays readable: without this the loop would turn for nothing.
        self?.watch.withLock { $0?.cancel() }
        continuation.finish()
      }
    }
    watch.withLock { $0 = begun }
  }

  deinit { close() }

  func send(_ text: String) throws { _ = try socket.send(Array(text.utf8)[...]) }

  func endInput() { socket.shutdown(read: false, write: true) }

  func close() {
    watch.withLock { $0?.cancel() }
    socket.close()
  }

  /// Everything until the server closes.
  func readAll() async -> String {
    var bytes: [UInt8] = []
    for await part in received { bytes += part }
    watch.withLock { $0?.cancel() }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Everything until the text so far contains some words.
  func read(until words: String) async -> String {
    var bytes: [UInt8] = []
    for await part in received {
      bytes += part
      if String(decoding: bytes, as: UTF8.self).contains(words) { break }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A gate that opens once; tasks wait at it.
actor Gate {
  private var open = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  func pass() async {
    if !open { await withCheckedContinuation { waiting.append($0) } }
  }

  func unlock() {
    open = true
    for one in waiting { one.resume() }
    waiting = []
  }
}
