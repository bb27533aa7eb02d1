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

/// One plugin: what it says of itself, and how its worker is.
package struct PluginView: Codable, Sendable, Hashable {
  /// Its id.
  package var id: String
  /// Its name for people.
  package var name: String
  /// Its version.
  package var version: String
  /// `starting`, `serving`, `backoff`, `quarantined`, `refused` or `stopped`.
  package var state: String
  /// The file that it was found in.
  package var file: String
  /// Digest of the file's bytes, 64 hexadecimal digits.
  package var sha256: String
  /// Counts the images that have served under this id, from 1.
  package var generation: UInt64
  /// Its worker's process id, while one runs.
  package var pid: Int32?
  /// How often a worker was started again since the daemon started.
  package var restarts: Int
  /// ABI version agreed on, such as `0.1`.
  package var abi: String?
  /// Optional abilities.
  package var capabilities: [String]
  /// HTTP services that it talks to, as its manifest declares them.
  package var endpoints: [EndpointView]
  /// `brokered` or `direct`.
  package var network: String?
  /// Why it does not serve.
  package var problem: ControlFailure?

  /// Makes the view from its fields.
  package init(
    id: String,
    name: String,
    version: String,
    state: String,
    file: String,
    sha256: String,
    generation: UInt64 = 1,
    pid: Int32? = nil,
    restarts: Int = 0,
    abi: String? = nil,
    capabilities: [String] = [],
    endpoints: [EndpointView] = [],
    network: String? = nil,
    problem: ControlFailure? = nil
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.state = state
    self.file = file
    self.sha256 = sha256
    self.generation = generation
    self.pid = pid
    self.restarts = restarts
    self.abi = abi
    self.capabilities = capabilities
    self.endpoints = endpoints
    self.network = network
    self.problem = problem
  }
}

/// One HTTP service of a plugin or an account.
package struct EndpointView: Codable, Sendable, Hashable {
  /// Its name, such as `api`.
  package var name: String
  /// Base address.
  package var url: String?
  /// Path of the unix socket; set by operators only.
  package var unixSocket: String?
  /// How the credential is added: `bearer`, `header`, `basic`, `query`, `aws_sigv4` or `none`.
  package var auth: String

  /// Makes the view from its fields.
  package init(
    name: String,
    url: String? = nil,
    unixSocket: String? = nil,
    auth: String
  ) {
    self.name = name
    self.url = url
    self.unixSocket = unixSocket
    self.auth = auth
  }
}
