import Glibc
import RemoteProtocol

/// The socket to the host: whole frames, blocking.
final class ControlChannel {
  /// The socket's number; it is readable when the host has ended.
  let fd: Int32
  private var buffer: [UInt8] = []

  init(fd: Int32) { self.fd = fd }

  /// Waits for the next frame; nil at the end of the stream, or where what came is no frame.
  func receive() -> RemoteFrame? {
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      do {
        if let frame = try RemoteCodec.take(&buffer) { return frame }
      } catch {
        return nil
      }
      let count = read(fd, &chunk, chunk.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return nil }
      buffer += chunk.prefix(count)
    }
  }

  /// Sends a frame; false where the host is gone.
  func send(_ frame: RemoteFrame) -> Bool {
    var rest = RemoteCodec.encode(frame)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(fd, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }
}
