package import Foundation
import Synchronization

/// Plugins in C that misbehave on request, compiled once per process with `clang` from PATH.
///
/// The sources are in `C/`, of the tree in which the program runs where that is one; the files land in the folder of the built
/// products, so that nothing is left elsewhere, or where `land(in:)` says. May be called from any thread; the first call for a plugin takes about 0.2 s.
package enum EvilPlugin {
  /// Why a plugin could not be built: the compiler's own words.
  package struct NotBuilt: Error, CustomStringConvertible {
    package let description: String
  }

  private static let built = Mutex<[String: Result<String, NotBuilt>]>([:])
  private static let chosen = Mutex<URL?>(nil)

  /// From now on everything lands in that folder, which exists.
  package static func land(in folder: URL) { chosen.withLock { $0 = folder } }

  private static var output: URL { chosen.withLock { $0 } ?? products }

  /// The source tree: the one in which this program runs, else the one in which it was compiled.
  private static let tree: URL = {
    let here = URL(filePath: FileManager.default.currentDirectoryPath)
    if FileManager.default.fileExists(atPath: here.appending(path: "Tests/EvilPlugins/C/echo.c").path) { return here }
    return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  }()

  /// Every verb replies with its request, or does what `"do":"…"` in it asks for (see `C/echo.c`).
  package static func echo() throws -> String { try build("echo") }

  /// The absolute path of `C/<source>.c`, compiled with these macros defined.
  package static func build(_ source: String, _ macros: String...) throws -> String { try build(source, macros) }

  private static func build(_ source: String, _ macros: [String]) throws -> String {
    let name = ([source] + macros).joined(separator: "-").map {
      $0.isLetter || $0.isNumber || $0 == "-" ? "\($0)" : "_"
    }
    .joined()
    return try once(name) { compile(file(source), macros, to: output.appending(path: "libEvil-\(name).so")) }
  }

  /// The same for tests that share their threads with others: the compiler runs on a thread of its own.
  package static func built(_ source: String, _ macros: [String] = []) async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try build(source, macros) }) }
    }
  }

  /// A program that runs `slipway-worker` on a kernel that seems to lack a system call (see `C/lesser_kernel.c`).
  package static func worker(without call: String) throws -> String {
    let macros = ["WITHOUT=\(call)", "WORKER=\"\(products.appending(path: "slipway-worker").path)\""]
    return try once(call) {
      compile(file("lesser_kernel"), macros, [], to: output.appending(path: "evil-worker-\(call)"))
    }
  }

  private static func file(_ source: String) -> URL {
    let folder = tree.appending(path: "Tests/EvilPlugins/C")
    let plus = folder.appending(path: "\(source).cpp")
    return FileManager.default.fileExists(atPath: plus.path) ? plus : folder.appending(path: "\(source).c")
  }

  private static func once(_ name: String, _ compile: () -> Result<String, NotBuilt>) throws -> String {
    try built.withLock { built in
      let result = built[name] ?? compile()
      built[name] = result
      return try result.get()
    }
  }

  /// The absolute path of a plugin whose source is this text, built with today's header or with the one in `includes`.
  package static func build(text: String, named name: String, includes: String? = nil) throws -> String {
    try compile(text: text, includes, ["-fPIC", "-shared"], to: output.appending(path: "libEvil-\(name).so"))
  }

  /// What a program prints whose source is this text.
  package static func run(program text: String, includes: String) throws -> String {
    let file = output.appending(path: "evil-program-\(UUID().uuidString.prefix(8))")
    let path = try compile(text: text, includes, [], to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let program = Process()
    program.executableURL = URL(filePath: path)
    let output = Pipe()
    program.standardOutput = output
    try program.run()
    let words = try output.fileHandleForReading.readToEnd() ?? Data()
    program.waitUntilExit()
    return String(decoding: words, as: UTF8.self)
  }

  private static func compile(text: String, _ includes: String?, _ form: [String], to file: URL) throws -> String {
    let source = output.appending(path: ".evil-\(UUID().uuidString).c")
    try text.write(to: source, atomically: true, encoding: .utf8)
    defer { try? FileManager.default.removeItem(at: source) }
    return try compile(source, [], form, includes: includes, to: file).get()
  }

  /// The C example of the documentation as it is, under the id `bystander`.
  package static func bystander() async throws -> String {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            let text = try String(
              contentsOf: tree.appending(path: "Sources/Host/Templates/c/plugin.c"), encoding: .utf8)
            return try build(text: text.replacingOccurrences(of: "pebble", with: "bystander"), named: "bystander")
          })
      }
    }
  }

  /// The folder of the built products: where the running test program is, and `slipway-worker` beside it.
  package static var products: URL {
    URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
  }

  private static func compile(
    _ source: URL, _ macros: [String], _ form: [String] = ["-fPIC", "-shared"], includes: String? = nil, to file: URL
  ) -> Result<String, NotBuilt> {
    let fresh = file.deletingLastPathComponent().appending(path: ".evil-\(UUID().uuidString).so")
    let compiler = Process()
    compiler.executableURL = URL(filePath: "/usr/bin/env")
    let isPlus = source.pathExtension == "cpp"
    compiler.arguments =
      (isPlus ? ["clang++", "-std=c++17", "-static-libstdc++", "-static-libgcc"] : ["clang", "-std=c11"])
      + ["-g", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"] + form
      + ["-I", includes ?? tree.appending(path: "Sources/PluginABI/include").path]
      + macros.map { "-D\($0)" } + [source.path, "-o", fresh.path, "-lpthread"]
    let output = Pipe()
    compiler.standardError = output
    do {
      try compiler.run()
      let words = try output.fileHandleForReading.readToEnd() ?? Data()
      compiler.waitUntilExit()
      guard compiler.terminationStatus == 0 else {
        return .failure(NotBuilt(description: String(decoding: words, as: UTF8.self)))
      }
      // Renamed into place: another test process may be loading the file that is there.
      guard rename(fresh.path, file.path) == 0 else {
        return .failure(NotBuilt(description: "cannot rename \(fresh.path) to \(file.path)"))
      }
      return .success(file.path)
    } catch {
      return .failure(NotBuilt(description: "clang cannot be run: \(error)"))
    }
  }
}
