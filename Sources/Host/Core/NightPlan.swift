package import Model

/// When in the night each offering is asked for again: the same time every night, another one for each.
package struct NightPlan: Sendable, Hashable {
  /// Begin of the night, milliseconds after midnight UTC.
  package static let begin: Int64 = 3_600_000
  /// Its length, milliseconds.
  package static let length: Int64 = 4 * 3_600_000
  /// After which an offering that could not be asked for is tried again, milliseconds.
  package static let retry: Int64 = 3_600_000
  private static let day: Int64 = 86_400_000

  private let salt: String

  /// Makes a plan. `salt` tells this installation from others, so that they do not all ask a cloud at once.
  package init(salt: String) { self.salt = salt }

  /// The first turn of an offering after `last`.
  package func due(_ name: String, after last: Instant) -> Instant {
    let last = min(max(last.ms, 0), Int64.max / 2)
    let turn = Self.begin + offset(name)
    let today = last - last % Self.day + turn
    return Instant(ms: today > last ? today : today + Self.day)
  }

  /// FNV-1a of salt and name, spread over the night.
  private func offset(_ name: String) -> Int64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in "\(salt)/\(name)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    // The low bits of FNV-1a are weak for short texts.
    hash ^= hash >> 33
    return Int64(hash % UInt64(Self.length))
  }
}
