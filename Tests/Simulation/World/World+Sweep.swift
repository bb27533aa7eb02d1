import Core
import Model

// Sweeps: the whole account held against the ledger; in some worlds with leave to end what every rule allows. In the others
// the host has to find every late object by itself.
extension World {
  mutating func planSweeps(_ accounts: [String]) {
    sweepsEnd = sweeps.next() % 4 == 0
    for account in accounts {
      agenda.plan(.sweep(account), at: now + 30_000 + wait(60_000))
      guard clouds == nil else { continue }
      for _ in 0..<Int(sweeps.next() % 3) {
        let object = cloud.make(nil, in: account, at: now, visible: 0, runs: 0)
        cloud.change(object.id, in: account) { $0.isUnrecorded = true }
      }
    }
  }

  private mutating func wait(_ most: UInt64) -> Int64 { 1 + Int64(sweeps.next() % most) }

  mutating func sweep(_ account: String) {
    agenda.plan(.sweep(account), at: now + 60_000 + wait(120_000))
    if clouds != nil { return errands.append(.list(account)) }
    guard cloud.token(of: account) != .revoked, !chance(.listFails) else { return }
    let isComplete = !chance(.listIncomplete)
    var objects = cloud.marked(in: account, at: now)
    if !isComplete { objects = Array(objects.dropFirst()) }
    if isComplete, cloud.token(of: account) != .stranger { rules.listed(objects, at: now) }
    let things = objects.map { object in
      ListedThing(
        externalID: object.id, name: object.attempt.map { "slipway-\($0.description.lowercased())" } ?? "left",
        attemptLabel: label(object),
        state: object.state(at: now))
    }
    listed(account, Listing(things: things, isComplete: isComplete, begunAt: hostNow))
  }

  /// A listing is on its way back.
  mutating func listed(_ account: String, _ listing: Listing) {
    agenda.plan(.swept(account, boot: boots, listing), at: now + wait(3_000))
  }

  private func label(_ object: AbstractObject) -> String {
    (object.attempt ?? ULID(ms: object.bornAt.ms, random: (1, 1))).description
  }

  mutating func swept(_ account: String, _ listing: Listing) {
    guard let engine else { return }
    let gate = SweepGate(
      isLedgerHealthy: now >= fullUntil, isEpochConfirmed: true, identityHolds: engine.identityHolds(account))
    let plan = SweepPlan.make(
      account: account, listing: listing, machines: engine.machines(on: account), old: findings[account] ?? [],
      gate: gate, policy: policy, random: &sweeps, at: hostNow)
    if let problem = plan.problem { return tell("sweep of \(account): \(problem)") }
    let closed = Set(plan.changed.filter { $0.status == .resolved }.map(\.id))
    var kept: [ULID: CloudFinding] = [:]
    for finding in (findings[account] ?? []) + plan.changed where !closed.contains(finding.id) {
      kept[finding.id] = finding
    }
    findings[account] = kept.values.sorted { $0.id < $1.id }
    for finding in plan.changed where finding.listings == 1 && finding.status == .open {
      tell("sweep of \(account): \(finding.kind.rawValue) \(finding.object.externalID)")
      tally.findings[finding.kind.rawValue, default: 0] += 1
    }
    for deletion in plan.deletions where sweepsEnd {
      guard self.engine != nil else { return }
      rules.sweeps(deletion, on: account, cloud: cloud, now: now)
      // What the listing showed under the attempt's own label is told.
      if listing.things.contains(where: {
        $0.externalID == deletion.object && $0.attemptLabel?.uppercased() == deletion.attempt.description
      }) {
        rules.told(deletion.object, on: account, of: deletion.attempt)
      }
      tell("sweep of \(account) ends \(deletion.object)")
      tally.findings["ended by a sweep", default: 0] += 1
      numbers += 1
      cover(deletion.resource, "asked end of a stray")
      pump(.command(numbers, .endStray(deletion.resource, attempt: deletion.attempt, object: deletion.object)))
    }
  }
}
