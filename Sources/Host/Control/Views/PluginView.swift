/// One plugin: what it says of itself, and how its worker is.
package struct PluginView: Codable, Sendable, Hashable {
  /// Its id.
  package var id: String
  /// Its name for people.
  package var name: String
  /// Its version.
  package var version: String
  /// `starting`, `serving`, `backoff`, `incomplete`, `refused`, `needs_approval`, `quarantined`, `disabled` or `stopped`.
  package var state: String
  /// The file that it was found in.
  package var file: String
  /// Digest of the image that serves or starts, 64 hexadecimal digits.
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
  /// Why it does not serve, or why its newest image does not.
  package var problem: ControlFailure?
  /// What its worker may not do, part by part; nil before one has said so.
  package var sandbox: [SandboxPartView]?
  /// How the last worker ended that should not have.
  package var lastEnd: WorkerEndView?
  /// Whether the file is there; without it, the stored image serves what exists and nothing new is made.
  package var filePresent = true
  /// Digest of the image before, which a rollback serves.
  package var previous: String?
  /// Calls that wait for a slot.
  package var waiting = 0
  /// The newest image, where it does not serve.
  package var held: HeldImageView?
  /// The generations at work, the serving one first.
  package var generations: [GenerationView] = []
  /// Images of it that are not run any more.
  package var quarantine: [QuarantineView] = []
  /// Calls that are not made any more, because they crashed it.
  package var parked: [ParkedCallView] = []
  /// Resources that may still be billed while it does not serve, by id; only in the view of one plugin.
  package var billed: [String]?

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
    problem: ControlFailure? = nil,
    sandbox: [SandboxPartView]? = nil,
    lastEnd: WorkerEndView? = nil
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
    self.sandbox = sandbox
    self.lastEnd = lastEnd
  }
}

/// One part of a worker's sandbox.
package struct SandboxPartView: Codable, Sendable, Hashable {
  /// Its name, such as `no_new_privs`.
  package var name: String
  /// `enforced` or `missing`.
  package var state: String
  /// Who says so: `kernel`, where the kernel was asked and agrees, or `worker`.
  package var source: String
  /// Whether a plugin is refused without it where the sandbox is required.
  package var essential: Bool
  /// Why it is missing.
  package var reason: String?
  /// What it leaves open because the operator wants it so.
  package var note: String?

  /// Makes the view from its fields.
  package init(
    name: String, state: String, source: String, essential: Bool, reason: String? = nil, note: String? = nil
  ) {
    self.name = name
    self.state = state
    self.source = source
    self.essential = essential
    self.reason = reason
    self.note = note
  }
}

/// How a worker ended.
package struct WorkerEndView: Codable, Sendable, Hashable {
  /// When.
  package var at: Timestamp
  /// One sentence.
  package var reason: String
  /// The signal that ended it.
  package var signal: Int32?
  /// The address that was touched, such as `0x0`, as its worker said.
  package var address: String?
  /// The verb that ran on the thread that crashed, as its worker said.
  package var verb: String?
  /// The number of that call on the wire, as its worker said.
  package var call: UInt64?
  /// Verbs whose calls were under way.
  package var calls: [String]

  /// Makes the view from its fields.
  package init(
    at: Timestamp, reason: String, signal: Int32? = nil, address: String? = nil, verb: String? = nil,
    call: UInt64? = nil, calls: [String] = []
  ) {
    self.at = at
    self.reason = reason
    self.signal = signal
    self.address = address
    self.verb = verb
    self.call = call
    self.calls = calls
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
