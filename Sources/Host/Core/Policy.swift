package import Model

/// Every span of time and limit by which the core decides; milliseconds unless said otherwise.
package struct Policy: Sendable, Hashable {
  /// Between two looks at something young.
  package var youngPoll: Int64 = 2_000
  /// Between two looks at something that rests.
  package var oldPoll: Int64 = 60_000
  /// Between two looks for a late twin.
  package var latePoll: Int64 = 300_000
  /// Age below which a 404 for a new object proves nothing.
  package var youngGrace: Int64 = 60_000
  /// Within which a terminate is decided.
  package var terminateDeadline: Int64 = 1_800_000
  /// Within which a power operation is decided.
  package var powerDeadline: Int64 = 600_000
  /// First and longest wait before a failed call is made again.
  package var retry = Backoff(first: 1_000, most: 60_000)
  /// The same where the cloud is busy or will not let us.
  package var busy = Backoff(first: 5_000, most: 600_000)
  /// The same for SSH that does not answer yet.
  package var secure = Backoff(first: 500, most: 3_000)
  /// Added to a recipe's own time for reaching the VM, where it is run again on something handed over.
  package var configureGrace: Int64 = 600_000
  /// Runs of one idempotent recipe on one VM, where each but the last was interrupted.
  package var runsPerVM = 3
  /// Failures of the removal of what runs left on a VM, after which it stays there.
  package var tidyTries = 5
  /// Runs of recipes that a resource's record keeps.
  package var runsKept = 16
  /// Failures of validate or prepare after which a placement is left where another is open.
  package var preparations = 4
  /// Creates of one attempt before its placement is given up.
  package var sendsPerAttempt = 3
  /// For which a type in a location that was out of stock is avoided.
  package var avoidPair: Int64 = 600_000
  /// After which an accepted terminate whose object still stands is asked for again.
  package var endingPatience: Int64 = 60_000
  /// Share of an account's request budget that looks may use, in percent.
  package var pollShare = 10
  /// Looks that may be saved up.
  package var pollBurst = 20
  /// Share that creates may use, in percent.
  package var createShare = 50
  /// Vanished objects in one round that are believed without an alarm, at least; otherwise 10 % of the account's.
  package var vanishLimit = 3
  /// After which more than that is believed, if every look has said so since.
  package var vanishPatience: Int64 = 1_800_000
  /// Age since our own first sighting below which a sweep ends nothing.
  package var sweepGrace: Int64 = 1_800_000
  /// Complete listings that must have shown what a sweep ends.
  package var sweepListings = 3
  /// Between two of those listings, counted from the first sighting: several at once tell no more than one.
  package var sweepSpacing: Int64 { sweepGrace / Int64(max(sweepListings, 1)) }
  /// Objects that one sweep ends at most, where that is no more than 10 % of the account's; one is always allowed.
  package var sweepMost = 3
  /// After which a commit that the ledger had no room for is tried again.
  package var fullRetry: Int64 = 1_000

  /// What each tenant may have and make.
  package var tenantLimits = ResourceLimits()

  /// The defaults.
  package init() {}
}

/// Doubling waits between a first and a longest one.
package struct Backoff: Sendable, Hashable {
  /// After the first failure, milliseconds.
  package var first: Int64
  /// At most, milliseconds.
  package var most: Int64

  /// Makes it; both at least 1.
  package init(first: Int64, most: Int64) {
    self.first = first
    self.most = most
  }

  /// The wait after `failures` failures, 1 or more, with up to a quarter of jitter taken from `random`.
  package func wait(failures: Int, random: inout Randomness) -> Int64 {
    let doublings = min(max(failures - 1, 0), 20)
    let whole = min(first << Int64(doublings), most)
    return whole - Int64(random.next() % UInt64(max(1, whole / 4 + 1)))
  }
}
