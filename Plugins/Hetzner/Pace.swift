import Synchronization

/// When a look is worth its request.
///
/// Looks are shared: one request shows 25 actions. A quiet account is looked at soon; a busy one on the
/// ticks of a grid, so that its creates fall due together, and its deletes, for which nobody waits, on a
/// coarser one. With 100 servers over 10 minutes that is under one request for each, instead of three.
struct Pace {
  /// Milliseconds since 1970.
  var nowMs: Int64
  /// Whether the account is busy.
  var isBusy: Bool

  /// After a create: servers of most types are up after 8 to 12 s.
  var created: Int64 { next(after: 8_000) }
  /// After a start, a stop.
  var changed: Int64 { next(after: 3_000) }
  /// After a delete.
  var deleted: Int64 { next(after: 3_000, grid: Self.grid * 3) }
  /// While actions are still outstanding.
  var outstanding: Int64 { next(after: 2_000) }
  /// When nothing is expected to change.
  static let steady: Int64 = 60_000

  /// Distance of the grid's ticks, milliseconds.
  static let grid: Int64 = 20_000

  private func next(after wait: Int64, grid: Int64 = Self.grid) -> Int64 {
    guard isBusy, nowMs >= 0, nowMs < 1 << 52 else { return wait }
    let earliest = nowMs + wait
    return (earliest + grid - 1) / grid * grid - nowMs
  }
}

/// Creates and deletes that this process sent lately. Only a hint hangs on it.
final class Traffic: Sendable {
  private let sent = Mutex<[String: [Int64]]>([:])

  /// Changes within a minute from which on an account is busy.
  private static let busy = 6

  /// Notes a create or delete.
  func note(_ account: String, at nowMs: Int64) {
    sent.withLock { sent in
      sent[account] = (sent[account] ?? []).suffix(Self.busy - 1) + [nowMs]
    }
  }

  /// The pace for an account.
  func pace(_ account: String, at nowMs: Int64) -> Pace {
    let recent = sent.withLock { $0[account] ?? [] }
    let isBusy = recent.count >= Self.busy && recent.allSatisfy { nowMs &- $0 < 60_000 }
    return Pace(nowMs: nowMs, isBusy: isBusy)
  }
}
