package import Control
import Core
import Crypto
import Model
import Store

extension Backend {
  /// What a run wrote, at most 64 chunks; none only where there are no more.
  package func recipeLog(_ id: String, _ query: LogQuery) async throws(ControlFailure) -> [LogChunkView] {
    let (run, _) = try await run(id, query)
    var after = query.after
    while true {
      let chunks = await logs.chunks(of: run, after: after)
      let views = chunks.compactMap { Self.view($0, of: run, query) }
      guard views.isEmpty, let last = chunks.last else { return views }
      // All of them are of the other stream.
      after = last.number
    }
  }

  /// What a run wrote and goes on to write, until it ends.
  package func followRecipeLog(
    _ id: String, _ query: LogQuery
  ) async throws(ControlFailure) -> AsyncStream<LogChunkView> {
    let (run, resource) = try await run(id, query)
    let pump = pump
    let chunks = logs.follow(run, after: query.after) {
      await pump.read { engine in
        engine.machine(resource)?.resource.runs.contains { $0.id == run && $0.ending == nil } ?? false
      }
    }
    let reader = FilteredLog(chunks) { Self.view($0, of: run, query) }
    return AsyncStream { await reader.next() }
  }

  /// The run that is meant, with its resource.
  private func run(_ text: String, _ query: LogQuery) async throws(ControlFailure) -> (run: ULID, resource: ULID) {
    guard let id = ULID(text), let machine = await pump.read({ $0.machine(id) }) else {
      throw notFound("resource", text, among: [])
    }
    let runs = machine.resource.runs
    guard let wanted = query.run else {
      guard let newest = runs.last else {
        throw ControlFailure(
          .notFound, "no recipe has run on resource \(id)",
          remedy: "offerings with readiness recipe run one: `slipway resource show \(id)`")
      }
      return (newest.id, id)
    }
    guard let run = ULID(wanted), runs.contains(where: { $0.id == run }) else {
      throw notFound("run", wanted, among: runs.map(\.id.description))
    }
    return (run, id)
  }

  private static func view(_ chunk: OutputChunk, of run: ULID, _ query: LogQuery) -> LogChunkView? {
    let stream = chunk.stream == .standard ? "stdout" : "stderr"
    guard query.stream == nil || query.stream == stream else { return nil }
    let text = String(validating: chunk.bytes, as: UTF8.self)
    return LogChunkView(
      number: chunk.number, run: run.description, stream: stream, at: Timestamp(Instant(ms: chunk.atMilliseconds)),
      first: chunk.range.lowerBound, last: chunk.range.upperBound, text: text,
      base64: text == nil ? Base64.encode(chunk.bytes) : nil)
  }
}

/// Chunks as views, without those that are not wanted; pulled one at a time.
private actor FilteredLog {
  private var chunks: AsyncStream<OutputChunk>.Iterator
  private let view: @Sendable (OutputChunk) -> LogChunkView?

  init(_ chunks: AsyncStream<OutputChunk>, _ view: @escaping @Sendable (OutputChunk) -> LogChunkView?) {
    self.chunks = chunks.makeAsyncIterator()
    self.view = view
  }

  func next() async -> LogChunkView? {
    var iterator = chunks
    defer { chunks = iterator }
    while let chunk = await iterator.next(isolation: self) {
      if let view = view(chunk) { return view }
    }
    return nil
  }
}

extension RunView {
  /// A run as the last commit left it.
  init(_ run: RecipeRun) {
    let (state, code, signal): (String, Int?, String?) =
      switch run.ending {
      case nil: ("running", nil, nil)
      case .exited(let code): ("exited", code, nil)
      case .signaled(let name): ("signaled", nil, name)
      case .timedOut: ("timed_out", nil, nil)
      case .outOfMemory: ("out_of_memory", nil, nil)
      case .cancelled: ("cancelled", nil, nil)
      case .interrupted: ("interrupted", nil, nil)
      case .notStarted: ("not_started", nil, nil)
      }
    self.init(
      id: run.id.description, recipe: run.recipe.description, state: state,
      outcome: run.ending.map { $0.words + (run.remark.map { "; \($0)" } ?? "") }, exitCode: code,
      signal: signal, askedAt: Timestamp(run.askedAt), endedAt: run.endedAt.map { Timestamp($0) },
      durationMs: run.durationMs, cloudInit: run.cloudInit)
  }
}
