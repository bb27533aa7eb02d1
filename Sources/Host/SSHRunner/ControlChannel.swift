import Glibc
import RemoteProtocol

/// The socket to the host: whole frames; it waits unless told otherwise.
final class ControlChannel {
  /// The socket's number; it is readable when the host has ended.
  let fd: Int32
  private var buffer: [UInt8] = []

  init(fd: Int32) { self.fd = fd }

  /// What a look at the socket found.
  enum Found {
    case frame(RemoteFrame)
    /// Nothing more has come yet.
    case nothing
    /// The end of the stream, or what is no frame.
    case end
  }

  /// Waits for the next frame; nil at the end of the stream, or where what came is no frame.
  func receive() -> RemoteFrame? {
    guard case .frame(let frame) = next(0) else { return nil }
    return frame
  }

  /// The next frame, if it has come.
  func look() -> Found { next(Int32(MSG_DONTWAIT)) }

  private func next(_ flags: Int32) -> Found {
    while true {
      do {
        if let frame = try RemoteCodec.take(&buffer) { return .frame(frame) }
      } catch {
        return .end
      }
      // Small, as most frames are: a large one comes once, at the start.
      let count = withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { chunk in
        let count = recv(fd, chunk.baseAddress, chunk.count, flags)
        if count > 0 { buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: chunk[..<count])) }
        return count
      }
      if count < 0 && errno == EINTR { continue }
      if count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK) { return .nothing }
      guard count > 0 else { return .end }
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
