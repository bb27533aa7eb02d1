import Control
import Synchronization
import System

extension Session {
  func resourceLogs() async throws(CommandFailure) -> ExitCode {
    guard !(line.has("stdout") && line.has("stderr")) else {
      throw .usage("--stdout and --stderr exclude each other", expected: "one of them, or none for both")
    }
    return try await resourceLogs(of: try await resourceID())
  }

  /// Shows what the newest run of a resource wrote, or the one that --run names.
  func resourceLogs(of id: String) async throws(CommandFailure) -> ExitCode {
    if line.has("follow") { return try await followLog(of: id) }
    let (query, screen) = logQuery()
    try await page(id, query, screen)
    return try await verdict(on: id)
  }

  /// The same while it writes, until it has ended.
  func followLog(of id: String) async throws(CommandFailure) -> ExitCode {
    let (query, screen) = logQuery()
    do {
      guard try await interrupt.during({ try await follow(id, query, screen) }) != nil else {
        console.err("\nno longer following; the recipe goes on\n")
        return .detached
      }
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure(ControlFailure(.internal, "reading the log was interrupted"))
    }
    return try await verdict(on: id)
  }

  private func logQuery() -> (query: [(String, String?)], screen: LogScreen) {
    let stream = line.has("stderr") ? "stderr" : line.has("stdout") ? "stdout" : nil
    return (
      [("run", line.option("run")), ("stream", stream)],
      LogScreen(self, LogPrinter(times: line.has("times"), plain: console.redraws, only: stream))
    )
  }

  func resourceSecrets() async throws(CommandFailure) -> ExitCode {
    let id = try await resourceID()
    let answer = try await client.exchange("POST", "/v1/resources/\(id)/secrets", as: ListView<SecretView>.self)
    show(answer) { list in
      if list.items.isEmpty { return "there is none; a secret is shown once\n" }
      return list.items.map { "\(Plain.text($0.name)) \(Plain.text($0.value))\n" }.joined()
    }
    return .ok
  }

  func resourceCancel() async throws(CommandFailure) -> ExitCode {
    let id = try await resourceID()
    let answer = try await client.exchange("DELETE", "/v1/resources/\(id)/recipe-run", as: AcceptedView.self)
    show(answer) { "the recipe is being ended; `slipway resource watch \($0.resourceId)` shows what comes of it\n" }
    return .ok
  }

  /// Reads everything that is there, page by page.
  private func page(
    _ id: String, _ query: [(String, String?)], _ screen: LogScreen
  ) async throws(CommandFailure) {
    var after: Int64 = 0
    while true {
      let target = "/v1/resources/\(id)/recipe-log" + ControlTarget.query(query + [("after", "\(after)")])
      let answer = try await client.get(target, as: ListView<LogChunkView>.self)
      guard let last = answer.view.items.last else { return }
      for chunk in answer.view.items { screen.show(chunk) }
      after = last.number
    }
  }

  /// Reads until the run has ended, taking the stream up again where a restart of the daemon broke it.
  private func follow(_ id: String, _ query: [(String, String?)], _ screen: LogScreen) async throws {
    var after: Int64 = 0
    var failures = 0
    while true {
      do {
        let target =
          "/v1/resources/\(id)/recipe-log"
          + ControlTarget.query(query + [("after", "\(after)"), ("follow", "true")])
        let chunks = try await client.stream(target, of: LogChunkView.self)
        while let chunk = try await chunks.next() {
          failures = 0
          after = chunk.view.number
          screen.show(chunk.view)
        }
        return
      } catch {
        try Task.checkCancellation()
        guard error.exit == .noDaemon || error.exit == .tryAgain, after > 0, failures < 120 else { throw error }
        if failures == 0 { console.err("note: the daemon does not answer; it goes on when it is back\n") }
        failures += 1
      }
      try await reactor.sleep(for: .milliseconds(500))
    }
  }

  /// What the run came to, as the exit code.
  private func verdict(on id: String) async throws(CommandFailure) -> ExitCode {
    let resource = try await client.get("/v1/resources/\(id)", as: ResourceView.self).view
    let run =
      line.option("run").map { wanted in resource.runs.last { $0.id == wanted.uppercased() } } ?? resource.runs.last
    guard let run else { return .ok }
    if !isJSON { console.err("recipe \(run.recipe) \(run.outcome ?? "is running")\n") }
    return run.state == "running" || run.exitCode == 0 ? .ok : .recipeFailed
  }
}

/// Shows chunks as they come.
private final class LogScreen: Sendable {
  private let session: Session
  private let printer: Mutex<LogPrinter>

  init(_ session: Session, _ printer: LogPrinter) {
    self.session = session
    self.printer = Mutex(printer)
  }

  func show(_ chunk: LogChunkView) {
    let console = session.console
    if session.isJSON { return console.out(String(decoding: ControlCoding.encode(chunk), as: UTF8.self) + "\n") }
    let (gap, bytes) = printer.withLock { ($0.gap(before: chunk), $0.bytes(of: chunk)) }
    if let gap { console.err(gap) }
    if chunk.stream == "stderr" && !session.line.has("stderr") {
      console.err(String(decoding: bytes, as: UTF8.self))
    } else {
      console.raw(bytes)
    }
  }
}
