import Core
import Foundation
import Store
import Synchronization
import System
import Testing

/// Runs the writer beside the test program until it ends.
///
/// With `mounting` it runs in a namespace that has a disk of that many bytes at that directory.
private func runWriter(
  _ arguments: [String], killAfterLines: Int? = nil, mounting: (directory: String, bytes: Int)? = nil
) async throws -> (lines: [String], status: System.ExitStatus) {
  let image = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  let own = Bundle.main.bundleURL
  let candidates = [image, own, own.deletingLastPathComponent()].map { $0.appendingPathComponent("store-writer") }
  let found = candidates.first { (url: URL) -> Bool in FileManager.default.isExecutableFile(atPath: url.path) }
  let program: URL = try #require(found)

  let reactor = try Reactor(name: "store-test")
  defer { reactor.stop() }
  let input = try Descriptor.pipe()
  let output = try Descriptor.pipe()
  var command = [program.path] + arguments
  if let mounting {
    let script = "mount -t tmpfs -o size=\(mounting.bytes) none \(mounting.directory) && exec \"$@\""
    command = ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/sh", "-c", script, "sh"] + command
  }
  let child = try SpawnPlan(
    program: .path(command[0]), arguments: command, environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"],
    descriptors: [0: input.reader, 1: output.writer]
  ).spawn()
  // Only the child's copies are left, so that its end is the end of the file.
  input.reader.close()
  output.writer.close()

  let (parts, source) = AsyncStream.makeStream(of: [UInt8].self)
  let watch = Mutex<System.Watch?>(nil)
  let begun = try reactor.watch(output.reader, .read) { [reader = output.reader] _ in
    if case .bytes(let bytes)? = try? reader.receive(atMost: 1 << 16) {
      source.yield(bytes)
    } else {
      // The end stays readable: without this the loop would turn for nothing.
      watch.withLock { $0?.cancel() }
      source.finish()
    }
  }
  watch.withLock { $0 = begun }
  var text: [UInt8] = []
  var ends = 0
  for await part in parts {
    text += part
    ends += part.count { $0 == UInt8(ascii: "\n") }
    if let killAfterLines, ends >= killAfterLines { child.signal(SIGKILL) }
  }
  begun.cancel()
  let status = try await withCheckedThrowingContinuation { continuation in
    do { try child.onExit(reactor) { continuation.resume(returning: $0) } } catch {
      continuation.resume(throwing: error)
    }
  }
  input.writer.close()
  // A line that was cut off by the end was not said.
  let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).dropLast()
  return (lines.map { String(decoding: $0, as: UTF8.self) }, status)
}

/// Whether this user may make a namespace and mount in it. Waits for one short process.
private let canMountForItself: Bool = {
  let words = ["/usr/bin/unshare", "--user", "--map-root-user", "--mount", "/bin/mount", "-t", "tmpfs", "none", "/mnt"]
  var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
  defer { for argument in arguments { free(argument) } }
  var pid: pid_t = 0
  guard posix_spawn(&pid, words[0], nil, nil, &arguments, nil) == 0 else { return false }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) == -1 && errno == EINTR {}
  return status == 0
}()

@Suite struct DurabilityTests {
  /// Everything that was acknowledged is there, and every commit is there whole or not at all.
  private func check(_ path: String, _ acknowledged: [String]) throws {
    let ledger = try SQLiteLedger(path: path)
    let first = Set(try ledger.records(prefix: "a/").map { $0.key.text.dropFirst(2) })
    let second = Set(try ledger.records(prefix: "b/").map { $0.key.text.dropFirst(2) })
    ledger.close()
    #expect(first == second)
    #expect(acknowledged.allSatisfy { first.contains($0[...]) })
  }

  @Test(arguments: [1, 50, 777])
  func `everything acknowledged survives kill -9`(lines: Int) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let (acknowledged, status) = try await runWriter([path, "kill-before", "100000000"], killAfterLines: lines)
      #expect(status == .signaled(SIGKILL))
      #expect(acknowledged.count >= lines)
      try check(path, acknowledged)
    }
  }

  @Test(arguments: ["kill-before", "kill-after"], [1, 2, 30])
  func `a death around a COMMIT loses nothing acknowledged`(mode: String, number: Int) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let (acknowledged, status) = try await runWriter([path, mode, "\(number)"])
      #expect(status == .signaled(SIGKILL))
      try check(path, acknowledged)
    }
  }

  @Test func `a disk that refuses to write breaks the ledger, and nothing acknowledged is lost`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let (lines, status) = try await runWriter([path, "file-limit", "200000"])
      #expect(status == .exited(70))
      #expect(lines.last?.contains("broken") == true)
      try check(path, lines.filter { !$0.hasPrefix("failed") })
    }
  }

  /// The first ones meet the opening, the others commits, and some of the last a checkpoint.
  @Test(arguments: Array(1...12) + [60, 150, 155, 160, 300])
  func `after a sync that failed nothing is acknowledged any more, and nothing acknowledged is lost`(
    number: Int
  ) async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let (lines, status) = try await runWriter([path, "sync-fails", "\(number)"])
      if status == .exited(69) {
        #expect(lines.last?.contains("refused: \(path) cannot be used") == true, "\(lines)")
        try check(path, [])
        return
      }
      if status == .exited(72) {
        // SQLite got over it while it made the empty file.
        #expect(number <= 3)
        try check(path, lines)
        return
      }
      #expect(status == .exited(70))
      let first = try #require(lines.firstIndex { $0.hasPrefix("failed") })
      #expect(lines[first].contains("broken") && lines[first].contains(path), "\(lines[first])")
      #expect(lines.last == "then: 0 taken, 20 refused, not read")
      #expect(lines[first...].allSatisfy { !$0.allSatisfy(\.isNumber) }, "acknowledged after the failure")
      try check(path, Array(lines[..<first]))
    }
  }

  @Test func `a second process is refused`() async throws {
    try await withScratch { directory in
      let path = "\(directory)/ledger"
      let ledger = try SQLiteLedger(path: path)
      let (lines, status) = try await runWriter([path, "kill-before", "1"])
      #expect(status == .exited(69))
      #expect(lines.first?.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
      ledger.close()
    }
  }

  @Test(.enabled(if: canMountForItself, "the kernel lets this user make no namespace with a small disk in it"))
  func `on a full disk changes are stored, growth waits, and room ends it`() async throws {
    try await withScratch { directory in
      let (lines, _) = try await runWriter(
        ["\(directory)/ledger", "fill", "50"], mounting: (directory, 12 << 20))
      #expect(lines == ["full", "changed 50", "grown"])
    }
  }
}
