import Foundation
import Synchronization

/// A program of this machine that a test runs.
struct Program {
  /// Path of the program.
  let path: String
  /// Whole environment.
  var environment: [String: String] = ["PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"]

  /// The first of these files that can be run; nil where none can.
  init?(_ paths: String...) {
    guard let found = paths.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else { return nil }
    path = found
  }

  /// What a program said and how it ended.
  struct Outcome: Sendable {
    let status: Int32
    let output: String
    let errors: String
  }

  /// Runs to the end, at most a minute.
  func run(_ arguments: String...) async throws -> Outcome { try await run(arguments) }

  /// Runs to the end, at most a minute.
  func run(_ arguments: [String]) async throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = ["60", path] + arguments
    process.environment = environment
    process.standardInput = FileHandle.nullDevice
    let (output, errors) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (output, errors)
    let ended = AsyncStream<Void> { stream in process.terminationHandler = { _ in stream.finish() } }
    try process.run()
    async let said = Program.text(output.fileHandleForReading)
    async let complained = Program.text(errors.fileHandleForReading)
    let (text, complaint) = await (said, complained)
    for await _ in ended {}
    return Outcome(status: process.terminationStatus, output: text, errors: complaint)
  }

  /// Reads to the end on a thread that may wait.
  private static func text(_ handle: FileHandle) async -> String {
    let number = handle.fileDescriptor
    defer { withExtendedLifetime(handle) {} }
    return await withCheckedContinuation { continuation in
      let thread = Thread {
        let reader = FileHandle(fileDescriptor: number, closeOnDealloc: false)
        let data = (try? reader.readToEnd()) ?? nil
        continuation.resume(returning: String(decoding: data ?? Data(), as: UTF8.self))
      }
      thread.start()
    }
  }
}

/// A directory that lives as long as the value.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("cloudsim-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file and returns its path.
  func file(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    let file = "\(path)/\(name)"
    try Data(text.utf8).write(to: URL(fileURLWithPath: file))
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return file
  }

  /// Makes a key pair; the private half is at the returned path, the public one at that with `.pub`.
  func keyPair(_ name: String) async throws -> String {
    _ = try await Program("/usr/bin/ssh-keygen")?.run(
      "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", "\(path)/\(name)")
    return "\(path)/\(name)"
  }

  /// Text of a file below it.
  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
}
