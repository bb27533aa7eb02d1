/// What a parser accepts before it refuses a message; all sizes in bytes, all limits inclusive. A line is at most 1 GiB.
package struct HTTPLimits: Sendable, Hashable {
  /// Longest line of the head, without its CRLF.
  package var line: Int
  /// Sum of all header and trailer lines of one message.
  package var headerBytes: Int
  /// Number of header fields of one message, trailers included.
  package var headerCount: Int
  /// Longest body after its transfer coding is removed.
  package var body: Int

  /// Makes limits; values below zero count as zero.
  package init(line: Int = 8192, headerBytes: Int = 65536, headerCount: Int = 100, body: Int = 4 << 20) {
    self.line = min(max(0, line), 1 << 30)
    self.headerBytes = max(0, headerBytes)
    self.headerCount = max(0, headerCount)
    self.body = max(0, body)
  }
}

/// Why a message was refused. Nothing after it on the same connection can be understood.
package struct HTTPParseError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Status that a server answers with; 400 where a response could not be parsed.
  package let status: Int
  /// What was expected and what was found, for people; holds no header value.
  package let reason: String

  /// Makes a refusal.
  package init(_ status: Int, _ reason: String) {
    self.status = status
    self.reason = reason
  }

  /// The reason.
  package var description: String { reason }
}
