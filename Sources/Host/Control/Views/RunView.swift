/// One execution of a recipe on a resource.
package struct RunView: Codable, Sendable, Hashable {
  /// A ULID; names the run in logs.
  package var id: String
  /// The recipe's version, as `NAME@VERSION`.
  package var recipe: String
  /// `running`, `exited`, `signaled`, `timed_out`, `out_of_memory`, `cancelled`, `interrupted` or `not_started`.
  package var state: String
  /// In words, once it has ended.
  package var outcome: String?
  /// Its exit code, where it exited.
  package var exitCode: Int?
  /// The signal that ended it, named without SIG.
  package var signal: String?
  /// When it was asked for.
  package var askedAt: Timestamp
  /// When its end was known.
  package var endedAt: Timestamp?
  /// How long it ran by the machine's clock.
  package var durationMs: Int64?
  /// What the machine's cloud-init said before it began.
  package var cloudInit: String?

  /// Makes the view from its fields.
  package init(
    id: String,
    recipe: String,
    state: String,
    outcome: String? = nil,
    exitCode: Int? = nil,
    signal: String? = nil,
    askedAt: Timestamp,
    endedAt: Timestamp? = nil,
    durationMs: Int64? = nil,
    cloudInit: String? = nil
  ) {
    self.id = id
    self.recipe = recipe
    self.state = state
    self.outcome = outcome
    self.exitCode = exitCode
    self.signal = signal
    self.askedAt = askedAt
    self.endedAt = endedAt
    self.durationMs = durationMs
    self.cloudInit = cloudInit
  }
}

/// A piece of what a run wrote, with secrets taken out.
package struct LogChunkView: Codable, Sendable, Hashable {
  /// Grows from chunk to chunk; the `after` of the next request.
  package var number: Int64
  /// The run, a ULID.
  package var run: String
  /// `stdout` or `stderr`.
  package var stream: String
  /// When it arrived.
  package var at: Timestamp
  /// Where it begins in what the run wrote to that stream, in bytes.
  package var first: Int64
  /// Where it ends. A chunk that does not begin where the one before it ended follows a gap: of a flood the head and
  /// the tail are kept.
  package var last: Int64
  /// What was written, where it is UTF-8.
  package var text: String?
  /// What was written, in base 64, where it is not.
  package var base64: String?

  /// Makes the view from its fields.
  package init(
    number: Int64,
    run: String,
    stream: String,
    at: Timestamp,
    first: Int64,
    last: Int64,
    text: String? = nil,
    base64: String? = nil
  ) {
    self.number = number
    self.run = run
    self.stream = stream
    self.at = at
    self.first = first
    self.last = last
    self.text = text
    self.base64 = base64
  }
}
