import Wire

/// One of the functions that a plugin offers; numbers as in slipway_wire.h.
package enum PluginVerb: UInt8, Sendable, Hashable, CaseIterable {
  case validate = 0
  case prepare = 1
  case provision = 2
  case poll = 3
  case terminate = 4
  case list = 5
  case catalog = 6
  case selfTest = 7
  case power = 8

  /// Name as in the header and in a manifest, such as `self_test`.
  package var name: String {
    switch self {
    case .validate: "validate"
    case .prepare: "prepare"
    case .provision: "provision"
    case .poll: "poll"
    case .terminate: "terminate"
    case .list: "list"
    case .catalog: "catalog"
    case .selfTest: "self_test"
    case .power: "power"
    }
  }

  /// The verb of that name, or nil.
  package init?(name: String) {
    guard let verb = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = verb
  }

  /// Bytes that its reply may have.
  package var replyLimit: Int {
    switch self {
    case .list, .catalog: Int(WireLimits.listing)
    default: Int(WireLimits.message)
    }
  }
}
