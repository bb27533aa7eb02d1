import Foundation
import RemoteProtocol
import Testing

@testable import Remote

/// What was built beside the tests.
enum Built {
  /// The program under test: it lies where the test bundle lies.
  static let slipwaySSH: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("slipway-ssh").path
  }()
}

/// A folder that goes with the test.
final class Scratch: Sendable {
  let path: String

  init() throws {
    path = "/tmp/slipway-remote-\(UUID().uuidString.prefix(12).lowercased())"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  func folder(_ name: String) throws -> String {
    try FileManager.default.createDirectory(atPath: file(name), withIntermediateDirectories: true)
    return file(name)
  }

  @discardableResult
  func write(_ name: String, _ text: String, mode: Int = 0o600) throws -> String {
    try text.write(toFile: file(name), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    return file(name)
  }

  /// A pipe on which a remote command can wait for the test.
  func pipe(_ name: String) throws -> String {
    guard mkfifo(file(name), 0o600) == 0 else { throw POSIXError(.EIO) }
    return file(name)
  }
}

/// Runs what blocks on a thread of its own, so that it holds no thread of the tasks.
func blocking<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
  await withCheckedContinuation { continuation in
    Thread { continuation.resume(returning: body()) }.start()
  }
}

/// Opens a named pipe for writing: returns once the remote command reads it.
func meet(_ pipe: String) async -> FileHandle {
  let number = await blocking { open(pipe, O_WRONLY | O_CLOEXEC) }
  return FileHandle(fileDescriptor: number, closeOnDealloc: true)
}

extension RemoteResult {
  var out: String { String(decoding: output, as: UTF8.self) }
  var err: String { String(decoding: error, as: UTF8.self) }
}

/// The process that was started with a mark of its own in its environment.
func process(marked mark: String) throws -> Int32 {
  let found = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(Int32.init).filter {
    let environment = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\($0)/environ"))
    return environment?.range(of: Data("MARK=\(mark)\0".utf8)) != nil
  }
  return try #require(found.count == 1 ? found.first : nil, "\(mark) is \(found)")
}
