import Foundation
import System
import Testing

/// What was built beside the tests.
enum Built {
  /// The folder of programs and plugins: where the test bundle lies.
  static let folder: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? CommandLine.arguments[0]
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().path
  }()

  /// A program or plugin by its file name.
  static func path(_ name: String) -> String { "\(folder)/\(name)" }
}

/// A folder that goes with the test.
final class Scratch {
  let path: String

  init() throws {
    path = "/tmp/slipway-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Runs a program to its end and gives what it printed on standard output.
  func run(_ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
  }

  /// Makes an SSH key pair.
  func sshKey() throws -> (file: String, publicKey: String) {
    let file = "\(path)/id_ed25519"
    _ = try run("/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", file)
    let text = try String(contentsOfFile: "\(file).pub", encoding: .utf8)
    return (file, text.trimmingCharacters(in: .whitespacesAndNewlines))
  }

  /// Makes a folder with a copy of a plugin in it.
  func plugins(_ names: String...) throws -> String {
    let folder = "\(path)/plugins"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for name in names { try FileManager.default.copyItem(atPath: Built.path(name), toPath: "\(folder)/\(name)") }
    return folder
  }
}

/// A simulated cloud in a process of its own; it ends with the test.
final class SimulatedCloud {
  let url: String
  private let process: Process

  init(_ arguments: [String] = ["--fast"]) throws {
    process = Process()
    process.executableURL = URL(fileURLWithPath: Built.path("slipway-sim"))
    process.arguments = ["hetzner", "--listen", "127.0.0.1:0", "--print-address", "--token", "secret"] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    var text = ""
    while !text.contains("\n") {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    guard let range = text.range(of: "http://[^\\s]+", options: .regularExpression) else {
      throw ScratchError("the simulator did not say where it listens: \(text)")
    }
    url = String(text[range])
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  /// Asks the simulator's own endpoint.
  func admin(_ path: String, method: String = "GET", body: String? = nil) throws -> [String: Any] {
    let root = url.replacingOccurrences(of: "/v1", with: "")
    let curl = Process()
    curl.executableURL = URL(fileURLWithPath: "/usr/bin/curl")
    curl.arguments = ["-s", "-X", method, "\(root)/_sim/\(path)"] + (body.map { ["-d", $0] } ?? [])
    let pipe = Pipe()
    curl.standardOutput = pipe
    try curl.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    curl.waitUntilExit()
    return (try? JSONSerialization.jsonObject(with: data)) as? [String: Any] ?? [:]
  }
}

struct ScratchError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
