public import PluginMessages
import Synchronization

/// When a look is worth its request.
///
/// Looks are shared: one request shows many machines. A quiet account is looked at soon; a busy one on the
/// ticks of a grid, so that its creates fall due together, and its deletes, for which nobody waits, on a
/// coarser one. With 100 servers over 10 minutes that is under one request for each, instead of three.
public struct Pace: Sendable {
  /// Milliseconds since 1970.
  public var nowMs: Int64
  /// Whether the account is busy.
  public var isBusy: Bool
  /// Requests an hour that the account's cloud allows; nil: not known.
  public var perHour: Int?
  /// When this account's ticks fall after those of others, milliseconds: a host with many accounts has its work spread.
  public var phaseMs: Int64

  /// Makes a pace.
  public init(nowMs: Int64, isBusy: Bool, perHour: Int? = nil, phaseMs: Int64 = 0) {
    self.nowMs = nowMs
    self.isBusy = isBusy
    self.perHour = perHour
    self.phaseMs = phaseMs
  }

  /// The phase of an account, whole steps of two seconds in 0..<`steady`: the same in every process and each time.
  public static func phase(of account: String) -> Int64 {
    // FNV-1a, because Swift's own hashes differ from process to process.
    let hash = account.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    return Int64(hash % UInt64(steady / step)) * step
  }

  /// Requests an hour up to which ticks are as far apart as they are written here: ten times what clouds commonly allow.
  /// From there on they come the closer the more the cloud allows.
  public static let wide = 36_000

  /// When nothing is expected to change, milliseconds.
  public static let steady: Int64 = 60_000

  /// Distance of two phases that follow each other, milliseconds.
  private static let step: Int64 = 2_000

  /// Distance of the grid's ticks, milliseconds.
  public static let grid: Int64 = 20_000

  /// When nothing is expected to change, milliseconds: on a busy account the minute's tick, with its deletes and creates.
  public var resting: Int64 { next(after: isBusy ? Self.steady / 6 * 5 : Self.steady, grid: Self.steady) }

  /// Milliseconds from now to the next look: `wait`, or on a busy account the first tick after it.
  public func next(after wait: Int64, grid: Int64 = Self.grid) -> Int64 {
    guard isBusy, nowMs >= 0, nowMs < 1 << 52 else { return wait }
    let grid = perHour.map { max(1, grid * Int64(Self.wide) / Int64(max($0, Self.wide))) } ?? grid
    let phase = phaseMs % grid
    let earliest = nowMs + wait - phase
    return (earliest + grid - 1) / grid * grid + phase - nowMs
  }
}

/// Creates and deletes that this process sent lately. Only a hint hangs on it.
public final class Traffic: Sendable {
  private let sent = Mutex<[String: [Int64]]>([:])

  /// Changes within a minute from which on an account is busy.
  private static let busy = 6

  /// Nothing was sent yet.
  public init() {}

  /// Notes a create or delete on an account, at milliseconds since 1970.
  public func note(_ account: String, at nowMs: Int64) {
    sent.withLock { sent in
      sent[account] = (sent[account] ?? []).suffix(Self.busy - 1) + [nowMs]
    }
  }

  /// The pace for an account, at milliseconds since 1970.
  public func pace(_ account: AccountContext, at nowMs: Int64) -> Pace {
    let recent = sent.withLock { $0[account.id] ?? [] }
    let isBusy = recent.count >= Self.busy && recent.allSatisfy { nowMs &- $0 < 60_000 }
    return Pace(nowMs: nowMs, isBusy: isBusy, perHour: account.requestsPerHour, phaseMs: Pace.phase(of: account.id))
  }
}
