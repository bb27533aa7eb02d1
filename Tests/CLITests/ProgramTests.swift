import Foundation
import Testing

/// The built `slipway` itself.
@Suite struct ProgramTests {
  struct Outcome {
    var exit: Int32
    var out: String
    var err: String
  }

  /// Beside the test bundle.
  private static let program =
    Bundle.allBundles.map(\.bundleURL).first { $0.pathExtension == "xctest" }?
    .deletingLastPathComponent().appending(path: "slipway")
    ?? URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().appending(path: "slipway")

  private func slipway(_ words: [String], input: String = "", environment: [String: String] = [:]) async throws
    -> Outcome
  {
    // Files, not pipes: a pipe's end would leak into the children of tests that run beside this one.
    let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-run-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (out, err, standardInput) = (
      folder.appending(path: "out"), folder.appending(path: "err"), folder.appending(path: "in")
    )
    for (file, text) in [(out, ""), (err, ""), (standardInput, input)] { try Data(text.utf8).write(to: file) }
    let process = Process()
    process.executableURL = Self.program
    process.arguments = words
    process.environment = environment
    process.standardOutput = try FileHandle(forWritingTo: out)
    process.standardError = try FileHandle(forWritingTo: err)
    process.standardInput = try FileHandle(forReadingFrom: standardInput)
    let ended = AsyncStream<Int32>.makeStream()
    process.terminationHandler = {
      ended.continuation.yield($0.terminationStatus)
      ended.continuation.finish()
    }
    try process.run()
    var exit: Int32 = -1
    for await status in ended.stream { exit = status }
    return Outcome(
      exit: exit, out: try String(contentsOf: out, encoding: .utf8), err: try String(contentsOf: err, encoding: .utf8))
  }

  static let nowhere = "/nonexistent-slipway/c.sock"

  @Test(arguments: [
    (["version"], 0, "slipway "), (["help"], 0, "provision"), ([], 2, "provision"),
    (["help", "exit-codes"], 0, "no daemon answers"), (["account", "add", "--help"], 0, "--credential-file"),
    (["help", "configuration"], 0, "polling.young_s"),
  ])
  func `what is asked for goes to standard output`(words: [String], exit: Int32, text: String) async throws {
    let outcome = try await slipway(words)
    #expect(outcome.exit == exit)
    #expect(outcome.out.contains(text))
    #expect(outcome.err == "")
    #expect(!outcome.out.contains("\u{1B}"))
  }

  @Test(arguments: [
    (["provison"], 2, "did you mean `slipway provision`?"),
    (["account", "add", "a", "--plugin", "p", "--token", "x"], 2, "never taken from the command line"),
    (["account", "add", "a", "--plugin", "p", "--credential-file", "/nonexistent-slipway/t"], 2, "cannot be read"),
    (["account", "add", "a", "--plugin", "p", "--socket", nowhere], 2, "the credential is empty"),
    (["resource", "list", "--socket", nowhere], 3, "start it with `slipway serve`"),
    (["provision", "s", "--expires-in", "soon", "--socket", nowhere], 2, "such as 90s, 15m, 2h or 7d"),
    (["offering", "add", "a", "--socket", nowhere], 2, "--placement and --image, or --file"),
    (["offering", "add", "a", "--placement", "x", "--image", "i"], 2, "ACCOUNT/TYPE/LOCATION"),
    (["power", "explode", "x", "--socket", nowhere], 2, "start, stop, reboot"),
    (["serve", "--config", "/nonexistent-slipway/c.json5"], 2, "configuration file"),
  ])
  func `a mistake goes to standard error, with its exit code`(words: [String], exit: Int32, text: String) async throws {
    let outcome = try await slipway(words)
    #expect(outcome.exit == exit, "\(outcome)")
    #expect(outcome.err.contains(text), "\(outcome.err)")
    #expect(outcome.err.hasPrefix("slipway: "))
    #expect(outcome.out == "")
  }

  @Test func `with --json an error is JSON, also before the command`() async throws {
    for words in [
      ["resource", "list", "--json", "--socket", Self.nowhere], ["--json", "health", "--socket=\(Self.nowhere)"],
    ] {
      let outcome = try await slipway(words)
      #expect(outcome.exit == 3)
      let object = try JSONSerialization.jsonObject(with: Data(outcome.err.utf8)) as? [String: [String: Any]]
      #expect(object?["error"]?["code"] as? String == "NOT_SERVING")
    }
  }

  @Test func `the socket comes from the environment, and the option wins`() async throws {
    let environment = ["SLIPWAY_SOCKET": "/nonexistent-slipway/env.sock"]
    #expect(try await slipway(["health"], environment: environment).err.contains("/nonexistent-slipway/env.sock"))
    #expect(
      try await slipway(["health", "--socket", Self.nowhere], environment: environment).err.contains(Self.nowhere))
  }

  /// Starts a daemon that cannot start, in a folder of its own; what it said, and the folder.
  private func refusedStart(_ make: (String) throws -> [String]) async throws -> (outcome: Outcome, folder: String) {
    let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-start-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    defer { try? FileManager.default.removeItem(at: folder) }
    let given = try make(folder.path)
    let defaults = ["--state", "\(folder.path)/state", "--socket", "\(folder.path)/c.sock", "--plugins", folder.path]
    return (try await slipway(["serve"] + (given.contains("--state") ? given : defaults + given)), folder.path)
  }

  @Test(arguments: [
    "socket", "long", "file", "folder", "state", "key", "worker", "ledger", "archive", "no configuration", "no JSON5",
    "no key", "twice", "no number",
  ])
  func `a daemon that cannot start names the thing, what it expected, what it found, and the remedy`(
    what: String
  ) async throws {
    let (outcome, folder) = try await refusedStart { folder in
      func write(_ text: String, to name: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: "\(folder)/\(name)")
      }
      func makeState() throws {
        try FileManager.default.createDirectory(
          atPath: "\(folder)/state", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      }
      switch what {
      case "socket": try write("somebody's", to: "c.sock")
      case "long":
        let socket = "\(folder)/\(String(repeating: "x", count: 100)).sock"
        return ["--state", "\(folder)/state", "--socket", socket, "--plugins", folder]
      case "file": return ["--state", "\(folder)/state", "--socket", "/proc/nowhere/c.sock", "--plugins", folder]
      case "folder": return ["--state", "\(folder)/state", "--socket", "/proc/self/fd/c.sock", "--plugins", folder]
      case "state": try write("a file", to: "state")
      case "key":
        try makeState()
        try write("no key", to: "state/seal.key")
      case "worker":
        try write("{ worker: '\(folder)/none' }", to: "c.json5")
        return ["--config", "\(folder)/c.json5"]
      case "no configuration": return ["--config", "\(folder)/c.json5"]
      case "no JSON5", "no key", "twice", "no number":
        let texts = [
          "no JSON5": "{ state: '/tmp'", "no key": "{ poling: {} }", "twice": "{ state: '/a', state: '/b' }",
          "no number": "{ polling: { young_s: 'x' } }",
        ]
        try write(texts[what] ?? "", to: "c.json5")
        return ["--config", "\(folder)/c.json5"]
      case "ledger":
        try makeState()
        try write(String(repeating: "no database ", count: 1_000), to: "state/ledger.db")
      default:
        try makeState()
        try FileManager.default.createDirectory(atPath: "\(folder)/state/archive.db", withIntermediateDirectories: true)
      }
      return []
    }
    #expect(outcome.exit != 0 && outcome.out == "", "\(outcome)")
    let lines = outcome.err.split(separator: "\n").map(String.init)
    let thing = ["long": "too long", "file": "/proc/nowhere", "folder": "/proc/self/fd"][what] ?? folder
    #expect(lines.first?.hasPrefix("slipway: ") == true && lines.first?.contains(thing) == true, "\(outcome.err)")
    for part in ["expected", "found", "remedy"] {
      #expect(lines.contains { $0.drop { $0 == " " }.hasPrefix(part) }, "no \(part): \(outcome.err)")
    }
  }

  @Test func `a malformed configuration is refused with its place before anything is made`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "slipway-conf-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appending(path: "c.json5").path
    try Data("{\n  state: '\(folder.path)/state',\n  poling: {},\n}\n".utf8).write(to: URL(filePath: file))
    let outcome = try await slipway(["serve", "--config", file])
    #expect(outcome.exit == 2)
    #expect(outcome.err.contains("\(file):3:3: there is no key poling\n"))
    #expect(outcome.err.contains("perhaps polling"))
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/state"))
  }
}
