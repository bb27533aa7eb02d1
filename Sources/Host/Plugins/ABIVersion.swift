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
  /// Such as `1.0`.
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

  /// What this host speaks: every version since 1.0, up to slipway_plugin.h section 1.
  package static let host = ABIRange(ABIVersion(0x1_0000), ABIVersion(0x1_0000))

  /// Whether the version lies within.
  package func contains(_ version: ABIVersion) -> Bool { oldest <= version && version <= newest }
}

extension ABIRange: CustomStringConvertible {
  /// Such as `1.0` or `1.0 to 1.4`.
  package var description: String { oldest == newest ? "\(oldest)" : "\(oldest) to \(newest)" }
}
