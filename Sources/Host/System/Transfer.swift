import CLinux
import Glibc

/// What one read gave.
package enum Received: Sendable, Hashable {
  /// At least one byte.
  case bytes([UInt8])
  /// Nothing now; wait until the descriptor is readable.
  case wouldBlock
  /// The other side has closed.
  case end
}

/// What one write took.
package enum Sent: Sendable, Hashable {
  /// That many bytes, possibly fewer than offered.
  case count(Int)
  /// None; wait until the descriptor is writable.
  case wouldBlock
  /// The other side takes no more.
  case closed
}

extension Descriptor {
  /// Reads once, at most `limit` bytes.
  ///
  /// A reset connection counts as its end.
  package func receive(atMost limit: Int) throws(SystemError) -> Received {
    let number = raw
    var code: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: max(1, limit)) { buffer, count in
      // The buffer's lifetime covers the call; the kernel writes at most its size.
      let got = interruptible { read(number, buffer.baseAddress, buffer.count) }
      if got < 0 { code = errno }
      count = max(0, got)
    }
    switch code {
    case 0: return bytes.isEmpty ? .end : .bytes(bytes)
    case EAGAIN: return .wouldBlock
    case ECONNRESET: return .end
    default: throw SystemError("read", code: code)
    }
  }

  /// Writes once, as much of the bytes as goes; a socket raises no SIGPIPE.
  package func send(_ bytes: ArraySlice<UInt8>) throws(SystemError) -> Sent {
    if bytes.isEmpty { return .count(0) }
    let number = raw
    var code: Int32 = 0
    let sent = bytes.withUnsafeBytes { buffer in
      var result = interruptible { Glibc.send(number, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL)) }
      if result < 0, errno == ENOTSOCK {
        result = interruptible { Glibc.write(number, buffer.baseAddress, buffer.count) }
      }
      if result < 0 { code = errno }
      return result
    }
    switch code {
    case 0: return .count(sent)
    case EAGAIN: return .wouldBlock
    case EPIPE, ECONNRESET: return .closed
    default: throw SystemError("send", code: code)
    }
  }

  /// Writes all bytes to a blocking descriptor, such as a file.
  package func writeAll(_ bytes: some Sequence<UInt8>) throws(SystemError) {
    var rest = Array(bytes)[...]
    while !rest.isEmpty {
      let number = raw
      let written = try retrying("write") {
        rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
      }
      rest = rest.dropFirst(written)
    }
  }

  /// Waits on the calling thread until the file's bytes are on the disk.
  package func sync() throws(SystemError) {
    let number = raw
    _ = try retrying("fsync") { fsync(number) }
  }

  /// Shuts one or both directions of a socket; an error means that the other side has gone already.
  package func shutdown(read: Bool, write: Bool) {
    let how = read && write ? SHUT_RDWR : read ? SHUT_RD : SHUT_WR
    if read || write { _ = Glibc.shutdown(raw, Int32(how)) }
  }
}

/// As `retrying`, for calls whose errno the caller reads.
private func interruptible(_ body: () -> Int) -> Int {
  while true {
    let result = body()
    if result >= 0 || errno != EINTR { return result }
  }
}
