/// Spans of time as people write them on a command line; pure.
package enum TimeSpan {
  /// Seconds of `90`, `90s`, `15m`, `2h`, `7d`, or sums such as `1h30m`; nil for anything else or beyond ten years.
  package static func seconds(_ text: String) -> Int? {
    guard !text.isEmpty, text.utf8.count <= 20 else { return nil }
    var total = 0
    var digits = ""
    for character in text {
      if character.isASCII, character.isNumber {
        digits.append(character)
        continue
      }
      let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
      guard let unit = units[character], let number = Int(digits), number < 1_000_000_000 else { return nil }
      total += number * unit
      digits = ""
    }
    if !digits.isEmpty {
      guard total == 0, let number = Int(digits), number < 1_000_000_000 else { return nil }
      total = number
    }
    return total <= 315_360_000 ? total : nil
  }

  /// A span for people: `0.250s`, `12.3s`, `4m05s`, `2h10m`, `3d04h`.
  package static func text(ms: Int64) -> String {
    let ms = max(0, ms)
    let seconds = ms / 1000
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    switch seconds {
    case ..<10:
      let rest = String(ms % 1000)
      return "\(seconds).\(String(repeating: "0", count: 3 - rest.count))\(rest)s"
    case ..<60: return "\(seconds).\(ms % 1000 / 100)s"
    case ..<3600: return "\(seconds / 60)m\(two(seconds % 60))s"
    case ..<86_400: return "\(seconds / 3600)h\(two(seconds / 60 % 60))m"
    default: return "\(seconds / 86_400)d\(two(seconds / 3600 % 24))h"
    }
  }
}
