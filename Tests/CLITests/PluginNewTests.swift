import CLI
import Foundation
import System
import Testing

/// `slipway plugin new`, as an author uses it: the built program, the language's own compiler, `make check`.
@Suite struct PluginNewTests {
  @Test(.timeLimit(.minutes(5)), arguments: PluginTemplate.languages)
  func `what it writes builds, and keeps every requirement`(language: String) async throws {
    let compilers = ["c": "cc", "cpp": "g++", "rust": "rustc", "swift": "swift"]
    let compiler = try #require(compilers[language])
    guard try await Tool.run("sh", "-c", "command -v \(compiler)").status == .exited(0) else {
      return print("skipped: plugin new --lang \(language): there is no \(compiler) in PATH")
    }
    let folder = try Folder()
    let made = try await Tool.run(Tool.slipway, "plugin", "new", "--lang", language, "two-words9", "--in", folder.path)
    #expect(made.status == .exited(0), "\(made.text)")
    #expect(made.text.contains("next: cd \(folder.path)/two-words9 && make check"))
    let check = try await Tool.run(
      "make", "-C", "\(folder.path)/two-words9", "check", "SLIPWAY=\(Tool.slipway)", "CONFIGURATION=debug",
      "CFLAGS=-O1 -Werror -Wpedantic", "CXXFLAGS=-O1 -Werror -Wpedantic", "RUSTFLAGS=-D warnings")
    #expect(check.status == .exited(0), "\(check.text)")
    #expect(check.text.contains("two-words9 1.0.0: nothing broken; 21 kept"), "\(check.text)")
    #expect(!check.text.contains("warning:"), "\(check.text)")
    let library = try Folder.find("libtwo-words9.so", below: folder.path)
    let symbols = try await Tool.run("nm", "-D", "--defined-only", library)
    #expect(symbols.text.split(separator: "\n").count == 1 && symbols.text.contains("slipway_plugin_entry"))
  }

  @Test(arguments: [
    (["--lang", "go", "acme"], "--lang takes no \"go\"", "c, cpp, rust, swift"),
    (["--lang", "c", "Acme"], "NAME is no plugin id: \"Acme\"", "1 to 32 of a-z, 0-9 and '-'"),
    (["--lang", "c", "a/b"], "NAME is no plugin id", "such as acme"),
    (["--lang", "c", String(repeating: "a", count: 33)], "NAME is no plugin id", "1 to 32"),
    (
      ["--lang", "c", "acme", "--in", "/nonexistent-slipway"], "--in names no directory",
      "mkdir -p /nonexistent-slipway"
    ),
    (["acme"], "--lang", "slipway plugin new"),
  ])
  func `a mistake is told with what was expected, and makes nothing`(words: [String], text: String, remedy: String)
    async throws
  {
    let folder = try Folder()
    let words = words.contains("--in") ? words : words + ["--in", folder.path]
    let outcome = try await Tool.run(Tool.slipway, ["plugin", "new"] + words)
    #expect(outcome.status == .exited(2), "\(outcome.text)")
    #expect(outcome.text.contains(text) && outcome.text.contains(remedy), "\(outcome.text)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }

  @Test(arguments: [true, false])
  func `what is there already is left as it is`(isFolder: Bool) async throws {
    let folder = try Folder()
    let place = "\(folder.path)/acme"
    if isFolder {
      try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
    } else {
      try FileManager.default.createSymbolicLink(atPath: place, withDestinationPath: "/nonexistent-slipway")
    }
    let outcome = try await Tool.run(Tool.slipway, "plugin", "new", "--lang", "c", "acme", "--in", folder.path)
    #expect(outcome.status == .exited(2))
    #expect(outcome.text.contains("\(place) is there already") && outcome.text.contains("take another NAME or --in"))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["acme"])
  }

  @Test func `the C plugin is the example of the documentation, and the documentation's is this one`() throws {
    let text = try Folder.repository("docs/plugin-abi.md")
    let start = try #require(text.range(of: "```c\n"))
    let end = try #require(text[start.upperBound...].range(of: "```"))
    let files = try PluginTemplate(language: "c", name: "pebble").files
    let written = try #require(files.first { $0.path == "plugin.c" })
    #expect(String(decoding: written.bytes, as: UTF8.self) == String(text[start.upperBound..<end.lowerBound]))
  }

  @Test func `the Swift package holds every file of the kit and of the messages, as they are`() throws {
    let files = try PluginTemplate(language: "swift", name: "acme").files
    for (folder, target) in [
      ("Plugins/Kit", "Sources/PluginKit"), ("Sources/PluginABI/Messages", "Sources/PluginMessages"),
      ("Sources/PluginABI/include", "Sources/PluginABI/include"),
    ] {
      let names = try FileManager.default.contentsOfDirectory(atPath: Folder.root.appending(path: folder).path)
        .filter { $0.hasSuffix(".swift") || $0.hasSuffix(".h") }
      let copied = files.filter { $0.path.hasPrefix("\(target)/") }
      #expect(Set(copied.map(\.path)) == Set(names.map { "\(target)/\($0)" }), "Sources/Host/Templates/templates.c")
      for file in copied {
        let original = try Folder.repository(folder + file.path.dropFirst(target.count))
        #expect(String(decoding: file.bytes, as: UTF8.self) == original, "\(file.path)")
      }
    }
  }

  @Test func `the Rust declarations have the numbers of the header`() throws {
    let header = try Folder.repository("Sources/PluginABI/include/slipway_plugin.h")
    let files = try PluginTemplate(language: "rust", name: "acme").files
    let source = String(decoding: try #require(files.first { $0.path == "plugin.rs" }).bytes, as: UTF8.self)
    let constants = source.matches(of: /pub const ([A-Z_]+): i32 = (-?[0-9]+);/)
    #expect(constants.count == 11)
    for constant in constants {
      #expect(header.contains("#define SLIPWAY_\(constant.1) INT32_C(\(constant.2))"), "\(constant.1)")
    }
    #expect(source.contains("pub const VERSION: u32 = 0x1_0000;") && header.contains("SLIPWAY_ABI_MAJOR UINT32_C(1)"))
  }
}

/// A program that is run to its end without blocking a thread that tests run on.
enum Tool {
  struct Outcome: Sendable {
    var status: System.ExitStatus
    /// Standard output and standard error, in the order in which they came.
    var text: String
  }

  /// The built command, beside the test bundle.
  static let slipway = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appending(path: "slipway").path

  private static let reactor = Result { try Reactor(name: "tools") }

  static func run(_ program: String, _ arguments: String...) async throws -> Outcome {
    try await run(program, arguments)
  }

  static func run(_ program: String, _ arguments: [String]) async throws -> Outcome {
    let file = FileManager.default.temporaryDirectory.appending(path: "slipway-tool-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    // A jobserver of the `make` that runs the tests is not this one's.
    let environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("MAKE") && $0.key != "MFLAGS" }
    let output = try Descriptor.open(file.path, O_WRONLY | O_CREAT | O_APPEND)
    let child = try SpawnPlan(
      program: .path("/usr/bin/env"), arguments: ["env", program] + arguments, environment: environment,
      descriptors: [1: output, 2: try Descriptor.open(file.path, O_WRONLY | O_APPEND)]
    ).spawn()
    let reactor = try reactor.get()
    let status = try await withCheckedThrowingContinuation {
      (continuation: CheckedContinuation<System.ExitStatus, any Error>) in
      do { try child.onExit(reactor) { continuation.resume(returning: $0) } } catch {
        continuation.resume(throwing: error)
      }
    }
    return Outcome(status: status, text: try String(contentsOf: file, encoding: .utf8))
  }
}

/// A folder that goes with the test.
final class Folder: Sendable {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "slipway-new-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// The repository.
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// Text of a file of the repository.
  static func repository(_ path: some StringProtocol) throws -> String {
    try String(contentsOf: root.appending(path: String(path)), encoding: .utf8)
  }

  /// The file of that name, wherever it is below a folder.
  static func find(_ name: String, below folder: String) throws -> String {
    let all = FileManager.default.enumerator(atPath: folder)
    while let path = all?.nextObject() as? String {
      if path.hasSuffix("/\(name)") { return "\(folder)/\(path)" }
    }
    throw CocoaError(.fileNoSuchFile)
  }
}
