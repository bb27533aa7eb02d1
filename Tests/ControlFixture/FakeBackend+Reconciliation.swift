package import Control

extension FakeBackend {
  package static let finding = CloudFindingView(
    id: "01J00000000000000000000009", account: "prod", kind: "orphan", status: "open", object: "42",
    objectKind: "server", name: "slipway-x", firstSeen: Timestamp(ms: 0), lastSeen: Timestamp(ms: 60_000), listings: 2,
    text: "42 carries this installation's mark", remedy: "take it in")

  package func sweep(_ account: String, applying: Bool) async throws(ControlFailure) -> SweepView {
    try note("sweep \(account)\(applying ? " applying" : "")") { _ in
      SweepView(
        account: account, applied: applying, machines: 3, findings: [Self.finding],
        ends: [
          SweepEndView(
            findingId: Self.finding.id, outcome: "withheld", rule: "attempt_known", reason: "nothing is known of it")
        ])
    }
  }
  package func findings(_ filter: FindingFilter) async throws(ControlFailure) -> [CloudFindingView] {
    try note("findings \(filter.account ?? "*") \(filter.kind ?? "*") \(filter.status ?? "*")") { _ in [Self.finding] }
  }
  package func finding(_ id: String) async throws(ControlFailure) -> CloudFindingView {
    try note("finding \(id)") { _ throws(ControlFailure) in
      try found(id == Self.finding.id ? Self.finding : nil, "finding \(id)")
    }
  }
  package func dismissFinding(_ id: String) async throws(ControlFailure) -> CloudFindingView {
    try note("dismiss \(id)") { _ in Self.finding }
  }
  package func adopt(_ id: String, tenant: String) async throws(ControlFailure) -> AcceptedView {
    try note("adopt \(id) for \(tenant)") { _ in
      AcceptedView(resourceId: Sample.id, operationId: Sample.operation)
    }
  }
  package func release(_ resource: String) async throws(ControlFailure) -> AcceptedView {
    try note("release \(resource)") { _ in AcceptedView(resourceId: resource, operationId: Sample.operation) }
  }
  package func backup(to path: String) async throws(ControlFailure) -> BackupView {
    try note("backup to \(path)") { _ in BackupView(path: path) }
  }
  package func epoch() async throws(ControlFailure) -> EpochView {
    try note("epoch") { _ in EpochView(id: Sample.id, cause: "the ledger is new", begunAt: Timestamp(ms: 0)) }
  }
  package func confirmEpoch() async throws(ControlFailure) -> EpochView {
    try note("confirm epoch") { _ in
      EpochView(
        id: Sample.id, cause: "the ledger is new", begunAt: Timestamp(ms: 0), confirmedAt: Timestamp(ms: 1_000))
    }
  }
}
