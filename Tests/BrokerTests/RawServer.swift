import Foundation
import Glibc
import Synchronization
import Testing

/// A TCP or Unix-socket server that shows each connection to a script, byte for byte, so that tests can misbehave.
final class RawServer: Sendable {
  /// One accepted connection; used by its own thread only.
  final class Connection {
    let descriptor: Int32
    let number: Int
    private var buffered: [UInt8] = []
    private var isOpen = true

    init(descriptor: Int32, number: Int) {
      self.descriptor = descriptor
      self.number = number
    }

    /// Reads one request with its Content-Length body; nil at the end of the connection.
    func request() -> RawRequest? {
      while true {
        if let end = buffered.firstRange(of: Array("\r\n\r\n".utf8)) {
          let head = String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
          let length = RawRequest(head: head, body: []).header("content-length").flatMap(Int.init) ?? 0
          let total = end.upperBound + length
          while buffered.count < total { if !fill() { return nil } }
          let body = Array(buffered[end.upperBound..<total])
          buffered.removeFirst(total)
          return RawRequest(head: head, body: body)
        }
        if !fill() { return nil }
      }
    }

    /// Reads one line and takes its CR LF off; nil at the end of the connection.
    func line() -> String? {
      while true {
        if let end = buffered.firstRange(of: [13, 10]) {
          let line = String(decoding: buffered[..<end.lowerBound], as: UTF8.self)
          buffered.removeFirst(end.upperBound)
          return line
        }
        if !fill() { return nil }
      }
    }

    /// Waits until the peer closes or resets the connection.
    func waitForEnd() { while fill() { buffered = [] } }

    func write(_ text: String) { write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) {
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count <= 0 { return }
        rest = rest.dropFirst(count)
      }
    }

    func reply(_ body: String, status: String = "200 OK", headers: String = "") {
      write("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }

    func close() {
      if isOpen { Glibc.close(descriptor) }
      isOpen = false
    }

    /// Closes with a reset instead of an orderly end.
    func reset() {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      close()
    }

    private func fill() -> Bool {
      var piece = [UInt8](repeating: 0, count: 65536)
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count > 0 else { return false }
      buffered += piece[..<count]
      return true
    }
  }

  typealias Script = @Sendable (Connection) -> Void

  let port: UInt16
  private let listener: Int32
  private let state = Mutex((accepted: 0, requests: [RawRequest]()))
  private let stream: AsyncStream<RawRequest>
  private let events: AsyncStream<RawRequest>.Continuation

  /// Connections accepted so far.
  var accepted: Int { state.withLock { $0.accepted } }
  /// Requests that scripts noted so far.
  var requests: [RawRequest] { state.withLock { $0.requests } }
  /// The same, as they come.
  var arrivals: AsyncStream<RawRequest> { stream }

  /// Listens on loopback, or on a Unix socket, and runs the script on a thread of each connection's own.
  init(unixPath: String? = nil, script: @escaping @Sendable (RawServer, Connection) -> Void) throws {
    (stream, events) = AsyncStream.makeStream()
    let listener = unixPath == nil ? socket(AF_INET, 1, 0) : socket(AF_UNIX, 1, 0)
    self.listener = listener
    // A test that fails must not hang its threads.
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    if let unixPath {
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(unixPath.utf8)) }
      let code = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(listener, __CONST_SOCKADDR_ARG(__sockaddr__: $0), socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      try #require(code == 0)
      port = 80
    } else {
      port = try loopbackPort(of: listener)
    }
    try #require(listen(listener, 64) == 0)
    Thread.detachNewThread { [self] in
      while true {
        let descriptor = accept4(listener, __SOCKADDR_ARG(__sockaddr__: nil), nil, 0)
        guard descriptor >= 0 else { return }
        var one: Int32 = 1
        setsockopt(descriptor, 6, 1, &one, 4)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let number = state.withLock {
          $0.accepted += 1
          return $0.accepted
        }
        Thread.detachNewThread {
          let connection = Connection(descriptor: descriptor, number: number)
          script(self, connection)
          connection.close()
        }
      }
    }
  }

  /// Notes a request for the test.
  func note(_ request: RawRequest) {
    state.withLock { $0.requests.append(request) }
    events.yield(request)
  }

  /// The next noted request.
  func nextRequest() async -> RawRequest? {
    for await request in stream { return request }
    return nil
  }

  /// Stops listening; its threads end.
  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  /// A server that answers every request on a connection with the same text.
  static func answering(_ body: String = "{}", headers: String = "", unixPath: String? = nil) throws -> RawServer {
    try RawServer(unixPath: unixPath) { server, connection in
      while let request = connection.request() {
        server.note(request)
        connection.reply(body, headers: headers)
      }
    }
  }
}

/// One request as it was on the wire.
struct RawRequest: Sendable {
  var head: String
  var body: [UInt8]

  var line: String { String(head.split(separator: "\r\n", omittingEmptySubsequences: false).first ?? "") }

  /// All header lines with names in lower case.
  var headers: [(name: String, value: String)] {
    head.components(separatedBy: "\r\n").dropFirst().compactMap { line in
      guard let colon = line.firstIndex(of: ":") else { return nil }
      return (line[..<colon].lowercased(), line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces))
    }
  }

  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Binds a socket to a free port of loopback and returns the port.
func loopbackPort(of descriptor: Int32) throws -> UInt16 {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let code = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      bind(descriptor, __CONST_SOCKADDR_ARG(__sockaddr__: $0), length)
        | getsockname(descriptor, __SOCKADDR_ARG(__sockaddr__: $0), &length)
    }
  }
  try #require(code == 0)
  return UInt16(bigEndian: address.sin_port)
}
