/// When a file that is being written counts as written: after a time without another write; pure.
package struct FileQuiet: Sendable {
  private let span: UInt64
  private var due: [String: UInt64] = [:]

  /// Makes one that waits for `span` nanoseconds of quiet.
  package init(span: UInt64 = 100_000_000) { self.span = span }

  /// Somebody closed the file after writing.
  package mutating func written(_ path: String, at now: UInt64) { due[path] = now &+ span }

  /// Somebody writes: what waits goes on waiting. A file that nobody has closed yet is not waited for.
  package mutating func writing(_ path: String, at now: UInt64) {
    if due[path] != nil { due[path] = now &+ span }
  }

  /// A whole file has taken its place, or it is gone: there is nothing left to wait for.
  package mutating func decided(_ path: String) { due[path] = nil }

  /// When `take` has something, or nil.
  package var next: UInt64? { due.values.min() }

  /// Takes the files that have been quiet long enough, in order of their paths.
  package mutating func take(at now: UInt64) -> [String] {
    let ready = due.filter { $0.value <= now }.keys.sorted()
    for path in ready { due[path] = nil }
    return ready
  }
}
