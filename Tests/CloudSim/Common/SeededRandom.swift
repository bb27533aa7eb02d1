/// Numbers that depend on nothing but the seed and on how many were drawn (SplitMix64).
package struct SeededRandom: RandomNumberGenerator, Sendable {
  private var state: UInt64

  /// Starts the sequence of a seed.
  package init(seed: UInt64) { state = seed }

  /// The next 64 bits.
  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number of the span, both ends included.
  package mutating func draw(_ span: Span) -> Int64 { Int64.random(in: span.low...span.high, using: &self) }

  /// Lower-case hex digits.
  package mutating func hex(_ count: Int) -> String {
    var text = ""
    while text.count < count {
      let word = String(next(), radix: 16)
      text += String(repeating: "0", count: 16 - word.count) + word
    }
    return String(text.prefix(count))
  }

  /// A UUID of version 4 in lower case (RFC 9562).
  package mutating func uuid() -> String {
    let digits = Array(hex(32))
    let variant = "89ab"[String.Index(utf16Offset: Int.random(in: 0...3, using: &self), in: "89ab")]
    let text = String(digits[..<12]) + "4" + String(digits[13..<16]) + String(variant) + String(digits[17...])
    var parts: [Substring] = []
    var rest = text[...]
    for length in [8, 4, 4, 4, 12] {
      parts.append(rest.prefix(length))
      rest = rest.dropFirst(length)
    }
    return parts.joined(separator: "-")
  }
}

/// A span of milliseconds from which a delay is drawn.
package struct Span: Sendable, Hashable {
  /// Least, at least 0.
  package let low: Int64
  /// Most, at least `low`.
  package let high: Int64

  /// Makes a span, putting disordered or negative ends right.
  package init(_ low: Int64, _ high: Int64) {
    self.low = min(max(0, low), Span.longest)
    self.high = min(max(self.low, high), Span.longest)
  }

  /// Makes a span of one value.
  package init(_ value: Int64) { self.init(value, value) }

  /// 100 days, so that sums of delays and instants never overflow.
  private static let longest: Int64 = 8_640_000_000

  /// `[low, high]`, or one number; nil for anything else.
  package init?(json: JSON) {
    if let value = json.int {
      self.init(value)
    } else if let items = json.array, items.count == 2, let low = items[0].int, let high = items[1].int {
      self.init(low, high)
    } else {
      return nil
    }
  }

  /// `[low, high]`.
  package var json: JSON { [.int(low), .int(high)] }
}
