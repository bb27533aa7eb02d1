import Foundation
import System
import Testing

@Suite struct ProcessTests {
  @Test func `a locked directory names the process that holds it`() throws {
    let directory = try temporaryDirectory()
    let lock = try DirectoryLock(directory: directory)
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: directory) }
    #expect(error == .held(by: getpid()))
    lock.unlock()
    _ = try DirectoryLock(directory: directory)
  }

  @Test
  func `a lock whose holder is being killed is waited for, and one whose holder lives is not for longer than said`()
    throws
  {
    let directory = try temporaryDirectory()
    // flock(1) holds the lock itself; what it runs ends with this test's end of the pipe.
    let holder = Process()
    holder.executableURL = URL(filePath: "/usr/bin/flock")
    holder.arguments = ["-o", "\(directory)/lock", "/bin/sh", "-c", "echo $PPID > \(directory)/lock; echo; read end"]
    let (said, end) = (Pipe(), Pipe())
    (holder.standardOutput, holder.standardInput) = (said, end)
    defer { try? end.fileHandleForWriting.close() }
    try holder.run()
    #expect(try said.fileHandleForReading.read(upToCount: 1) == Data("\n".utf8))
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: directory, patienceMs: 1) }
    #expect(error == .held(by: holder.processIdentifier))
    kill(holder.processIdentifier, SIGKILL)
    _ = try DirectoryLock(directory: directory, patienceMs: 60_000)
  }

  @Test func `a lock in a directory that does not exist is an error that names it`() throws {
    let error = #expect(throws: DirectoryLockError.self) { try DirectoryLock(directory: "/nowhere") }
    #expect(error == .system(SystemError("open", code: ENOENT, context: "/nowhere/lock")))
  }

  @Test func `a descriptor closes once and answers EBADF afterwards`() throws {
    let (reader, writer) = try Descriptor.pipe()
    reader.close()
    reader.close()
    #expect(reader.isClosed)
    let error = #expect(throws: SystemError.self) { try reader.receive(atMost: 1) }
    #expect(error?.code == EBADF)
    _ = writer
  }

  @Test func `durations clamp when they become nanoseconds`() {
    #expect(Duration.seconds(-1).nanoseconds == 0)
    #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
    #expect(Duration.seconds(Int64.max).nanoseconds == UInt64(Int64.max))
  }
}
