/// How the execution of a recipe ended.
package enum RecipeEnding: Codable, Hashable, Sendable {
  /// By itself, with this exit code, 0 to 255.
  case exited(Int)
  /// By this signal, named without SIG.
  case signaled(String)
  /// It was ended when its time was up.
  case timedOut
  /// The VM's kernel ended it because there was no memory left.
  case outOfMemory
  /// It was ended because that was wanted.
  case cancelled
  /// The VM started again, or what was there of the run is gone: it did not come to its end.
  case interrupted(String)
  /// It was never begun, and why.
  case notStarted(String)

  /// Whether the recipe did what it is for.
  package var isSuccess: Bool { self == .exited(0) }

  /// For a person, after "the recipe".
  package var words: String {
    switch self {
    case .exited(let code): "exited with \(code)"
    case .signaled(let name): "was ended by SIG\(name)"
    case .timedOut: "was ended when its time was up"
    case .outOfMemory: "was ended because the VM was out of memory"
    case .cancelled: "was cancelled"
    case .interrupted(let why): "was interrupted: \(why)"
    case .notStarted(let why): "was not started: \(why)"
    }
  }
}

/// One execution of a recipe on a VM, from the wish to its end.
package struct RecipeRun: Codable, Hashable, Sendable {
  /// Its id; names its folder on the VM, which makes it happen at most once.
  package var id: ULID
  /// What is run.
  package var recipe: RecipeReference
  /// With what; nil once it has ended.
  package var use: RecipeUse?
  /// The attempt that it runs on.
  package var attempt: ULID
  /// The object that it runs on.
  package var object: String
  /// When it was asked for.
  package var askedAt: Instant
  /// What the VM's cloud-init said before it began, such as `done`; nil: not known, or there is none.
  package var cloudInit: String?
  /// How it ended; nil: it has not.
  package var ending: RecipeEnding?
  /// When that was known.
  package var endedAt: Instant?
  /// How long it ran by the VM's clock, milliseconds; nil where it was not begun.
  package var durationMs: Int64?
  /// What else a person should know of it.
  package var remark: String?

  /// Makes a run that was just asked for.
  package init(id: ULID, use: RecipeUse, attempt: ULID, object: String, askedAt: Instant) {
    self.id = id
    recipe = use.reference
    self.use = use
    self.attempt = attempt
    self.object = object
    self.askedAt = askedAt
  }
}

/// What the VM tells of a run that ended.
package struct RecipeReport: Codable, Hashable, Sendable {
  /// How.
  package var ending: RecipeEnding
  /// How long it ran by the VM's clock, milliseconds; nil where it was not begun.
  package var durationMs: Int64?
  /// What cloud-init said; nil: not known, or there is none.
  package var cloudInit: String?
  /// When cloud-init was seen to have done its work; nil: it has not, or there is none.
  package var cloudInitDoneAt: Instant?
  /// What else a person should know of it.
  package var remark: String?
  /// The last lines of its standard error, without secrets, where it did not end well.
  package var lastWords: String?

  /// Makes a report.
  package init(
    _ ending: RecipeEnding, durationMs: Int64? = nil, cloudInit: String? = nil, cloudInitDoneAt: Instant? = nil,
    remark: String? = nil, lastWords: String? = nil
  ) {
    self.ending = ending
    self.durationMs = durationMs
    self.cloudInit = cloudInit
    self.cloudInitDoneAt = cloudInitDoneAt
    self.remark = remark
    self.lastWords = lastWords
  }
}

/// What becomes of a VM that could not be handed over because SSH or its recipe failed.
package enum FailurePolicy: Codable, Hashable, Sendable {
  /// It is ended, and the provision fails.
  case end
  /// It is ended, and the next placement is tried.
  case next
  /// The provision fails, and the VM is kept for a look at it, for so many milliseconds; then it is ended.
  case keep(forMs: Int64)
}
