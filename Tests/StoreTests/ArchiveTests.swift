import Foundation
import Store
import Synchronization
import Testing

private func line(_ resource: String, _ number: Int, text: String? = nil) -> ArchiveEntry {
  ArchiveEntry(resource: resource, atMilliseconds: Int64(number), kind: "state", text: text ?? "line \(number)")
}

@Suite struct ArchiveTests {
  @Test func `a timeline is read in the order in which it was appended`() async throws {
    try await withScratch { directory in
      let archive = try Archive(path: "\(directory)/archive")
      for number in 0..<300 { archive.append([line("a", number), line("b", number)]) }
      let found = await archive.entries(of: "a")
      #expect(found.map(\.text) == (0..<300).map { "line \($0)" })
      #expect(found.allSatisfy { $0.resource == "a" && $0.kind == "state" })
      let page = await archive.entries(of: "a", after: found[99].number, limit: 10)
      #expect(page.map(\.atMilliseconds) == (100..<110).map(Int64.init))
      #expect(await archive.entries(of: "nobody").isEmpty)
      archive.close()
    }
  }

  @Test func `it is all there after a reopening, in files of the owner`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/archive"
      let archive = try Archive(path: path)
      for number in 0..<100 { archive.append([line("a", number)]) }
      archive.close()
      #expect(await archive.entries(of: "a").isEmpty)
      let again = try Archive(path: path)
      #expect(await again.entries(of: "a").count == 100)
      let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      again.close()
    }
  }

  @Test func `old lines are forgotten`() async throws {
    try await withScratch { directory in
      let archive = try Archive(path: "\(directory)/archive")
      archive.append((0..<100).map { line("a", $0) })
      #expect(await archive.prune(before: 60, limit: 50) == 50)
      #expect(await archive.prune(before: 60) == 10)
      #expect(await archive.entries(of: "a").first?.text == "line 60")
      archive.close()
    }
  }

  @Test func `the lines of a resource that still lives are kept, however old`() async throws {
    try await withScratch { directory in
      let archive = try Archive(path: "\(directory)/archive")
      archive.append((0..<10).map { line("01LIVING", $0) } + (0..<10).map { line("01ENDED", $0) })
      #expect(await archive.prune(before: 1_000, sparing: ["01LIVING"]) == 10)
      #expect(await archive.entries(of: "01LIVING").count == 10)
      #expect(await archive.entries(of: "01ENDED").isEmpty)
      archive.close()
    }
  }

  @Test func `a line that is too long is cut between characters`() async throws {
    try await withScratch { directory in
      let archive = try Archive(path: "\(directory)/archive")
      archive.append([line("a", 1, text: "x" + String(repeating: "ü", count: 40_000))])
      let text = try #require(await archive.entries(of: "a").first?.text)
      #expect(text.utf8.count == ArchiveEntry.textLimit - 1)
      #expect(text.last == "ü")
      archive.close()
    }
  }

  @Test func `a flood is bounded, counted and told`() async throws {
    try await withScratch { directory in
      let told = Mutex<[String]>([])
      let archive = try Archive(path: "\(directory)/archive", trouble: { words in told.withLock { $0.append(words) } })
      archive.append((0..<25_000).map { line("a", $0) })
      let stored = await archive.entries(of: "a", limit: 100_000).count
      #expect(stored == 10_000)
      #expect(archive.dropped == 15_000)
      #expect(told.withLock { $0.first?.contains("15000 lines are lost") } == true)
      archive.close()
    }
  }

  @Test func `a damaged archive is kept aside and a new one begun`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/archive"
      try Data("this is not a database, whatever else it may be".utf8).write(to: URL(fileURLWithPath: path))
      let told = Mutex<[String]>([])
      let archive = try Archive(path: path, trouble: { words in told.withLock { $0.append(words) } })
      archive.append([line("a", 1)])
      #expect(await archive.entries(of: "a").count == 1)
      #expect(told.withLock { $0.first?.contains("damaged") } == true)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory).contains { $0.contains(".damaged-") })
      archive.close()
    }
  }
}
