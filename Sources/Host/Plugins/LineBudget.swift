/// How many lines of a log one source may write: a token bucket that counts what it turned away. Pure.
package struct LineBudget: Sendable {
  private let perSecond: UInt64
  private let burst: UInt64
  private var tokens: UInt64
  private var last: UInt64?
  /// Lines turned away since one was last let through.
  package private(set) var dropped = 0

  /// A full budget; `burst` lines at once, then `perSecond`, at least 1.
  package init(perSecond: Int = 100, burst: Int = 200) {
    self.perSecond = UInt64(max(1, perSecond))
    self.burst = UInt64(max(1, burst))
    tokens = self.burst &* 1_000_000_000
  }

  /// Lines were lost before they came here; they are told with the next one that passes.
  package mutating func lost(_ count: Int) {
    let (sum, isOver) = dropped.addingReportingOverflow(max(0, count))
    dropped = isOver ? Int.max : sum
  }

  /// Whether a line may pass at `now` (nanoseconds, never going back); with it, how many were dropped before it.
  package mutating func admit(at now: UInt64) -> Int? {
    let elapsed = min(now &- (last ?? now), 3600 &* 1_000_000_000)
    last = now
    // One line costs 10^9 tokens, of which each nanosecond brings `perSecond`.
    tokens = min(burst &* 1_000_000_000, tokens &+ elapsed &* perSecond)
    guard tokens >= 1_000_000_000 else {
      lost(1)
      return nil
    }
    tokens -= 1_000_000_000
    defer { dropped = 0 }
    return dropped
  }
}

/// Cuts captured output into lines; pure.
package struct OutputLines: Sendable {
  /// Bytes of a line; a longer one continues as the next.
  package static let maxLine = 1024

  private var rest: [UInt8] = []

  /// Makes an empty splitter.
  package init() {}

  /// The lines that these bytes complete, without control characters, empty ones left out.
  package mutating func append(_ bytes: [UInt8]) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        flush(&lines)
      } else {
        rest.append(byte)
        if rest.count >= Self.maxLine { flush(&lines) }
      }
    }
    return lines
  }

  /// The last line, where the output ended without a line end.
  package mutating func finish() -> [String] {
    var lines: [String] = []
    flush(&lines)
    return lines
  }

  private mutating func flush(_ lines: inout [String]) {
    let line = PlainText.line(bytes: rest, limit: Self.maxLine)
    rest.removeAll(keepingCapacity: true)
    if !line.isEmpty { lines.append(line) }
  }
}
