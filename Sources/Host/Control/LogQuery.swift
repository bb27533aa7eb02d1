/// What part of a resource's recipe output is wanted.
package struct LogQuery: Sendable, Hashable {
  /// The run, a ULID; nil: the newest.
  package var run: String?
  /// `stdout` or `stderr`; nil: both.
  package var stream: String?
  /// Only chunks with higher numbers.
  package var after: Int64

  /// Makes a query.
  package init(run: String? = nil, stream: String? = nil, after: Int64 = 0) {
    self.run = run
    self.stream = stream
    self.after = after
  }
}
