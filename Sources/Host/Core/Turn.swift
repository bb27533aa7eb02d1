package import Model

/// What one transition may know, and what it leaves beside the new state.
package struct Turn: Sendable {
  /// The time of the event.
  package let now: Instant
  /// This start of the host.
  package let boot: ULID
  /// Spans and limits.
  package let policy: Policy
  /// Ids and jitter.
  package var random: Randomness
  /// The accounts; budgets are taken here.
  package var accounts: [String: AccountState]
  /// Effects that are being performed right now.
  package let running: Set<ULID>
  /// What accounts and tenants have, this resource among them.
  package var usage: Usage
  /// What this resource adds to that; nil: it is new.
  package let share: Usage.Share?
  /// Lines for the timeline.
  package var notes: [TimelineEntry] = []
  /// What the offering's owner is to be told; committed with the transition.
  package var notices: [Notice] = []
  /// What people are to be told of an account.
  package var alarms: [(account: String, text: String)] = []
  /// When a first look at an attempt is worth it, milliseconds from now.
  package var hints: [ULID: Int64] = [:]

  /// Makes a turn.
  package init(
    now: Instant, boot: ULID, policy: Policy, random: Randomness, accounts: [String: AccountState], running: Set<ULID>,
    usage: Usage = Usage(), share: Usage.Share? = nil
  ) {
    self.now = now
    self.boot = boot
    self.policy = policy
    self.random = random
    self.accounts = accounts
    self.running = running
    self.usage = usage
    self.share = share
  }
}

/// What can happen to a resource.
package enum MachineEvent: Sendable, Hashable {
  /// The host started again; the resource came from the ledger.
  case restarted
  /// An effect ended.
  case finished(Effect, EffectResult)
  /// A look at one of its attempts was made.
  case observed(Observation)
  /// Its end is wanted, by an operation of this id.
  case terminate(ULID, reason: String)
  /// Another power state is wanted, by an operation of this id.
  case power(ULID, PowerAction)
  /// Another version of its recipe is wanted, by an operation of this id.
  case upgrade(ULID, RecipeUse)
  /// The secrets that the cloud insisted on are given out.
  case revealed
  /// The recipe that runs is to be ended.
  case cancelRun
  /// An account of that name can be used again; what waited for it need not wait longer.
  case accountMended(String)
  /// A sweep found an object of a settled attempt, and every rule allows its end.
  case stray(attempt: ULID, object: String)
  /// It is given out of our hands, by an operation of this id.
  case release(ULID)
  /// A person should know of this.
  case found(Finding.Kind, String)
  /// Time passed.
  case tick
}
