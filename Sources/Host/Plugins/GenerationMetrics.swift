/// What one generation of a plugin has done; pure.
package struct GenerationMetrics: Sendable, Hashable {
  /// What one verb has done.
  package struct Verb: Sendable, Hashable {
    /// From handing a call to the worker to the verb's return.
    package var latency = LatencyHistogram()
    /// Calls that were answered by a failure.
    package var failures: UInt64 = 0
    /// Calls that were overdue.
    package var timeouts: UInt64 = 0
    /// Calls that a worker's death ended.
    package var crashed: UInt64 = 0
  }

  /// By verb; one that was never called is missing.
  package private(set) var verbs: [PluginVerb: Verb] = [:]
  /// Workers that died.
  package private(set) var restarts: UInt64 = 0

  /// Makes empty metrics.
  package init() {}

  /// A verb returned.
  package mutating func returned(_ verb: PluginVerb, after nanoseconds: UInt64, failed: Bool) {
    verbs[verb, default: Verb()].latency.add(nanoseconds)
    if failed { verbs[verb, default: Verb()].failures += 1 }
  }

  /// A call was overdue.
  package mutating func overdue(_ verb: PluginVerb) { verbs[verb, default: Verb()].timeouts += 1 }

  /// A call's worker died.
  package mutating func crashed(_ verb: PluginVerb) { verbs[verb, default: Verb()].crashed += 1 }

  /// A worker died or was given up.
  package mutating func died() { restarts += 1 }

  /// Calls that were overdue.
  package var timeouts: UInt64 { verbs.values.reduce(0) { $0 + $1.timeouts } }
}
