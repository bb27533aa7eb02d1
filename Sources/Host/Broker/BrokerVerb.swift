/// The plugin verb in whose call a request is made; it decides which methods are allowed.
package enum BrokerVerb: String, Sendable, Hashable, CaseIterable {
  case validate, prepare, provision, poll, terminate, list, catalog, power, metrics
  case selfTest = "self_test"

  /// Whether the verb may only look: then the broker refuses anything but GET and HEAD, and POST on a declared
  /// `post_reads` path.
  package var onlyReads: Bool {
    switch self {
    case .validate, .poll, .list, .catalog, .selfTest, .metrics: true
    case .prepare, .provision, .terminate, .power: false
    }
  }

  /// Whether answers may come from the catalog cache; elsewhere absence would be proved from memory.
  package var mayCache: Bool { self == .validate || self == .catalog }
}
