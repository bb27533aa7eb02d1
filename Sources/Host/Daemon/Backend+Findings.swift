package import Control
import Core
import Model

extension Backend {
  /// Compares an account with the ledger.
  package func sweep(_ account: String, applying: Bool) async throws(ControlFailure) -> SweepView {
    guard let record = await registry.account(account) else {
      throw notFound("account", account, among: await registry.allAccounts.map(\.name))
    }
    // Soon after a start nobody may know yet whose account it is, and without that a listing proves nothing.
    if await !pump.read({ $0.identityHolds(account) }) { await accounts.check(record) }
    do {
      return SweepView(try await sweeper.sweep(account, applying: applying), account: account, applied: applying)
    } catch let failure as Failure {
      var shown = ControlFailure(failure)
      if failure.code == .busy { shown.code = .conflict }
      throw shown
    } catch {
      throw ControlFailure(.internal, "\(error)")
    }
  }

  /// Findings that fit the filter, oldest first.
  package func findings(_ filter: FindingFilter) async throws(ControlFailure) -> [CloudFindingView] {
    await findingBook.all.filter { finding in
      (filter.account == nil || filter.account == finding.account)
        && (filter.kind == nil || filter.kind == finding.kind.rawValue)
        && (filter.status == nil || filter.status == finding.status.rawValue)
    }.map { CloudFindingView($0) }
  }

  /// One finding.
  package func finding(_ id: String) async throws(ControlFailure) -> CloudFindingView {
    CloudFindingView(try await foundFinding(id))
  }

  private func foundFinding(_ text: String) async throws(ControlFailure) -> CloudFinding {
    guard let id = ULID(text), let finding = await findingBook.finding(id) else {
      throw ControlFailure(
        .notFound, "there is no finding \(Believed.text(text, most: 80))",
        remedy: "list them: `slipway finding list`")
    }
    return finding
  }

  /// Says that a finding is known.
  package func dismissFinding(_ id: String) async throws(ControlFailure) -> CloudFindingView {
    var finding = try await foundFinding(id)
    guard finding.status == .open else { return CloudFindingView(finding) }
    finding.status = .dismissed
    finding.closedAt = clock.now()
    let dismissed = finding
    try await stored { try await self.findingBook.put([dismissed]) }
    return CloudFindingView(dismissed)
  }

  /// Takes an orphan in.
  package func adopt(_ id: String, tenant: String) async throws(ControlFailure) -> AcceptedView {
    var finding = try await foundFinding(id)
    guard finding.kind == .orphan || finding.kind == .late || finding.kind == .duplicate, finding.status != .resolved
    else {
      throw ControlFailure(
        .conflict, "finding \(finding.id) is \(finding.kind.rawValue) and \(finding.status.rawValue)",
        expected: "an orphan that stands", found: finding.kind.rawValue,
        remedy: "sweep again: `slipway sweep \(finding.account)`; docs/findings.md says what to do with each kind")
    }
    guard let attempt = finding.object.attemptLabel.flatMap({ ULID($0) }) else {
      throw ControlFailure(
        .conflict, "object \(finding.object.externalID) names no attempt, by which its plugin would know it again",
        expected: "a label with an attempt's id", found: finding.object.attemptLabel ?? "none",
        remedy: "end it at the cloud's own console, or dismiss the finding")
    }
    let adoption = Adoption(account: finding.account, thing: finding.object, attempt: attempt, tenant: tenant)
    let answer = try accepted(await pump.ask(.adopt(adoption)), finding.account, replayed: false)
    finding.status = .resolved
    finding.closedAt = clock.now()
    let resolved = finding
    // Where the host dies here, the next sweep finds nothing amiss and resolves it.
    try await stored { try await self.findingBook.put([resolved]) }
    return answer
  }

  /// Gives a resource out of our hands.
  package func release(_ text: String) async throws(ControlFailure) -> AcceptedView {
    guard let id = ULID(text) else { throw notFound("resource", text, among: []) }
    return try accepted(await pump.ask(.release(id)), text, replayed: false)
  }

  /// The ledger's epoch.
  package func epoch() async throws(ControlFailure) -> EpochView { EpochView(await reconciliation.epoch.epoch) }

  /// Says that this ledger is the newest one there is.
  package func confirmEpoch() async throws(ControlFailure) -> EpochView {
    let now = clock.now()
    try await stored { try await self.reconciliation.epoch.confirm(at: now) }
    pump.send(.epochConfirmed)
    return try await epoch()
  }

  /// One line for each account with open findings, for `health`.
  /// Accounts of which more vanished at once than is believed.
  func vanishedProblems() async -> [String] {
    await pump.read { engine in
      engine.accounts.keys.sorted().compactMap { name in
        engine.doubted(on: name).map { doubt in
          "account \(name): the cloud says since \(Timestamp(doubt.since)) that \(doubt.resources.count) machines are gone, which is more "
            + "than is believed at once: \(doubt.resources.prefix(3).map(\.description).joined(separator: ", "))"
            + "\(doubt.resources.count > 3 ? ", …" : ""); look at the account itself"
        }
      }
    }
  }

  /// Ends that do not get on, and are billed.
  func waitingWarnings() async -> [String] {
    await pump.read { $0.waitingEnds() }.sorted { $0.key < $1.key }.map { account, ends in
      "account \(account): \(WaitingEndsView(ends).text); see `slipway resource list --state terminating`"
    }
  }

  func findingWarnings() async -> [String] {
    let epoch = await reconciliation.epoch.epoch
    let unconfirmed =
      epoch.confirmedAt == nil
      ? ["\(epoch.cause): nothing is made, ended or changed before `slipway epoch confirm`"] : []
    return unconfirmed
      + Dictionary(grouping: await findingBook.all.filter { $0.status == .open }, by: \.account)
      .sorted { $0.key < $1.key }.map { account, findings in
        let kinds = Dictionary(grouping: findings, by: \.kind.rawValue).sorted { $0.key < $1.key }
          .map { "\($0.value.count) \($0.key)" }
        return "account \(account): findings: \(kinds.joined(separator: ", ")); see `slipway finding list`"
      }
  }
}

extension CloudFindingView {
  init(_ finding: CloudFinding) {
    let thing = finding.object
    self.init(
      id: finding.id.description, account: finding.account, kind: finding.kind.rawValue,
      status: finding.status.rawValue, object: thing.externalID, objectKind: thing.kind, name: thing.name,
      resourceId: finding.resource?.description, attemptId: finding.attempt?.description ?? thing.attemptLabel,
      type: thing.type, location: thing.location, address: thing.ipv4 ?? thing.ipv6, createdAt: thing.createdAt,
      protected: thing.isProtected,
      differences: finding.differences.map {
        DifferenceView(property: $0.property, expected: $0.expected, found: $0.found)
      }, firstSeen: Timestamp(finding.firstSeen), lastSeen: Timestamp(finding.lastSeen), listings: finding.listings,
      closedAt: finding.closedAt.map { Timestamp($0) }, text: finding.sentence, remedy: finding.remedy)
  }
}

extension EpochView {
  init(_ epoch: LedgerEpoch) {
    self.init(
      id: epoch.id.description, cause: epoch.cause, begunAt: Timestamp(epoch.begunAt),
      confirmedAt: epoch.confirmedAt.map { Timestamp($0) })
  }
}

extension CloudFinding {
  fileprivate var sentence: String {
    switch kind {
    case .orphan: "\(object.externalID) carries this installation's mark, and the ledger does not know what made it"
    case .late: "\(object.externalID) stands although its attempt was settled without it"
    case .lost: "\(object.externalID) is in use by the ledger, and a complete listing of the account does not show it"
    case .duplicate: "\(object.externalID) is a second object of an attempt whose first one is in use"
    case .drifted:
      "\(object.externalID) is not as it was handed over: "
        + differences.map { "\($0.property) is \($0.found), was \($0.expected)" }.joined(separator: "; ")
    case .foreign where attempt != nil:
      "\(object.externalID) does not carry our mark any more: it was left alone when its resource ended, and may still be billed"
    case .foreign: "\(object.externalID) has the name of one of our objects and another mark; it is left alone"
    }
  }

  fileprivate var remedy: String {
    switch kind {
    case .orphan where object.attemptLabel.flatMap({ ULID($0) }) == nil:
      "its label names no attempt, so that its plugin would not know it again: end it at the cloud; or dismiss it: `slipway finding dismiss \(id)`"
    case .orphan: "take it in: `slipway adopt \(id)`; or dismiss it: `slipway finding dismiss \(id)`"
    case .late, .duplicate: "end it once the rules allow that: `slipway sweep \(account) --apply`"
    case .lost: "look at the cloud's audit log; the resource ends as lost once the cloud, asked for its id, agrees"
    case .drifted: "undo the change at the cloud, or accept it: `slipway finding dismiss \(id)`"
    case .foreign where attempt != nil:
      "find out at the cloud who took it over and whether it still runs, end it there if nobody did; then `slipway finding dismiss \(id)`"
    case .foreign: "find out at the cloud who made it; nothing is done about it here"
    }
  }
}

extension SweepView {
  init(_ result: SweepResult, account: String, applied: Bool) {
    let plan = result.plan
    let policy = Policy()
    var ends = plan.deletions.map { deletion in
      let id = deletion.finding.description
      if let reason = result.refused[deletion.finding] {
        return SweepEndView(findingId: id, outcome: "refused", reason: reason)
      }
      return SweepEndView(findingId: id, outcome: result.ended.contains(deletion.finding) ? "accepted" : "allowed")
    }
    ends += plan.withheld.map {
      SweepEndView(
        findingId: $0.finding.description, outcome: "withheld", rule: $0.rule.rawValue, reason: $0.rule.text(policy))
    }
    self.init(
      account: account, applied: applied, machines: plan.machines, problem: plan.problem,
      findings: plan.open.map { CloudFindingView($0) }, ends: ends)
  }
}
