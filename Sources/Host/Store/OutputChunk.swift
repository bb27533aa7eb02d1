/// A piece of what a program wrote, as the output archive keeps it.
package struct OutputChunk: Sendable, Hashable {
  /// The two streams of a program.
  package enum Stream: Int64, Sendable, Hashable, CaseIterable {
    case standard = 1
    case error = 2
  }

  /// Place in the archive, growing from 1; 0 before it is stored.
  package var number: Int64
  /// Which stream.
  package var stream: Stream
  /// When it arrived, in milliseconds since 1970.
  package var atMilliseconds: Int64
  /// Where it begins and ends in what the program wrote to that stream, in bytes. Redaction may make `bytes` longer or
  /// shorter than that.
  package var range: Range<Int64>
  /// What is kept of it.
  package var bytes: [UInt8]

  /// Makes a chunk that is not stored yet.
  package init(stream: Stream, atMilliseconds: Int64, range: Range<Int64>, bytes: [UInt8]) {
    number = 0
    self.stream = stream
    self.atMilliseconds = atMilliseconds
    self.range = range
    self.bytes = bytes
  }
}
