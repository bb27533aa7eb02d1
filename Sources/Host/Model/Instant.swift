/// A point in time: milliseconds since 1970-01-01 UTC, by the host's own non-decreasing clock.
package struct Instant: Codable, Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01 UTC.
  package let ms: Int64

  /// Makes an instant from milliseconds since 1970.
  package init(ms: Int64) { self.ms = ms }

  /// Reads a bare number.
  package init(from decoder: any Decoder) throws { ms = try decoder.singleValueContainer().decode(Int64.self) }

  /// Writes a bare number.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(ms)
  }

  /// The later instant of a span, saturating; `span` in milliseconds.
  package static func + (at: Instant, span: Int64) -> Instant {
    let (sum, overflow) = at.ms.addingReportingOverflow(span)
    return Instant(ms: overflow ? (span > 0 ? .max : .min) : sum)
  }

  /// Milliseconds from `earlier` to `later`, saturating.
  package static func - (later: Instant, earlier: Instant) -> Int64 {
    let (difference, overflow) = later.ms.subtractingReportingOverflow(earlier.ms)
    return overflow ? (later.ms > earlier.ms ? .max : .min) : difference
  }

  /// Order in time.
  package static func < (a: Instant, b: Instant) -> Bool { a.ms < b.ms }
}
