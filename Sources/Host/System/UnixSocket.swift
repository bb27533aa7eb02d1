import CLinux
import Glibc

/// Who is at the other end of a unix socket, as the kernel noted when it was connected.
package struct PeerCredentials: Sendable, Hashable {
  /// Process id.
  package let pid: Int32
  /// User id.
  package let uid: UInt32
  /// Group id.
  package let gid: UInt32
}

/// Stream sockets between processes of this machine. All are non-blocking and close-on-exec unless said otherwise.
package enum UnixSocket {
  /// Two connected ends. Only `near` is non-blocking: the far one goes to a child, which expects a plain socket.
  package static func pair() throws(SystemError) -> (near: Descriptor, far: Descriptor) {
    var ends: [Int32] = [-1, -1]
    _ = try retrying("socketpair") {
      socketpair(AF_UNIX, streamType, 0, &ends)
    }
    let (near, far) = (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    try near.setNonBlocking()
    return (near, far)
  }

  /// Listens at a path, readable and writable by the owner only from the first moment.
  ///
  /// A socket file that nobody answers is replaced; one that is answered is EADDRINUSE. Anything else at that path is
  /// somebody's file: it stays, and the error is ENOTSOCK.
  package static func listen(path: String, backlog: Int32 = 1024) throws(SystemError) -> Descriptor {
    do throws(SystemError) {
      return try bind(path, backlog)
    } catch {
      guard error.code == EADDRINUSE else { throw error }
      guard isSocket(path) else { throw SystemError("bind", code: ENOTSOCK, context: path) }
      guard isDead(path) else { throw error }
      _ = try retrying("unlink", path) { unlink(path) }
      return try bind(path, backlog)
    }
  }

  /// Connects at once: a unix socket either has a listener with room or fails (EAGAIN: its queue is full).
  package static func connect(path: String) throws(SystemError) -> Descriptor {
    let socket = try make()
    let number = socket.raw
    try withAddress(path) { (address, length) throws(SystemError) in
      _ = try retrying("connect", path) { slipway_connect(number, address, length) }
    }
    return socket
  }

  /// Who connected.
  package static func peer(of socket: Descriptor) throws(SystemError) -> PeerCredentials {
    var (pid, uid, gid): (Int32, UInt32, UInt32) = (0, 0, 0)
    let number = socket.raw
    _ = try retrying("getsockopt", "SO_PEERCRED") { slipway_peer_credentials(number, &pid, &uid, &gid) }
    return PeerCredentials(pid: pid, uid: uid, gid: gid)
  }

  /// Sends one byte with a descriptor beside it; the receiver gets a copy.
  package static func send(_ descriptor: Descriptor, over socket: Descriptor) throws(SystemError) {
    let (number, passed) = (socket.raw, descriptor.raw)
    _ = try retrying("sendmsg", "SCM_RIGHTS") { slipway_send_descriptor(number, passed) }
  }

  /// Receives what `send` sent; nil at end of file or where no descriptor came.
  package static func receiveDescriptor(over socket: Descriptor) throws(SystemError) -> Descriptor? {
    let number = socket.raw
    let passed = try retrying("recvmsg", "SCM_RIGHTS") { slipway_receive_descriptor(number) }
    return passed < 0 ? nil : Descriptor(owning: passed)
  }

  private static var streamType: Int32 { Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue) }

  private static func make() throws(SystemError) -> Descriptor {
    let socket = Descriptor(owning: try retrying("socket") { Glibc.socket(AF_UNIX, streamType, 0) })
    try socket.setNonBlocking()
    return socket
  }

  private static func bind(_ path: String, _ backlog: Int32) throws(SystemError) -> Descriptor {
    let socket = try make()
    let number = socket.raw
    // Linux takes the file's mode from the socket's own inode: no moment with a wider mode, no umask.
    _ = try retrying("fchmod", path) { fchmod(number, 0o600) }
    try withAddress(path) { (address, length) throws(SystemError) in
      _ = try retrying("bind", path) { slipway_bind(number, address, length) }
    }
    _ = try retrying("listen", path) { Glibc.listen(number, backlog) }
    return socket
  }

  /// connect(2) answers ECONNREFUSED for a plain file too, so only the file's own type tells.
  private static func isSocket(_ path: String) -> Bool {
    var found = stat()
    return lstat(path, &found) == 0 && found.st_mode & S_IFMT == S_IFSOCK
  }

  private static func isDead(_ path: String) -> Bool {
    do throws(SystemError) {
      _ = try connect(path: path)
      return false
    } catch { return error.code == ECONNREFUSED }
  }

  private static func withAddress<Result>(
    _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Result
  ) throws(SystemError) -> Result {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    // One byte stays for the terminating NUL: unix(7).
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path), !bytes.contains(0) else {
      throw SystemError("bind", code: ENAMETOOLONG, context: "\(path) (a socket's path has at most 107 bytes)")
    }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    var result: Swift.Result<Result, SystemError>?
    withUnsafePointer(to: &address) { pointer in
      // sockaddr_un begins as sockaddr does; the length says how much of it there is.
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
        do throws(SystemError) {
          result = .success(try body(generic, socklen_t(MemoryLayout<sockaddr_un>.size)))
        } catch { result = .failure(error) }
      }
    }
    guard let result else { throw SystemError("bind", code: EINVAL, context: path) }
    return try result.get()
  }
}
