package import PluginKit

/// Damages answers at random, the same way for the same seed (SplitMix64).
package struct Damage: RandomNumberGenerator {
  private var state: UInt64

  /// Starts from a seed.
  package init(seed: UInt64) { state = seed }

  /// The next number.
  package mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  private static let strange = [
    "9223372036854775807", "-9223372036854775808", "1e999", "null", "[]", "{}", "\"\"", "-1", "0.5", "true", "\u{0}",
    "\\", "99999999999999999999",
  ]

  /// A text, damaged in one to three places.
  package mutating func damaged(_ text: String) -> String {
    var bytes = Array(text.utf8)
    for _ in 0...Int.random(in: 0...2, using: &self) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &self)
      switch Int.random(in: 0...3, using: &self) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &self)
      case 1: bytes.removeSubrange(at..<min(bytes.count, at + Int.random(in: 1...40, using: &self)))
      case 2: bytes = Array(bytes.prefix(at))
      default:
        // A number gives way to something that nobody expects there.
        let end = bytes[at...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
        bytes.replaceSubrange(at..<end, with: (Self.strange.randomElement(using: &self) ?? "").utf8)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// The body of an answer, as text.
package func body(_ outcome: CloudOutcome) -> String {
  if case .answered(let response) = outcome { String(decoding: response.body, as: UTF8.self) } else { "" }
}
