package import Model

extension SweepPlan {
  /// Compares a listing with the ledger. `machines` are the resources with attempts on the account, read after the
  /// listing ended; `old` are the account's findings that are not resolved.
  ///
  /// Pure. Where the listing proves nothing, the plan holds `problem` and nothing else; where more vanished than is believed,
  /// it holds that as an alarm, what the listing shows, and no end.
  package static func make(
    account: String, listing: Listing, machines: [ResourceMachine], old: [CloudFinding], gate: SweepGate,
    policy: Policy, random: inout Randomness, at now: Instant
  ) -> SweepPlan {
    var plan = SweepPlan()
    let things = listing.things.filter(\.isMachine)
    plan.machines = things.count
    guard listing.isComplete else {
      plan.problem = "the listing is incomplete; it proves nothing"
      return plan
    }
    guard Set(listing.things.map { "\($0.kind)/\($0.externalID)" }).count == listing.things.count else {
      plan.problem = "the listing shows an object twice; it proves nothing"
      return plan
    }
    guard gate.identityHolds else {
      plan.problem = "the account's identity is not known to hold; a listing of another account proves nothing"
      return plan
    }
    let ledger = SweepLedger(account: account, machines: machines)
    let seen = Set(things.map(\.externalID))
    // What a listing shows is there, whatever it does not show.
    var found = things.compactMap { ledger.judge($0, listing: listing) }
    if let alarm = vanishing(ledger, seen: seen, old: old, listing: listing, policy: policy) {
      plan.problem = alarm
      plan.isAlarm = true
    } else {
      found += ledger.missing(seen, listing: listing, policy: policy)
    }
    plan.merge(found, account: account, old: old, listing: listing, policy: policy, random: &random, at: now)
    plan.decide(ledger, gate: gate, policy: policy, at: now)
    return plan
  }

  /// Says so where more vanished in one round than is believed.
  private static func vanishing(
    _ ledger: SweepLedger, seen: Set<String>, old: [CloudFinding], listing: Listing, policy: Policy
  ) -> String? {
    let told = Set(old.filter { $0.kind == .lost }.map(\.object.externalID))
    let lost = ledger.missing(seen, listing: listing, policy: policy).filter { !told.contains($0.thing.externalID) }
      .filter(\.isStanding)
    let strays = old.filter {
      $0.kind != .lost && !seen.contains($0.object.externalID) && !ledger.hasEnded($0.object)
        // What no listing has shown for long is gone.
        && listing.begunAt - $0.lastSeen < policy.vanishPatience
    }
    let known = Set(ledger.standing).union(old.filter { $0.kind != .lost }.map(\.object.externalID))
    let vanished = Set(lost.map(\.thing.externalID)).union(strays.map(\.object.externalID)).count
    let limit = max(policy.vanishLimit, known.count / 10)
    guard vanished > limit else { return nil }
    return "\(vanished) of \(known.count) objects vanished in one listing, and more than \(limit) is not believed; "
      + "nothing counts as gone and nothing is ended: look at the account itself"
  }

  /// Joins what was found with what was known, by object: sightings are counted, what is gone is resolved.
  private mutating func merge(
    _ found: [SweepLedger.Found], account: String, old: [CloudFinding], listing: Listing, policy: Policy,
    random: inout Randomness, at now: Instant
  ) {
    var known: [String: CloudFinding] = [:]
    for finding in old where finding.status != .resolved { known[finding.object.externalID] = finding }
    for item in found {
      guard var finding = known.removeValue(forKey: item.thing.externalID) else {
        let finding = CloudFinding(
          id: random.id(at: now), account: account, kind: item.kind, object: item.thing, resource: item.resource,
          attempt: item.attempt, differences: item.differences, seen: listing.begunAt)
        changed.append(finding)
        open.append(finding)
        continue
      }
      let isSame = finding.kind == item.kind && finding.differences == item.differences
      // What a person dismissed is told again only when it became something else.
      if finding.status == .dismissed && isSame { continue }
      // A listing that began before the last sighting is not a further one.
      if listing.begunAt > finding.lastSeen {
        if finding.kind != item.kind {
          // As another kind it is judged anew, but for how long it has been there.
          finding.listings = 1
        } else if listing.begunAt - finding.firstSeen >= Int64(finding.listings) * policy.sweepSpacing {
          finding.listings = min(finding.listings + 1, 1_000_000)
        }
        finding.lastSeen = listing.begunAt
      }
      finding.kind = item.kind
      finding.object = item.thing
      finding.resource = item.resource
      finding.attempt = item.attempt
      finding.differences = item.differences
      finding.status = .open
      finding.closedAt = nil
      changed.append(finding)
      open.append(finding)
    }
    for finding in known.values.sorted(by: { $0.id < $1.id }) where listing.begunAt > finding.lastSeen && !isAlarm {
      var ended = finding
      ended.status = .resolved
      ended.closedAt = now
      changed.append(ended)
    }
    open.sort { ($0.firstSeen, $0.id) < ($1.firstSeen, $1.id) }
  }

  /// Tries every rule on what could be ended.
  private mutating func decide(_ ledger: SweepLedger, gate: SweepGate, policy: Policy, at now: Instant) {
    let most = max(1, min(policy.sweepMost, machines / 10))
    for finding in open {
      switch finding.kind {
      case .orphan, .late, .duplicate: break
      // Nothing to end, or in use, or not ours.
      case .lost, .drifted, .foreign: continue
      }
      if let rule = forbidding(finding, ledger, gate, policy, at: now) {
        withheld.append(Withheld(finding: finding.id, rule: rule))
      } else if deletions.count >= most {
        withheld.append(Withheld(finding: finding.id, rule: .share))
      } else if let resource = finding.resource, let attempt = finding.attempt {
        deletions.append(
          Deletion(finding: finding.id, resource: resource, attempt: attempt, object: finding.object.externalID))
      }
    }
  }

  private func forbidding(
    _ finding: CloudFinding, _ ledger: SweepLedger, _ gate: SweepGate, _ policy: Policy, at now: Instant
  ) -> SweepRule? {
    if !gate.isLedgerHealthy { return .ledgerHealthy }
    if !gate.isEpochConfirmed { return .epochConfirmed }
    if !gate.identityHolds { return .identityHolds }
    if isAlarm { return .listingBelieved }
    guard let attempt = finding.attempt, let machine = ledger.owner(of: attempt) else { return .attemptKnown }
    if !machine.hasSettled(attempt) { return .attemptSettled }
    if finding.object.isProtected { return .unprotected }
    if now - finding.firstSeen < policy.sweepGrace { return .grace }
    if finding.listings < policy.sweepListings { return .listings }
    return nil
  }
}

extension ResourceMachine {
  /// Whether nothing that an attempt still makes could be wanted: its resource has ended, the attempt is known to have
  /// made nothing, or another one took its place.
  package func hasSettled(_ id: ULID) -> Bool {
    guard let attempt = attempts[id] else { return false }
    if attempt.status == .dispatched || attempt.status == .unknown { return false }
    return resource.state.isFinal || attempt.status == .absent
      || (resource.attempts.last != id && resource.state.object?.attempt != id)
  }
}
