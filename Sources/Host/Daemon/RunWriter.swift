import Core
package import Model
package import Remote
import RemoteProtocol
package import Store

/// Turns what comes from a VM into chunks for the archive, without secrets; pure.
///
/// A chunk's range ends where the redactor is sure, so that a run that is taken up again there misses nothing and shows no
/// half of a secret.
package struct RunWriter {
  private struct Stream {
    var redactor: Redactor
    /// Up to where chunks were made.
    var end: Int64
    /// Up to where bytes came.
    var received: Int64
  }

  private let run: ULID
  private var streams: [RemoteStream: Stream]

  /// Makes a writer that goes on at these offsets; `secrets` are taken out.
  package init(run: ULID, from offsets: OutputOffsets, secrets: [[UInt8]]) {
    self.run = run
    let redactor = Redactor(secrets)
    streams = Dictionary(
      uniqueKeysWithValues: RemoteStream.allCases.map {
        ($0, Stream(redactor: redactor, end: Int64(offsets[$0]), received: Int64(offsets[$0])))
      })
  }

  /// The chunks that an event makes.
  package mutating func take(_ event: RecipeEvent, at now: Instant) -> [OutputChunk] {
    switch event {
    case .output(let name, let offset, let bytes):
      guard var stream = streams[name] else { return [] }
      var chunks: [OutputChunk] = []
      if Int64(offset) != stream.received { chunks += skip(to: Int64(offset), name, &stream, at: now) }
      let shown = stream.redactor.feed(bytes)
      stream.received += Int64(bytes.count)
      chunks += chunk(shown, upTo: stream.received - Int64(stream.redactor.heldBytes), name, &stream, at: now)
      streams[name] = stream
      return chunks
    case .skipped(let name, _, let to):
      guard var stream = streams[name] else { return [] }
      defer { streams[name] = stream }
      return skip(to: Int64(to), name, &stream, at: now)
    case .attached, .cloudInit, .running, .retrying: return []
    }
  }

  /// What was held back, once nothing more comes.
  package mutating func finish(at now: Instant) -> [OutputChunk] {
    RemoteStream.allCases.flatMap { name -> [OutputChunk] in
      guard var stream = streams[name] else { return [] }
      defer { streams[name] = stream }
      return skip(to: stream.received, name, &stream, at: now)
    }
  }

  private func skip(to offset: Int64, _ name: RemoteStream, _ stream: inout Stream, at now: Instant) -> [OutputChunk] {
    let chunks = chunk(stream.redactor.finish(), upTo: stream.received, name, &stream, at: now)
    stream.end = max(stream.end, offset)
    stream.received = max(stream.received, offset)
    return chunks
  }

  private func chunk(
    _ bytes: [UInt8], upTo end: Int64, _ name: RemoteStream, _ stream: inout Stream, at now: Instant
  ) -> [OutputChunk] {
    guard end > stream.end else { return [] }
    defer { stream.end = end }
    return [
      OutputChunk(
        stream: name == .output ? .standard : .error, atMilliseconds: now.ms, range: stream.end..<end, bytes: bytes)
    ]
  }
}
