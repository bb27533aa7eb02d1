import CLI
import Control
import ControlFixture
import Foundation
import Synchronization
import Testing

@Suite struct LogTests {
  private func chunk(_ stream: String, _ first: Int64, _ text: String) -> LogChunkView {
    LogChunkView(
      number: 1, run: Sample.operation, stream: stream, at: Sample.start, first: first,
      last: first + Int64(text.utf8.count), text: text)
  }

  @Test func `what a recipe wrote goes to both streams, and a gap is told`() async throws {
    let stage = try SessionTests.Stage()
    stage.backend.state.withLock {
      $0.resources[Sample.id] = Sample.resource(8, state: "active", operation: "succeeded")
    }
    let id = Sample.id
    let shown = try await stage.run("resource", "logs", id)
    #expect(shown.text.hasPrefix("hello\n"))
    let errors = stage.err.withLock { $0 }
    #expect(errors.contains("why?\n"))
    #expect(errors.contains("94 bytes of stdout are not kept"))
    await stage.end()
  }

  @Test(arguments: [["--follow"], []]) func `one stream alone is written byte for byte`(words: [String]) async throws {
    let stage = try SessionTests.Stage()
    stage.backend.state.withLock {
      $0.resources[Sample.id] = Sample.resource(8, state: "active", operation: "succeeded")
    }
    let id = Sample.id
    #expect(try await stage.run(words: ["resource", "logs", id, "--stderr"] + words).text == "why?\n")
    let json = try await stage.run(words: ["--json", "resource", "logs", id, "--stdout"] + words).text
    let lines = try json.split(separator: "\n").map {
      try ControlCoding.decode(LogChunkView.self, from: Array($0.utf8))
    }
    #expect(lines == Sample.log.filter { $0.stream == "stdout" })
    await stage.end()
  }

  @Test func `both streams at once exclude each other`() async throws {
    let stage = try SessionTests.Stage()
    stage.backend.state.withLock {
      $0.resources[Sample.id] = Sample.resource(8, state: "active", operation: "succeeded")
    }
    await #expect(throws: CommandFailure.self) {
      try await stage.run("resource", "logs", Sample.id, "--stderr", "--stdout")
    }
    await stage.end()
  }

  @Test func `a terminal gets no control characters, and times are put before lines, not before chunks`() {
    var printer = LogPrinter(times: false, plain: true)
    #expect(printer.bytes(of: chunk("stdout", 0, "a\u{1B}[31mb\tc\r\n")) == Array("a[31mb\tc\n".utf8))
    var timed = LogPrinter(times: true, plain: false, only: "stdout")
    let text = timed.bytes(of: chunk("stdout", 0, "one\ntw")) + timed.bytes(of: chunk("stdout", 6, "o\n"))
    let mark = "\(Sample.start) "
    #expect(String(decoding: text, as: UTF8.self) == "\(mark)one\n\(mark)two\n")
  }
}

@Suite struct SecretTests {
  @Test func `a secret is shown once`() async throws {
    let stage = try SessionTests.Stage()
    stage.backend.state.withLock {
      $0.resources[Sample.id] = Sample.resource(8, state: "active", operation: "succeeded")
    }
    #expect(try await stage.run("resource", "secrets", Sample.id).text == "root_password s3same\n")
    #expect(try await stage.run("resource", "secrets", Sample.id).text == "there is none; a secret is shown once\n")
    await stage.end()
  }

  @Test func `a recipe that runs is cancelled`() async throws {
    let stage = try SessionTests.Stage()
    stage.backend.state.withLock { $0.resources[Sample.id] = Sample.resource(6, state: "configuring") }
    #expect(try await stage.run("resource", "cancel", Sample.id).exit == .ok)
    #expect(stage.backend.calls.last == "cancel run \(Sample.id)")
    await stage.end()
  }
}
