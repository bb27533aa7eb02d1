import Foundation
import Testing

@testable import Remote

/// Scripts as values, and as shell text.
@Suite struct RecipeTextTests {
  /// What a shell prints that is given a script.
  func shell(_ script: String, _ program: String = "/bin/sh") async throws -> Data {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["-s"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    return await blocking {
      try? input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
      try? input.fileHandleForWriting.close()
      let data = output.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      return data
    }
  }

  @Test(arguments: ["/bin/sh", "/bin/bash"]) func `any bytes print as they are`(program: String) async throws {
    var bytes = (0...255).map { UInt8($0) } + Array("-n -e %s %% \\c \\0 ' \" $x `x` 123\n\n'\\''".utf8)
    bytes += (0..<5_000).map { _ in UInt8.random(in: 0...255) }
    let text = ShellText.printing(bytes)
    #expect(try await shell(text, program) == Data(bytes))
    #expect(text.utf8.allSatisfy { (32...126).contains($0) || $0 == 10 })
  }

  @Test func `any text is one word`() async throws {
    for text in ["", "'", "''", "a'b", "\n", "$(x)`y`\"\\", "é", "'; exit; '"] {
      #expect(try await shell("printf %s \(ShellText.quoted(text))") == Data(text.utf8))
    }
  }

  @Test func `a script that is cut anywhere does nothing, nor one that nobody permits to begin`() async throws {
    let folder = "/tmp/slipway-cut-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var job = RecipeJob(
      run: RecipeBench.name(), body: try RunBody(Array("touch \(folder)".utf8)), timeout: .seconds(5))
    job.place.folder = folder
    let script = String(decoding: RecipeScript.follow(job, mayBegin: true, offsets: OutputOffsets()), as: UTF8.self)
    for cut in (0..<20).map({ _ in Int.random(in: 0..<script.utf8.count) }) + [script.utf8.count] {
      _ = try await shell(String(script.prefix(cut)) + "\n")
      #expect(!FileManager.default.fileExists(atPath: folder), "cut at \(cut)")
    }
  }

  @Test func `the limits of a script hold to the byte`() throws {
    #expect(try RunBody([UInt8](repeating: 10, count: 65_536)).bytes.count == 65_536)
    #expect(throws: RunBody.Problem.tooBig(65_537)) { try RunBody([UInt8](repeating: 10, count: 65_537)) }
    #expect(throws: RunBody.Problem.empty) { try RunBody([]) }
    #expect(throws: RunBody.Problem.empty) { try RunBody([0xEF, 0xBB, 0xBF]) }
  }

  @Test func `line ends are changed only where all are CRLF`() throws {
    func text(_ source: String) throws -> String {
      String(decoding: try RunBody(Array(source.utf8)).bytes, as: UTF8.self)
    }
    #expect(try text("a\r\nb\r\n") == "a\nb\n")
    #expect(try text("a\r\nb") == "a\nb")
    #expect(try text("a\r\nb\n") == "a\r\nb\n")
    #expect(try text("a\rb") == "a\rb")
    #expect(try text("\r\r\n") == "\r\n")
  }

  @Test(arguments: [
    ("echo", ["/bin/sh"], "/bin/sh"), ("#!/bin/bash\n", ["/bin/bash"], "/bin/bash"),
    ("#! /bin/bash -eu -o pipefail \n", ["/bin/bash", "-eu -o pipefail"], "/bin/bash"),
    ("#!/usr/bin/env python3", ["/usr/bin/env", "python3"], "python3"),
    ("#!/usr/bin/env -S python3 -u\n", ["/usr/bin/env", "-S python3 -u"], "/usr/bin/env"),
    ("#!/bin/sh\r\nx\n", ["/bin/sh"], "/bin/sh"), (" #!/bin/bash\n", ["/bin/sh"], "/bin/sh"),
  ]) func `the first line is read as Linux reads it`(source: String, words: [String], needed: String) throws {
    let body = try RunBody(Array(source.utf8))
    #expect(body.interpreter == words)
    #expect(body.needed == needed)
  }

  @Test(arguments: ["#!", "#!bash\n", "#! \n", "#!/\n", "#!/bin/\u{0}sh\n"])
  func `an interpreter that is no path is refused`(source: String) {
    #expect(throws: RunBody.Problem.self) { try RunBody(Array(source.utf8)) }
  }

  @Test func `a job that cannot be run says why`() throws {
    let job = RecipeJob(run: RecipeBench.name(), body: try RunBody([1]), timeout: .seconds(5))
    #expect(job.problem == nil)
    var wrong: [RecipeJob] = []
    for run in ["", "../../../etc", "01arz3ndektsv4rrffq69g5fav", String(repeating: "0", count: 27)] {
      var one = job
      one.run = run
      wrong.append(one)
    }
    for name in ["", "1A", "A B", "A=B", "A;B", "é", "PPID", "IFS", "A\n"] {
      var one = job
      one.environment = [name: "x"]
      wrong.append(one)
    }
    for value in ["a\0b", String(repeating: "x", count: 65_537)] {
      var one = job
      one.environment = ["A": value]
      wrong.append(one)
    }
    for folder in ["", "var", "/a\0b"] {
      var one = job
      one.place.folder = folder
      wrong.append(one)
    }
    var timeless = job
    timeless.timeout = .zero
    for one in wrong + [timeless] { #expect(one.problem != nil, "\(one)") }
  }
}
