import CLinux
import Glibc
import Synchronization

/// An open file descriptor, owned: closed exactly once, at the latest when the last reference goes.
///
/// Every descriptor that this module makes is close-on-exec. Any thread may use one; who closes one
/// while another thread still uses its number has a defect, so cancel its watch first.
package final class Descriptor: Sendable {
  private let number: Mutex<Int32>

  /// Takes over an open descriptor, which the caller must not close any more.
  package init(owning number: Int32) {
    self.number = Mutex(number)
  }

  deinit { close() }

  /// The number for system calls; -1 once closed, which every call answers with EBADF.
  package var raw: Int32 { number.withLock { $0 } }

  /// Whether `close` or `release` has been called.
  package var isClosed: Bool { raw < 0 }

  /// Closes now; later calls do nothing.
  package func close() {
    let open = release()
    // Linux frees the number even when close reports an error, so it is never repeated.
    if open >= 0 { _ = Glibc.close(open) }
  }

  /// Gives ownership away: the caller closes the number that is returned, -1 when already closed.
  package func release() -> Int32 {
    number.withLock { value in
      let open = value
      value = -1
      return open
    }
  }

  /// Opens a file; `flags` are those of open(2), close-on-exec is added.
  package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(SystemError) -> Descriptor {
    Descriptor(owning: try retrying("open", path) { slipway_open(path, flags | O_CLOEXEC, mode) })
  }

  /// Makes a pipe; what is written to `writer` is read from `reader`. Both block unless told otherwise.
  package static func pipe() throws(SystemError) -> (reader: Descriptor, writer: Descriptor) {
    var ends: [Int32] = [-1, -1]
    _ = try retrying("pipe2") { ends.withUnsafeMutableBufferPointer { pipe2($0.baseAddress, O_CLOEXEC) } }
    return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
  }

  /// A second descriptor of the same open file.
  package func duplicate() throws(SystemError) -> Descriptor {
    try duplicate(atLeast: 0)
  }

  /// As `duplicate`, with a number that is not below `lowest`.
  func duplicate(atLeast lowest: Int32) throws(SystemError) -> Descriptor {
    let number = raw
    return Descriptor(owning: try retrying("fcntl") { slipway_fcntl(number, F_DUPFD_CLOEXEC, lowest) })
  }

  /// Makes reads and writes return instead of waiting.
  package func setNonBlocking() throws(SystemError) {
    let number = raw
    let flags = try retrying("fcntl") { slipway_fcntl(number, F_GETFL, 0) }
    _ = try retrying("fcntl") { slipway_fcntl(number, F_SETFL, flags | O_NONBLOCK) }
  }
}
