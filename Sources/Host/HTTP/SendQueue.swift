/// Bytes that wait until their socket takes them, in order.
struct SendQueue: Sendable {
  private var bytes: [UInt8] = []
  private var start = 0

  /// Number of bytes that wait.
  var count: Int { bytes.count - start }

  /// What waits, from the front.
  var front: ArraySlice<UInt8> { bytes[start...] }

  mutating func append(_ more: [UInt8]) {
    if start == bytes.count {
      bytes = more
      start = 0
    } else {
      if start > 1 << 18 {
        bytes.removeSubrange(..<start)
        start = 0
      }
      bytes += more
    }
  }

  /// The socket took that many bytes.
  mutating func removeFirst(_ count: Int) {
    start += min(max(0, count), self.count)
    if start == bytes.count {
      bytes = []
      start = 0
    }
  }

  mutating func removeAll() { self = SendQueue() }
}
