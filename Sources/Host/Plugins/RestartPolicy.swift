/// When a plugin whose worker died is started again; pure.
///
/// The delay doubles with every death in a row, from `first` to `most`, and a worker that served for `stable`
/// ends the row. More than `intensity` deaths within `period` go straight to `most`.
package struct RestartPolicy: Sendable, Hashable {
  /// Delay after the first death, nanoseconds.
  package var first: UInt64 = 100_000_000
  /// The longest delay, nanoseconds.
  package var most: UInt64 = 30_000_000_000
  /// Nanoseconds of service after which a death counts as the first again.
  package var stable: UInt64 = 60_000_000_000
  /// Deaths within `period` that are borne.
  package var intensity = 10
  /// Nanoseconds over which `intensity` counts.
  package var period: UInt64 = 60_000_000_000

  /// The policy with its defaults.
  package init() {}

  /// The delay before the next start, in nanoseconds.
  /// - Parameters:
  ///   - deaths: times of the deaths in this row, oldest first, the last one being now.
  ///   - now: nanoseconds on the same clock.
  ///   - jitter: 0 ... 1; the delay is between half and the whole of its rung.
  package func delay(deaths: [UInt64], now: UInt64, jitter: Double) -> UInt64 {
    let recent = deaths.count { now &- $0 <= period }
    let rung = min(max(deaths.count, 1) - 1, 32)
    let (doubled, overflow) = first.multipliedReportingOverflow(by: 1 << UInt64(rung))
    let whole = overflow || recent > intensity ? most : min(doubled, most)
    // The policy is the operator's, but the product must not trap even so.
    let part = min(max(jitter.isNaN ? 0 : jitter, 0), 1) * Double(whole / 2)
    return whole / 2 + min(UInt64(part), whole / 2)
  }
}

/// The deaths that a policy judges; pure.
package struct RestartRecord: Sendable, Hashable {
  /// Times of the deaths in the present row.
  package private(set) var deaths: [UInt64] = []
  /// All deaths since the plugin was found.
  package private(set) var total = 0

  /// A record without deaths.
  package init() {}

  /// Notes a death; `servedSince` is when the worker began to serve, nil where it never did.
  package mutating func died(at now: UInt64, servedSince: UInt64?, policy: RestartPolicy) {
    if let servedSince, now &- servedSince >= policy.stable { deaths = [] }
    deaths.append(now)
    if deaths.count > 64 { deaths.removeFirst() }
    total += 1
  }

  /// Forgets the row: the file has changed, or the operator asked.
  package mutating func forgive() { deaths = [] }
}
