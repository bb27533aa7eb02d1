/// The last lines that a plugin wrote; pure.
package struct LogTail: Sendable, Hashable {
  private let most: Int
  private var ring: [String] = []
  private var first = 0

  /// Keeps that many lines, at least one.
  package init(most: Int = 200) { self.most = max(1, most) }

  /// Adds a line and drops the oldest where there are too many.
  package mutating func add(_ line: String) {
    if ring.count < most {
      ring.append(line)
    } else {
      ring[first] = line
      first = (first + 1) % most
    }
  }

  /// The lines, oldest first.
  package var lines: [String] { Array(ring[first...] + ring[..<first]) }
}
