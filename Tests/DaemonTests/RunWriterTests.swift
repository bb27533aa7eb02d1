import Daemon
import Model
import Remote
import RemoteProtocol
import Store
import Testing

@Suite struct RunWriterTests {
  private let now = Instant(ms: 7)

  private func shown(_ chunks: [OutputChunk]) -> String {
    String(decoding: chunks.flatMap(\.bytes), as: UTF8.self)
  }

  @Test func `what comes is stored under the offsets of the VM`() {
    var writer = RunWriter(run: ULID(high: 1, low: 1), from: OutputOffsets(output: 10), secrets: [])
    let first = writer.take(.output(.output, offset: 10, Array("one\n".utf8)), at: now)
    #expect(first.map(\.range) == [10..<14] && first.map(\.stream) == [.standard] && shown(first) == "one\n")
    let second = writer.take(.output(.error, offset: 0, [0, 255]), at: now)
    #expect(second.map(\.bytes) == [[0, 255]] && second.map(\.stream) == [.error])
    #expect(writer.finish(at: now).isEmpty)
  }

  @Test func `a secret is taken out wherever it is cut, and the ranges still meet`() {
    let text = Array("the key is hunter22, and hunter22hunter22 again".utf8)
    for cut in 0...text.count {
      for second in [cut, min(cut + 3, text.count)] {
        var writer = RunWriter(run: ULID(high: 1, low: 1), from: OutputOffsets(), secrets: [Array("hunter22".utf8)])
        var chunks = writer.take(.output(.output, offset: 0, Array(text[..<cut])), at: now)
        chunks += writer.take(.output(.output, offset: cut, Array(text[cut..<second])), at: now)
        chunks += writer.take(.output(.output, offset: second, Array(text[second...])), at: now)
        chunks += writer.finish(at: now)
        #expect(shown(chunks) == "the key is [redacted], and [redacted] again")
        #expect(chunks.first?.range.lowerBound == 0 && chunks.last?.range.upperBound == Int64(text.count))
        for (one, next) in zip(chunks, chunks.dropFirst()) { #expect(one.range.upperBound == next.range.lowerBound) }
      }
    }
  }

  @Test func `a run that is taken up again where the archive ends shows no half of a secret`() {
    let text = Array("a hunter22 b".utf8)
    for cut in 0...text.count {
      var before = RunWriter(run: ULID(high: 1, low: 1), from: OutputOffsets(), secrets: [Array("hunter22".utf8)])
      let stored = before.take(.output(.output, offset: 0, Array(text[..<cut])), at: now)
      let end = Int(stored.last?.range.upperBound ?? 0)
      var after = RunWriter(
        run: ULID(high: 1, low: 1), from: OutputOffsets(output: end), secrets: [Array("hunter22".utf8)])
      let rest = after.take(.output(.output, offset: end, Array(text[end...])), at: now) + after.finish(at: now)
      #expect(!shown(stored + rest).contains("hunter") && !shown(stored + rest).contains("22"))
    }
  }

  @Test func `what the VM did not keep is a gap`() {
    var writer = RunWriter(run: ULID(high: 1, low: 1), from: OutputOffsets(), secrets: [])
    let head = writer.take(.output(.output, offset: 0, Array("head".utf8)), at: now)
    #expect(writer.take(.skipped(.output, from: 4, to: 1_000), at: now).isEmpty)
    let tail = writer.take(.output(.output, offset: 1_000, Array("tail".utf8)), at: now)
    #expect(head.map(\.range) == [0..<4] && tail.map(\.range) == [1_000..<1_004])
  }
}
