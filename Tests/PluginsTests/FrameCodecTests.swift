import Plugins
import Testing

@Suite struct FrameCodecTests {
  @Test(arguments: 1...10) func `what is encoded is decoded, however it is cut on its way`(seed: UInt64) throws {
    var random = Seeded(state: seed)
    var frames: [Frame] = []
    var bytes: [UInt8] = []
    for _ in 0..<50 {
      guard let kind = FrameKind.allCases.randomElement(using: &random) else { continue }
      let payload = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let frame = Frame(
        kind, call: random.next(), more: kind.mayChain && !payload.isEmpty && random.next() % 2 == 0, payload)
      frames.append(frame)
      FrameEncoder.append(frame.kind, call: frame.call, more: frame.more, frame.payload, to: &bytes)
    }
    var decoder = FrameDecoder()
    var decoded: [Frame] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      let piece = rest.prefix(Int(random.next() % 100) + 1)
      rest = rest.dropFirst(piece.count)
      decoder.append(piece)
      while let frame = try decoder.next() { decoded.append(frame) }
    }
    #expect(decoded == frames)
    #expect(decoder.pending == 0)
  }

  @Test func `a header that no frame can have is refused before its payload is awaited`() {
    let bad: [(UInt32, UInt8, UInt8, String)] = [
      (65537, 6, 0, "a frame of 65537 bytes; at most 65536 are allowed"),
      (.max, 6, 0, "a frame of 4294967295 bytes; at most 65536 are allowed"),
      (1, 0, 0, "a frame of unknown kind 0"), (1, 19, 0, "a frame of unknown kind 19"),
      (1, 6, 2, "a reply frame with unknown flags 2"),
      (0, 6, 1, "an empty reply frame that is not the last of its message"), (4, 16, 1, "a credit frame in pieces"),
    ]
    for (length, kind, flags, reason) in bad {
      var bytes: [UInt8] = []
      bytes.append(uint32: length)
      bytes += [kind, flags]
      bytes.append(uint64: 1)
      var decoder = FrameDecoder()
      decoder.append(bytes)
      #expect(throws: WireFault(reason)) { _ = try decoder.next() }
    }
  }

  @Test func `a long message is a chain of frames with more on all but the last`() throws {
    let payload = [UInt8](repeating: 7, count: 150_000)
    var decoder = FrameDecoder()
    decoder.append(FrameEncoder.message(.reply, call: 3, payload))
    var frames: [Frame] = []
    while let frame = try decoder.next() { frames.append(frame) }
    #expect(frames.map(\.more) == [true, true, false])
    #expect(frames.flatMap(\.payload) == payload)
  }
}
