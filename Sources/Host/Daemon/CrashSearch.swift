/// Finds the entries of a batch that crash a plugin, by halves; pure.
///
/// A batch that crashed is called again in halves, down to single entries; a single entry that crashed is called once
/// more, and not after that.
struct CrashSearch: Sendable {
  private var waiting: [Range<Int>]
  private var crashes: [Int: Int] = [:]

  /// A search in a batch of that many entries.
  init(count: Int) { waiting = count > 0 ? [0..<count] : [] }

  /// What to call next; nil: everything was called.
  mutating func next() -> Range<Int>? { waiting.popLast() }

  /// A call crashed.
  mutating func crashed(_ range: Range<Int>) {
    guard range.count > 1 else {
      crashes[range.lowerBound, default: 0] += 1
      if crashes[range.lowerBound, default: 0] < 2 { waiting.append(range) }
      return
    }
    let middle = range.lowerBound + range.count / 2
    waiting += [middle..<range.upperBound, range.lowerBound..<middle]
  }
}
