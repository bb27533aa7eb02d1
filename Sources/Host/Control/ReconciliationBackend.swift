/// What the control API can ask of the daemon about differences between the ledger and the clouds.
package protocol ReconciliationBackend: Sendable {
  /// Lists an account, judges, stores what was found; with `applying` commits the ends that every rule allows.
  func sweep(_ account: String, applying: Bool) async throws(ControlFailure) -> SweepView
  /// Findings that fit the filter, oldest first.
  func findings(_ filter: FindingFilter) async throws(ControlFailure) -> [CloudFindingView]
  /// One finding; NOT_FOUND.
  func finding(_ id: String) async throws(ControlFailure) -> CloudFindingView
  /// Says that it is known: it is not told again, and nothing is done about it.
  func dismissFinding(_ id: String) async throws(ControlFailure) -> CloudFindingView
  /// Makes an orphan a resource, or attaches it to the attempt that waits for it; CONFLICT for any other finding.
  func adopt(_ id: String, tenant: String) async throws(ControlFailure) -> AcceptedView
  /// Gives a resource out of our hands without ending its machine; CONFLICT unless it is active or stopped.
  func release(_ resource: String) async throws(ControlFailure) -> AcceptedView
  /// Writes a consistent copy of the ledger to a new file at an absolute path; CONFLICT where that cannot be written.
  func backup(to path: String) async throws(ControlFailure) -> BackupView
  /// The ledger's epoch.
  func epoch() async throws(ControlFailure) -> EpochView
  /// Says that this ledger is the newest one there is; from then on sweeps may end what the rules allow.
  func confirmEpoch() async throws(ControlFailure) -> EpochView
}

/// Which findings are asked for; nil means all.
package struct FindingFilter: Sendable, Hashable {
  /// Of this account.
  package var account: String?
  /// Of this kind.
  package var kind: String?
  /// Of this status.
  package var status: String?

  /// Makes a filter.
  package init(account: String? = nil, kind: String? = nil, status: String? = nil) {
    self.account = account
    self.kind = kind
    self.status = status
  }
}
