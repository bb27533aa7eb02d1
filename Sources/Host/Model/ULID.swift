/// Name of a resource, operation, attempt or effect: 48 bits of time and 80 random bits, sortable as text.
///
/// Source: github.com/ulid/spec, canonical string of 26 Crockford base 32 digits.
package struct ULID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Time in the upper 48 bits, then 16 random bits.
  package let high: UInt64
  /// 64 random bits.
  package let low: UInt64

  /// Makes an id from its 128 bits.
  package init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// Makes an id at a time (milliseconds since 1970) from random bits, of which 80 are used.
  package init(ms: Int64, random: (UInt64, UInt64)) {
    high = UInt64(truncatingIfNeeded: ms) << 16 | random.0 & 0xffff
    low = random.1
  }

  /// When it was made.
  package var time: Instant { Instant(ms: Int64(high >> 16)) }

  private static let digits = Array("0123456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)

  /// 26 digits.
  package var description: String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(26)
    for index in 0..<26 {
      let shift = 125 - index * 5
      let bits: UInt64
      if shift >= 64 {
        bits = high >> UInt64(shift - 64)
      } else if shift > 59 {
        bits = high << UInt64(64 - shift) | low >> UInt64(shift)
      } else {
        bits = low >> UInt64(shift)
      }
      bytes.append(Self.digits[Int(bits & 31)])
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Reads 26 digits, upper or lower case; nil for anything else.
  package init?(_ text: String) {
    var high: UInt64 = 0
    var low: UInt64 = 0
    var count = 0
    for byte in text.uppercased().utf8 {
      guard count < 26, let digit = Self.digits.firstIndex(of: byte) else { return nil }
      if count == 0 && digit > 7 { return nil }
      high = high << 5 | low >> 59
      low = low << 5 | UInt64(digit)
      count += 1
    }
    guard count == 26 else { return nil }
    self.init(high: high, low: low)
  }

  /// Order of the 128 bits, which is the order of the text.
  package static func < (a: ULID, b: ULID) -> Bool { (a.high, a.low) < (b.high, b.low) }
}

extension ULID: Codable {
  /// Reads the 26 digits.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let id = ULID(text) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected a ULID, found \(text)")
    }
    self = id
  }

  /// Writes the 26 digits.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// A seeded source of ids and random numbers (xoshiro256++), so that decisions stay reproducible.
///
/// Source: Blackman and Vigna, prng.di.unimi.it/xoshiro256plusplus.c. Not for secrets.
package struct Randomness: RandomNumberGenerator, Sendable, Hashable {
  private var state: (UInt64, UInt64, UInt64, UInt64)

  /// Spreads a seed over the state with SplitMix64.
  package init(seed: UInt64) {
    var x = seed
    func splitMix() -> UInt64 {
      x &+= 0x9e37_79b9_7f4a_7c15
      var z = x
      z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
      return z ^ z >> 31
    }
    state = (splitMix(), splitMix(), splitMix(), splitMix())
  }

  /// The next 64 random bits.
  package mutating func next() -> UInt64 {
    func rotate(_ x: UInt64, _ k: UInt64) -> UInt64 { x << k | x >> (64 - k) }
    let result = rotate(state.0 &+ state.3, 23) &+ state.0
    let t = state.1 << 17
    state.2 ^= state.0
    state.3 ^= state.1
    state.1 ^= state.2
    state.0 ^= state.3
    state.2 ^= t
    state.3 = rotate(state.3, 45)
    return result
  }

  /// A fresh id at that time.
  package mutating func id(at now: Instant) -> ULID { ULID(ms: now.ms, random: (next(), next())) }

  /// Whether two sources are in the same state.
  package static func == (a: Randomness, b: Randomness) -> Bool { a.state == b.state }

  /// Hashes the state.
  package func hash(into hasher: inout Hasher) {
    hasher.combine(state.0)
    hasher.combine(state.3)
  }
}
