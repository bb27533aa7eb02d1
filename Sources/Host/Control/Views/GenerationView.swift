/// An image that does not serve, and why.
package struct HeldImageView: Codable, Sendable, Hashable {
  /// Digest; absent where the file was not even taken in.
  package var sha256: String?
  /// Version, where it told one.
  package var version: String?
  /// Why, with the remedy.
  package var reason: String
  /// What it asks for beyond what was approved, a line each.
  package var asks: [String]

  /// Makes the view from its fields.
  package init(sha256: String? = nil, version: String? = nil, reason: String, asks: [String] = []) {
    self.sha256 = sha256
    self.version = version
    self.reason = reason
    self.asks = asks
  }
}

/// One image of a plugin at work, with what it has done since it took over.
package struct GenerationView: Codable, Sendable, Hashable {
  /// Its number, from 1.
  package var generation: UInt64
  /// Digest of its image.
  package var sha256: String
  /// Its version.
  package var version: String
  /// `serving`, or `draining` while it finishes what it has.
  package var state: String
  /// Process ids of its workers.
  package var pids: [Int32]
  /// Calls that run.
  package var inFlight: Int
  /// Workers that died or were given up.
  package var restarts: UInt64
  /// Anonymous memory of its workers.
  package var memoryBytes: UInt64?
  /// By verb, those that were called.
  package var verbs: [VerbMetricsView]

  /// Makes the view from its fields.
  package init(
    generation: UInt64, sha256: String, version: String, state: String, pids: [Int32] = [], inFlight: Int = 0,
    restarts: UInt64 = 0, memoryBytes: UInt64? = nil, verbs: [VerbMetricsView] = []
  ) {
    self.generation = generation
    self.sha256 = sha256
    self.version = version
    self.state = state
    self.pids = pids
    self.inFlight = inFlight
    self.restarts = restarts
    self.memoryBytes = memoryBytes
    self.verbs = verbs
  }
}

/// What one verb of a generation has done.
package struct VerbMetricsView: Codable, Sendable, Hashable {
  /// The verb.
  package var verb: String
  /// Calls that returned.
  package var calls: UInt64
  /// Those that answered with a failure.
  package var failures: UInt64
  /// Calls that were overdue.
  package var timeouts: UInt64
  /// Calls that a worker's death ended.
  package var crashed: UInt64
  /// Half of the calls took at most this long, microseconds; up to 13 % too high.
  package var p50Us: UInt64?
  /// As `p50Us`, for 99 of 100.
  package var p99Us: UInt64?

  /// Makes the view from its fields.
  package init(
    verb: String, calls: UInt64, failures: UInt64 = 0, timeouts: UInt64 = 0, crashed: UInt64 = 0,
    p50Us: UInt64? = nil, p99Us: UInt64? = nil
  ) {
    self.verb = verb
    self.calls = calls
    self.failures = failures
    self.timeouts = timeouts
    self.crashed = crashed
    self.p50Us = p50Us
    self.p99Us = p99Us
  }
}

/// An image that is not run any more.
package struct QuarantineView: Codable, Sendable, Hashable {
  /// Digest.
  package var sha256: String
  /// Why, with the remedy.
  package var reason: String
  /// Since when.
  package var at: Timestamp
  /// How its last worker ended.
  package var end: String
  /// Calls that were under way then.
  package var calls: [String]
  /// The last lines of its log, oldest first.
  package var lines: [String]

  /// Makes the view from its fields.
  package init(sha256: String, reason: String, at: Timestamp, end: String, calls: [String], lines: [String]) {
    self.sha256 = sha256
    self.reason = reason
    self.at = at
    self.end = end
    self.calls = calls
    self.lines = lines
  }
}

/// A call that is not made any more with this image.
package struct ParkedCallView: Codable, Sendable, Hashable {
  /// The verb.
  package var verb: String
  /// What it was about: resource and attempt.
  package var subject: String
  /// Why, with the remedy.
  package var reason: String

  /// Makes the view from its fields.
  package init(verb: String, subject: String, reason: String) {
    self.verb = verb
    self.subject = subject
    self.reason = reason
  }
}
