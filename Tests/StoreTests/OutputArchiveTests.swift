import Foundation
import Store
import Testing

private func chunk(_ stream: OutputChunk.Stream, _ first: Int64, _ text: String, at: Int64 = 1) -> OutputChunk {
  OutputChunk(
    stream: stream, atMilliseconds: at, range: first..<first + Int64(text.utf8.count), bytes: Array(text.utf8))
}

@Suite struct OutputArchiveTests {
  @Test func `both streams are read in the order in which they came, byte for byte`() async throws {
    try await withScratch { directory in
      let archive = try OutputArchive(path: "\(directory)/output", limit: 1 << 20)
      let binary = OutputChunk(stream: .error, atMilliseconds: 2, range: 0..<4, bytes: [0, 255, 13, 10])
      await archive.append([chunk(.standard, 0, "one\n"), binary], run: "A")
      await archive.append([chunk(.standard, 4, "two\n", at: 3)], run: "A")
      await archive.append([chunk(.standard, 0, "other")], run: "B")
      let found = await archive.chunks(of: "A")
      #expect(found.map(\.bytes) == [Array("one\n".utf8), [0, 255, 13, 10], Array("two\n".utf8)])
      #expect(found.map(\.atMilliseconds) == [1, 2, 3])
      #expect(await archive.chunks(of: "A", after: found[1].number).map(\.range) == [4..<8])
      #expect(await archive.end(of: "A", .standard) == 8)
      #expect(await archive.end(of: "A", .error) == 4)
      #expect(await archive.end(of: "C", .standard) == 0)
      archive.close()
    }
  }

  @Test func `what was stored before is left out, also after a reopening`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/output"
      let archive = try OutputArchive(path: path, limit: 1 << 20)
      await archive.append([chunk(.standard, 0, "hello ")], run: "A")
      archive.close()
      #expect(await archive.chunks(of: "A").isEmpty)
      let again = try OutputArchive(path: path, limit: 1 << 20)
      #expect(await again.end(of: "A", .standard) == 6)
      await again.append([chunk(.standard, 0, "hello "), chunk(.standard, 6, "world")], run: "A")
      #expect(await again.chunks(of: "A").flatMap(\.bytes) == Array("hello world".utf8))
      again.close()
    }
  }

  @Test func `of a flood the head and the tail are kept, and the gap is seen`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/output"
      var archive = try OutputArchive(path: path, limit: 10_000)
      for part in 0..<100 {
        if part == 50 {
          archive.close()
          archive = try OutputArchive(path: path, limit: 10_000)
        }
        await archive.append(
          [chunk(.standard, Int64(part) * 1_000, String(repeating: "x", count: 1_000))], run: "A")
      }
      let found = await archive.chunks(of: "A")
      #expect(found.map(\.range.lowerBound) == [0, 1, 2, 3, 4, 95, 96, 97, 98, 99].map { $0 * 1_000 })
      // The other stream has room of its own.
      await archive.append([chunk(.error, 0, "why")], run: "A")
      #expect(await archive.chunks(of: "A").last?.bytes == Array("why".utf8))
      archive.close()
    }
  }

  @Test func `old output is forgotten`() async throws {
    try await withScratch { directory in
      let archive = try OutputArchive(path: "\(directory)/output", limit: 1 << 20)
      await archive.append([chunk(.standard, 0, "old"), chunk(.standard, 3, "new", at: 100)], run: "A")
      #expect(await archive.prune(before: 50) == 1)
      #expect(await archive.chunks(of: "A").map(\.bytes) == [Array("new".utf8)])
      archive.close()
    }
  }

  @Test func `a damaged file is put aside, and the next one is begun`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/output"
      try Data(repeating: 7, count: 8_192).write(to: URL(fileURLWithPath: path))
      let archive = try? OutputArchive(path: path, limit: 4_096)
      let names = try FileManager.default.contentsOfDirectory(atPath: directory)
      #expect(archive != nil)
      #expect(names.contains { $0.hasPrefix("output.damaged-") })
      archive?.close()
    }
  }
}
