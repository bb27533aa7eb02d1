import Foundation
import Testing

@testable import System

@Suite struct FileFactsTests {
  private func file(_ body: (String) throws -> Void) throws {
    let path = NSTemporaryDirectory() + "slipway-facts-\(UUID().uuidString)"
    try Data("text".utf8).write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    try body(path)
  }

  @Test func `a file that nobody writes is read at once`() throws {
    try file { path in
      let reader = try Descriptor.open(path, O_RDONLY | O_CLOEXEC)
      #expect(!reader.isBeingWritten() && reader.waitsForLastWriter())
    }
  }

  @Test func `a writer that goes on writing is told`() throws {
    try file { path in
      let writer = try FileHandle(forUpdating: URL(filePath: path))
      let reader = try Descriptor.open(path, O_RDONLY | O_CLOEXEC)
      #expect(reader.isBeingWritten() && !reader.waitsForLastWriter())
      try writer.close()
      #expect(reader.waitsForLastWriter())
    }
  }

  @Test func `a writer that goes is waited for`() throws {
    try file { path in
      let writer = try FileHandle(forUpdating: URL(filePath: path))
      let reader = try Descriptor.open(path, O_RDONLY | O_CLOEXEC)
      let closing = Thread { try? writer.close() }
      closing.start()
      #expect(reader.waitsForLastWriter())
    }
  }
}
