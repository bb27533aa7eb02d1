package import Core
package import Model

/// What one sweep of one account came to.
package struct SweepResult: Sendable {
  /// What the listing means.
  package var plan: SweepPlan
  /// Ends that were committed, by finding.
  package var ended: Set<ULID>
  /// Ends that were asked for and refused, by finding.
  package var refused: [ULID: String]
}

/// Compares accounts with the ledger: lists, judges, stores what was found, and, where that is asked for, commits ends.
///
/// Of each account one sweep runs at a time.
package actor Sweeper {
  private let registry: Registry
  private let verbs: VerbCaller
  private let pump: Pump
  private let book: FindingBook
  private let clock: HostClock
  private let isLedgerHealthy: @Sendable () -> Bool
  private let isEpochConfirmed: @Sendable () async -> Bool
  private let alarm: @Sendable (_ account: String, _ text: String) -> Void
  private var random: Randomness
  private var underWay: Set<String> = []

  /// How long between two sweeps that nobody asked for; they end nothing.
  package static let interval = Duration.seconds(600)
  /// For which a resolved finding is kept, milliseconds.
  private static let keep: Int64 = 30 * 86_400_000

  /// Makes a sweeper.
  package init(
    registry: Registry, verbs: VerbCaller, pump: Pump, book: FindingBook, clock: HostClock, seed: UInt64,
    isLedgerHealthy: @escaping @Sendable () -> Bool, isEpochConfirmed: @escaping @Sendable () async -> Bool,
    alarm: @escaping @Sendable (String, String) -> Void
  ) {
    self.registry = registry
    self.verbs = verbs
    self.pump = pump
    self.book = book
    self.clock = clock
    random = Randomness(seed: seed)
    self.isLedgerHealthy = isLedgerHealthy
    self.isEpochConfirmed = isEpochConfirmed
    self.alarm = alarm
  }

  /// Sweeps an account. Findings are durable before an end is asked for, and an end's intent before it is performed.
  /// - Throws: `Failure` where the account cannot be listed or is being swept.
  package func sweep(_ name: String, applying: Bool) async throws -> SweepResult {
    guard let account = await registry.account(name) else {
      throw Failure(.notFound, "there is no account \(name)", remedy: "see `slipway account list`")
    }
    guard underWay.insert(name).inserted else {
      throw Failure(.busy, "account \(name) is being swept", remedy: "try again in a moment")
    }
    defer { underWay.remove(name) }
    var listing = try await verbs.listing(of: account, begunAt: clock.now())
    // Read after the listing: every object that it shows has had its attempt committed before.
    let (machines, holds) = await pump.read { engine in (engine.machines(on: name), engine.identityHolds(name)) }
    // What another account made on the same cloud account is that account's to sweep.
    let twins = Set(await registry.twins(of: account).map(\.name))
    let theirs = await pump.read { engine in
      Set(
        twins.flatMap { engine.machines(on: $0) }.flatMap(\.attempts.values)
          .filter { twins.contains($0.placement.account) }.map(\.id))
    }
    listing.things.removeAll { thing in thing.attemptLabel.flatMap { ULID($0) }.map(theirs.contains) ?? false }
    let gate = SweepGate(
      isLedgerHealthy: isLedgerHealthy(), isEpochConfirmed: await isEpochConfirmed(), identityHolds: holds)
    let plan = SweepPlan.make(
      account: name, listing: listing, machines: machines, old: await book.standing(on: name), gate: gate,
      policy: Policy(), random: &random, at: clock.now())
    if let problem = plan.problem, plan.isAlarm { alarm(name, problem) }
    do {
      try await book.put(plan.changed)
    } catch {
      throw Failure(.unavailable, "what the sweep found could not be stored: \(error)", remedy: "see `slipway health`")
    }
    var result = SweepResult(plan: plan, ended: [], refused: [:])
    guard applying else { return result }
    for deletion in plan.deletions {
      let answer = await pump.ask(.endStray(deletion.resource, attempt: deletion.attempt, object: deletion.object))
      switch answer {
      case .accepted: result.ended.insert(deletion.finding)
      case .refused(let failure), .noRoom(let failure): result.refused[deletion.finding] = failure.message
      case .unknownResource, .keyReused, .secrets:
        result.refused[deletion.finding] = "its resource is not known any more"
      }
    }
    return result
  }

  /// Sweeps every account again and again, ending nothing, so that sightings are counted and people are told.
  package func keep(sleep: (Duration) async throws -> Void) async {
    while !Task.isCancelled {
      do { try await sleep(Self.interval) } catch { return }
      for account in await registry.allAccounts {
        guard !Task.isCancelled else { return }
        // What cannot be listed now is listed the next time; the account's health says why.
        _ = try? await sweep(account.name, applying: false)
      }
      // What cannot be forgotten now is forgotten the next time.
      try? await book.forget(resolvedBefore: clock.now() + -Self.keep)
    }
  }
}
