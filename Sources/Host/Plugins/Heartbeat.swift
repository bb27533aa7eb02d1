/// Whether a worker with an old call is still there; pure.
///
/// A worker is asked only while a call of it is older than `after`: idle and quick ones cost nothing.
package struct Heartbeat: Sendable, Hashable {
  /// What to do now.
  package enum Step: Sendable, Hashable {
    /// Nothing.
    case wait
    /// Send a ping with this token.
    case ping(UInt64)
    /// It has not answered for too long: give it up.
    case silent
  }

  private let after: UInt64
  private let patience: UInt64
  private var token: UInt64 = 0
  private var askedAt: UInt64?
  private var lastAnswer: UInt64?

  /// Makes one; both in nanoseconds.
  package init(after: UInt64, patience: UInt64) {
    self.after = after
    self.patience = patience
  }

  /// Judges at `now`; `oldest` is when the oldest open call began.
  package mutating func judge(oldest: UInt64?, at now: UInt64) -> Step {
    guard let oldest, now &- oldest >= after else { return .wait }
    if let askedAt { return now &- askedAt >= patience ? .silent : .wait }
    if let lastAnswer, now &- lastAnswer < after { return .wait }
    askedAt = now
    token &+= 1
    return .ping(token)
  }

  /// Takes an answer; one to an older ping is none.
  package mutating func answered(_ token: UInt64, at now: UInt64) {
    guard token == self.token else { return }
    askedAt = nil
    lastAnswer = now
  }
}
