import Foundation
import Synchronization
import System
import Testing

@Suite struct DirectoryEventsTests {
  @Test func `renames, writes, removals and the directory's own end are told by name`() async throws {
    let root = FileManager.default.temporaryDirectory.appending(path: "slipway-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let reactor = try Reactor()
    defer { reactor.stop() }
    let (stream, door) = AsyncStream<DirectoryEvent>.makeStream()
    let events = try DirectoryEvents(on: reactor) { for event in $0 { door.yield(event) } }
    let number = try events.add(root)
    try Data("x".utf8).write(to: URL(filePath: root + "/a"))
    rename(root + "/a", root + "/b")
    chmod(root + "/b", 0o600)
    unlink(root + "/b")
    rmdir(root)
    var seen: [String] = []
    for await event in stream {
      #expect(event.directory == number)
      seen.append("\(event.kind) \(event.name)")
      if event.kind == .directoryGone { break }
    }
    events.cancel()
    for wanted in ["writing a", "written a", "left a", "arrived b", "attributes b", "left b", "directoryGone "] {
      #expect(seen.contains(wanted), "\(wanted) in \(seen)")
    }
    #expect(throws: SystemError.self) { try events.add("/nonexistent") }
  }
}
