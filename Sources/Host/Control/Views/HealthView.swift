/// How the daemon is.
package struct HealthView: Codable, Sendable, Hashable {
  /// `ok`, or `degraded` with problems.
  package var status: String
  /// Version of the daemon.
  package var version: String
  /// Random id of this installation; on every cloud object that it makes.
  package var installationId: String
  /// When the daemon started.
  package var startedAt: Timestamp
  /// What is wrong, one line each; empty where nothing is.
  package var problems: [String]
  /// What will go wrong unless somebody acts, one line each; the daemon is well all the same.
  package var warnings: [String]
  /// Plugins that serve.
  package var plugins: Int
  /// Accounts.
  package var accounts: Int
  /// Resources that have not ended.
  package var resources: Int

  /// Makes the view from its fields.
  package init(
    status: String,
    version: String,
    installationId: String,
    startedAt: Timestamp,
    problems: [String] = [],
    warnings: [String] = [],
    plugins: Int = 0,
    accounts: Int = 0,
    resources: Int = 0
  ) {
    self.status = status
    self.version = version
    self.installationId = installationId
    self.startedAt = startedAt
    self.problems = problems
    self.warnings = warnings
    self.plugins = plugins
    self.accounts = accounts
    self.resources = resources
  }
}
