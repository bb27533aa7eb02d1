import Core
package import Model

/// Asks the clouds every night whether the offerings still hold, one after the other, and writes down what is wrong.
///
/// Nothing waits for it and nothing is refused by what it finds.
package actor OfferingWatch {
  private let registry: Registry
  private let checker: OfferingChecker
  private let plan: NightPlan
  private let clock: HostClock
  private let warn: @Sendable (String) -> Void
  /// Offerings that could not be asked for, and when they are tried again.
  private var retries: [String: Instant] = [:]

  /// Makes a watch; `warn` hears each warning once.
  init(
    registry: Registry, checker: OfferingChecker, plan: NightPlan, clock: HostClock,
    warn: @escaping @Sendable (String) -> Void
  ) {
    self.registry = registry
    self.checker = checker
    self.plan = plan
    self.clock = clock
    self.warn = warn
  }

  /// Asks for every offering that is due now; gives the time of the next.
  package func round() async -> Instant? {
    for offering in await registry.allOfferings where await due(offering) <= clock.now() {
      guard !Task.isCancelled else { return nil }
      await check(offering)
    }
    var next: Instant?
    for offering in await registry.allOfferings {
      let at = await due(offering)
      next = min(next ?? at, at)
    }
    return next
  }

  /// Rounds for ever. `sleep` waits some time, at most an hour, so that offerings that come meanwhile are seen.
  package func keep(sleep: (Duration) async throws -> Void) async {
    while !Task.isCancelled {
      let next = await round()
      let wait = min(max((next ?? clock.now() + NightPlan.retry) - clock.now(), 1_000), NightPlan.retry)
      do { try await sleep(.milliseconds(wait)) } catch { return }
    }
  }

  private func due(_ offering: Offering) async -> Instant {
    if let retry = retries[offering.name] { return retry }
    let last = await registry.standing(offering.name)?.checkedAt ?? offering.addedAt
    return plan.due(offering.name, after: max(last, offering.addedAt))
  }

  private func check(_ offering: Offering) async {
    let answers = await checker.answers(of: offering)
    let isWhole = answers.allSatisfy(\.isDefinite)
    retries[offering.name] = isWhole ? nil : clock.now() + NightPlan.retry
    let old = await registry.standing(offering.name)
    let new = StandingVerdict.judge(offering, answers, after: old, isSeen: false, at: clock.now())
    do {
      try await registry.put(new, of: offering)
    } catch {
      // It is asked for again; a warning that is not written down would be told every night.
      retries[offering.name] = clock.now() + NightPlan.retry
      warn("what the clouds say of offering \(offering.name) could not be stored: \(error)")
      return
    }
    for warning in StandingVerdict.news(in: new, after: old) { warn(warning.line(of: offering.name)) }
  }
}

extension OfferingWarning {
  /// For the log and for health.
  func line(of offering: String) -> String {
    "offering \(offering): \(placement.account)/\(placement.type)/\(placement.location): \(text)"
  }
}
