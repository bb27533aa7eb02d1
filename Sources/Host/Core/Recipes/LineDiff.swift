/// The difference of two texts, line by line; pure.
///
/// Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), greedy forward form, over what is left once the common
/// beginning and end are cut off. Beyond `mostEdits` the middle counts as replaced whole: still a right answer, only not the
/// shortest.
package struct LineDiff: Sendable, Hashable {
  /// One line of the result.
  package enum Line: Sendable, Hashable {
    case same(String)
    case removed(String)
    case added(String)
  }

  /// Every line of both texts, in order.
  package let lines: [Line]

  /// The most edits that are looked for; bounds memory to about `mostEdits` squared 4-byte numbers.
  package static let mostEdits = 1_000

  /// Compares two texts; a line is what a line feed ends, or what is left at the end.
  package init(from old: [UInt8], to new: [UInt8]) {
    self.init(Self.lines(of: old), Self.lines(of: new))
  }

  /// Compares two lists of lines.
  package init(_ old: [String], _ new: [String]) {
    let head = zip(old, new).prefix { $0 == $1 }.count
    let tail = zip(old.dropFirst(head).reversed(), new.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let a = Array(old[head..<(old.count - tail)])
    let b = Array(new[head..<(new.count - tail)])
    lines = old[..<head].map { .same($0) } + Self.middle(a, b) + old[(old.count - tail)...].map { .same($0) }
  }

  /// Whether the texts are equal.
  package var isEmpty: Bool { added == 0 && removed == 0 }
  /// Lines that only the new text has.
  package var added: Int { lines.count { if case .added = $0 { true } else { false } } }
  /// Lines that only the old text has.
  package var removed: Int { lines.count { if case .removed = $0 { true } else { false } } }

  /// Lines of a text. The last one says where no line feed ends it, so that this difference is one too.
  static func lines(of text: [UInt8]) -> [String] {
    guard !text.isEmpty else { return [] }
    var lines = text.split(separator: 10, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    if lines.last == "" { lines.removeLast() } else { lines[lines.count - 1] += "\n\\ No newline at end of file" }
    return lines
  }

  private static func middle(_ a: [String], _ b: [String]) -> [Line] {
    guard !a.isEmpty, !b.isEmpty else { return a.map { .removed($0) } + b.map { .added($0) } }
    guard let trace = trace(a, b) else { return a.map { .removed($0) } + b.map { .added($0) } }
    // Back from the end: the run of equal lines, then the one edit before it.
    var (x, y) = (a.count, b.count)
    var result: [Line] = []
    for d in trace.indices.reversed() {
      let k = x - y
      func at(_ k: Int) -> Int { Int(trace[d][k + d - 1]) }
      let isDown = d > 0 && (k == -d || (k != d && at(k - 1) < at(k + 1)))
      let diagonal = isDown ? k + 1 : k - 1
      let beforeX = d == 0 ? 0 : at(diagonal)
      let beforeY = d == 0 ? 0 : beforeX - diagonal
      while x > beforeX && y > beforeY {
        (x, y) = (x - 1, y - 1)
        result.append(.same(a[x]))
      }
      guard d > 0 else { break }
      if isDown {
        y -= 1
        result.append(.added(b[y]))
      } else {
        x -= 1
        result.append(.removed(a[x]))
      }
    }
    return result.reversed()
  }

  /// For each number of edits d, how far each diagonal k had come with d - 1 edits, at index `k + d - 1`; half of the entries
  /// have no meaning. Nil where too many edits are needed.
  private static func trace(_ a: [String], _ b: [String]) -> [[Int32]]? {
    let most = min(mostEdits, a.count + b.count)
    var reached: [Int32] = []
    var trace: [[Int32]] = []
    for d in 0...most {
      trace.append(reached)
      func at(_ k: Int) -> Int { Int(reached[k + d - 1]) }
      var next = [Int32](repeating: 0, count: 2 * d + 1)
      for k in stride(from: -d, through: d, by: 2) {
        var x = d == 0 ? 0 : k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1
        var y = x - k
        while x < a.count, y < b.count, a[x] == b[y] { (x, y) = (x + 1, y + 1) }
        next[k + d] = Int32(clamping: x)
        if x >= a.count && y >= b.count { return trace }
      }
      reached = next
    }
    return nil
  }

  /// The form of `diff -u`: hunks with three lines around each change; empty where nothing differs.
  package func unified(from old: String, to new: String) -> String {
    guard !isEmpty else { return "" }
    var text = "--- \(old)\n+++ \(new)\n"
    for hunk in hunks { text += hunk }
    return text
  }

  private var hunks: [String] {
    var isNear = [Bool](repeating: false, count: lines.count)
    for (index, line) in lines.enumerated() {
      if case .same = line { continue }
      for near in max(0, index - 3)...min(lines.count - 1, index + 3) { isNear[near] = true }
    }
    var hunks: [String] = []
    var (oldLine, newLine) = (1, 1)
    var index = 0
    while index < lines.count {
      guard isNear[index] else {
        (oldLine, newLine, index) = (oldLine + 1, newLine + 1, index + 1)
        continue
      }
      let (firstOld, firstNew) = (oldLine, newLine)
      var text = ""
      while index < lines.count, isNear[index] {
        switch lines[index] {
        case .same(let line):
          text += " \(line)\n"
          (oldLine, newLine) = (oldLine + 1, newLine + 1)
        case .removed(let line):
          text += "-\(line)\n"
          oldLine += 1
        case .added(let line):
          text += "+\(line)\n"
          newLine += 1
        }
        index += 1
      }
      hunks.append("@@ -\(Self.range(firstOld, oldLine)) +\(Self.range(firstNew, newLine)) @@\n\(text)")
    }
    return hunks
  }

  private static func range(_ first: Int, _ end: Int) -> String {
    let count = end - first
    return count == 1 ? "\(first)" : "\(count == 0 ? first - 1 : first),\(count)"
  }
}
