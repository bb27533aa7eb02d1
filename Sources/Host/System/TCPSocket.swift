import CLinux
import Glibc
import Synchronization

/// TCP sockets; all are non-blocking and close-on-exec.
package enum TCPSocket {
  /// Listens at an address; port 0 lets the kernel choose, `localAddress` tells which.
  package static func listen(_ address: SocketAddress, backlog: Int32 = 1024) throws(SystemError) -> Descriptor {
    let socket = try make(address)
    let number = socket.raw
    try set(socket, SOL_SOCKET, SO_REUSEADDR, 1)
    try call("bind", address) { slipway_bind(number, $0, $1) }
    _ = try retrying("listen", address.description) { Glibc.listen(number, backlog) }
    return socket
  }

  /// The address that a socket is bound to.
  package static func localAddress(of socket: Descriptor) throws(SystemError) -> SocketAddress {
    let number = socket.raw
    return try address("getsockname") { slipway_getsockname(number, $0, $1) }
  }

  /// The address of the other end of a connected socket.
  package static func peerAddress(of socket: Descriptor) throws(SystemError) -> SocketAddress {
    let number = socket.raw
    return try address("getpeername") { slipway_getpeername(number, $0, $1) }
  }

  private static func address(
    _ name: String, _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(SystemError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    _ = try retrying(name) {
      withUnsafeMutablePointer(to: &storage) { pointer in
        // sockaddr_storage is made to be read as any sockaddr.
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
      }
    }
    guard let address = SocketAddress(storage) else { throw SystemError(name, code: EAFNOSUPPORT) }
    return address
  }

  /// Connects, suspending the task; fails with ETIMEDOUT at the deadline (a time of `Clock.monotonic`).
  package static func connect(
    _ address: SocketAddress, on reactor: Reactor, deadline: UInt64
  ) async throws(SystemError) -> Descriptor {
    let result = await withCheckedContinuation { continuation in
      connect(address, on: reactor, deadline: deadline) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Connects; the handler is called exactly once, on the loop thread.
  package static func connect(
    _ address: SocketAddress, on reactor: Reactor, deadline: UInt64,
    _ handler: @escaping @Sendable (Result<Descriptor, SystemError>) -> Void
  ) {
    reactor.submit {
      do throws(SystemError) {
        let socket = try make(address)
        try set(socket, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let number = socket.raw
        do throws(SystemError) {
          try call("connect", address) { slipway_connect(number, $0, $1) }
        } catch  where error.code == EINPROGRESS {
          return try Connecting(address, socket, handler).begin(reactor, deadline)
        }
        handler(.success(socket))
      } catch { handler(.failure(error)) }
    }
  }

  private static func make(_ address: SocketAddress) throws(SystemError) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    return Descriptor(owning: try retrying("socket", address.description) { Glibc.socket(address.family, type, 0) })
  }

  private static func set(
    _ socket: Descriptor, _ level: Int32, _ option: Int32, _ value: Int32
  ) throws(SystemError) {
    let number = socket.raw
    _ = try retrying("setsockopt") {
      withUnsafeBytes(of: value) { setsockopt(number, level, option, $0.baseAddress, socklen_t($0.count)) }
    }
  }

  private static func call(
    _ name: String, _ address: SocketAddress, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) throws(SystemError) {
    let (storage, length) = address.storage
    // A connect that a signal interrupts goes on by itself; repeated, it reports EALREADY or success.
    _ = try retrying(name, address.description) {
      withUnsafePointer(to: storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
      }
    }
  }
}

/// A connection under way: the first of "writable" and "deadline" decides it.
///
/// `@unchecked Sendable`: used on the loop thread only, from `begin` on.
private final class Connecting: @unchecked Sendable {
  private let address: SocketAddress
  private let socket: Descriptor
  private var handler: (@Sendable (Result<Descriptor, SystemError>) -> Void)?
  private var watch: Watch?
  private var timer: ReactorTimer?

  init(
    _ address: SocketAddress, _ socket: Descriptor,
    _ handler: @escaping @Sendable (Result<Descriptor, SystemError>) -> Void
  ) {
    self.address = address
    self.socket = socket
    self.handler = handler
  }

  func begin(_ reactor: Reactor, _ deadline: UInt64) throws(SystemError) {
    watch = try reactor.watch(socket, .write) { [self] _ in decide() }
    timer = reactor.schedule(at: deadline) { [self] in end(ETIMEDOUT) }
  }

  private func decide() {
    var code: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    let result = getsockopt(socket.raw, SOL_SOCKET, SO_ERROR, &code, &length)
    end(result == 0 ? code : errno)
  }

  private func end(_ code: Int32) {
    watch?.cancel()
    timer?.cancel()
    (watch, timer) = (nil, nil)
    let handler = handler
    self.handler = nil
    handler?(
      code == 0
        ? .success(socket) : .failure(SystemError("connect", code: code, context: address.description)))
  }
}
