/// A version of the plugin ABI as one number: major in the upper 16 bits, minor in the lower.
package struct ABIVersion: Sendable, Hashable, Comparable {
  /// The number of slipway_plugin.h.
  package let number: UInt32

  /// Makes a version from the header's number.
  package init(_ number: UInt32) { self.number = number }

  /// Orders by major, then minor.
  package static func < (left: ABIVersion, right: ABIVersion) -> Bool { left.number < right.number }
}

extension ABIVersion: CustomStringConvertible {
  /// Such as `0.1`.
  package var description: String { "\(number >> 16).\(number & 0xffff)" }
}

/// The versions that one side speaks.
package struct ABIRange: Sendable, Hashable {
  /// Oldest.
  package let oldest: ABIVersion
  /// Newest.
  package let newest: ABIVersion

  /// Makes a range.
  package init(_ oldest: ABIVersion, _ newest: ABIVersion) {
    self.oldest = oldest
    self.newest = newest
  }

  /// What this host speaks: slipway_plugin.h section 1. While the major is 0 only the same minor will do.
  package static let host = ABIRange(ABIVersion(1), ABIVersion(1))

  /// Whether the version lies within.
  package func contains(_ version: ABIVersion) -> Bool { oldest <= version && version <= newest }
}

extension ABIRange: CustomStringConvertible {
  /// Such as `0.1` or `1.0 to 1.4`.
  package var description: String { oldest == newest ? "\(oldest)" : "\(oldest) to \(newest)" }
}
