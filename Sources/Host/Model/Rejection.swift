/// One placement that was left, and why.
///
/// Stored as its failure with two members more, so that records from before the position was kept can be read.
package struct Rejection: Hashable, Sendable {
  /// Its position in the offering; nil where a record did not keep it.
  package var placement: Int?
  /// Why.
  package var failure: Failure
  /// When; nil where a record did not keep it.
  package var at: Instant?
  /// Whether it was tried; otherwise it was passed over, and may still be tried.
  package var wasTried: Bool

  /// Makes a rejection.
  package init(placement: Int?, failure: Failure, at: Instant?, wasTried: Bool = true) {
    self.placement = placement
    self.failure = failure
    self.at = at
    self.wasTried = wasTried
  }
}

extension Rejection: Codable {
  private enum Key: String, CodingKey {
    case placement, at, wasTried
  }

  /// Reads a rejection, or the bare failure of an older record.
  package init(from decoder: any Decoder) throws {
    failure = try Failure(from: decoder)
    let values = try decoder.container(keyedBy: Key.self)
    placement = try values.decodeIfPresent(Int.self, forKey: .placement)
    at = try values.decodeIfPresent(Instant.self, forKey: .at)
    wasTried = try values.decodeIfPresent(Bool.self, forKey: .wasTried) ?? true
  }

  /// Writes the failure's members and its own beside them.
  package func encode(to encoder: any Encoder) throws {
    try failure.encode(to: encoder)
    var values = encoder.container(keyedBy: Key.self)
    try values.encodeIfPresent(placement, forKey: .placement)
    try values.encodeIfPresent(at, forKey: .at)
    if !wasTried { try values.encode(wasTried, forKey: .wasTried) }
  }
}

extension Resource {
  /// Positions of the placements that were tried and left.
  package var leftPlacements: Set<Int> {
    // Older records list them in the order of the offering.
    Set(rejected.filter(\.wasTried).enumerated().map { $1.placement ?? $0 })
  }

  /// Why the placement that was tried last was left; where none was tried, why one was passed over.
  package var lastRejection: Failure? { (rejected.last(where: \.wasTried) ?? rejected.last)?.failure }
}
