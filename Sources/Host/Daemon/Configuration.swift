/// Everything that an operator can set; docs/configuration.md lists the keys.
package struct Configuration: Sendable, Hashable {
  /// Directory of everything that the daemon keeps; made with mode 0700 when missing.
  package var state: String
  /// Unix socket of the control API.
  package var socket: String
  /// Folders in which plugins are found, in order of precedence; one that is missing is watched for.
  package var plugins: [String]
  /// Those folders where nobody has named any; they need not be there.
  package let builtInPlugins: [String]
  /// Which images are let in.
  package var trust = Trust()
  /// When images take over, and when they are given up.
  package var reload = Reload()
  /// The worker program.
  package var worker: String
  /// The SSH program.
  package var ssh: String
  /// Folders for the workers' library path.
  package var libraries: [String] = []
  /// `required` or `available`: whether a plugin runs where an essential part of its sandbox is missing.
  package var sandbox = "required"
  /// Ids of plugins that may do their own networking.
  package var directPlugins: [String] = []
  /// File with the key that seals credentials; made with mode 0600 when missing.
  package var sealKey: String
  /// What is logged, and how.
  package var log = Log()
  /// How long things may take.
  package var deadlines = Deadlines()
  /// How often the clouds are asked; seconds.
  package var polling = Polling()
  /// How workers are started and ended.
  package var workers = Workers()
  /// What is kept of the past.
  package var archive = Archive()
  /// What each tenant may have and make.
  package var limits = TenantLimits()

  /// What each tenant may have and make at most; 0: any number.
  package struct TenantLimits: Sendable, Hashable {
    /// Resources alive.
    package var maxResources = 0
    /// Of those, the ones that the cloud gives for nothing.
    package var maxFree = 0
    /// Of those, the ones that cost something.
    package var maxPaid = 0
    /// What they cost in an hour, a plain decimal.
    package var maxHourly = "0"
    /// Creates within any hour.
    package var maxCreatesPerHour = 0
  }
  /// How owners of offerings are told of what goes wrong.
  package var notify = Notify()

  /// How owners of offerings are told of what goes wrong; empty texts: not set.
  package struct Notify: Sendable, Hashable {
    /// Mail server, `smtp://HOST[:PORT]` or `smtps://HOST[:PORT]`.
    package var smtpURL = ""
    /// Name for its login.
    package var smtpUser = ""
    /// File whose first line is the password for its login.
    package var smtpPasswordFile = ""
    /// Sender's address.
    package var mailFrom = ""
    /// File with the only authorities that webhooks and mail server are checked against; empty: the system's.
    package var caFile = ""
    /// Whether webhooks may be at addresses of private networks and of this machine.
    package var allowPrivate = false
  }

  /// What is kept of the past.
  package struct Archive: Sendable, Hashable {
    /// Days for which the lines of a resource that has ended are kept.
    package var keepDays = 400
    /// KiB of each output stream of a recipe's run that are kept: the head and the tail.
    package var outputKilobytes = 8_192
  }

  /// What is logged, and how.
  package struct Log: Sendable, Hashable {
    /// `debug`, `info`, `warning` or `error`: the least that is logged.
    package var level = "info"
    /// `text` for people or `json` for programs.
    package var format = "text"
    /// Lines a second that a plugin may write.
    package var pluginLines = 100
  }

  /// Which images are let in; empty paths ask for nothing.
  package struct Trust: Sendable, Hashable {
    /// File of pins, lines `ID SHA256`.
    package var pins = ""
    /// File of public keys.
    package var keys = ""
  }

  /// When images take over, and when they are given up.
  package struct Reload: Sendable, Hashable {
    /// Milliseconds without a write after which a file counts as whole.
    package var quietMs = 100
    /// Seconds after a switch in which a crash brings the previous image back.
    package var probation = 60
    /// Generations at most that finish what they have.
    package var mostDraining = 3
    /// Starts in vain in a row until an image is quarantined.
    package var quarantineLoads = 5
    /// Different things that an image crashes on until it is quarantined.
    package var quarantineSubjects = 3
  }

  /// How long things may take, in seconds.
  package struct Deadlines: Sendable, Hashable {
    /// A provision from accept to `active`, where the offering does not say.
    package var provision = 900
    /// A terminate until its outcome is decided.
    package var terminate = 1800
    /// A power operation until its outcome is decided.
    package var power = 600
    /// What must not be done twice, once the daemon is told to stop.
    package var stop = 30
    /// One call of each verb.
    package var calls = Calls()
  }

  /// How long one call of a plugin may take, in seconds.
  package struct Calls: Sendable, Hashable {
    package var validate = 30
    package var prepare = 300
    package var provision = 60
    package var poll = 30
    package var terminate = 60
    package var list = 120
    package var catalog = 60
    package var selfTest = 30
    package var power = 30

    /// The deadline of a verb.
    package subscript(verb: HostVerb) -> Duration {
      let seconds =
        switch verb {
        case .validate: validate
        case .prepare: prepare
        case .provision: provision
        case .poll: poll
        case .terminate: terminate
        case .list: list
        case .catalog: catalog
        case .selfTest: selfTest
        case .power: power
        }
      return .seconds(seconds)
    }
  }

  /// How often the clouds are asked, in seconds.
  package struct Polling: Sendable, Hashable {
    /// About something that changes.
    package var young = 2
    /// About something that rests.
    package var old = 60
    /// About a late twin.
    package var late = 300
  }

  /// How workers are started and ended.
  package struct Workers: Sendable, Hashable {
    /// Seconds from start to ready.
    package var handshake = 10
    /// MiB that a worker may write to.
    package var memoryMiB = 512
    /// Seconds in which a condemned worker may still bring a late reply.
    package var lateGrace = 10
    /// Seconds from asking a worker to end until its process group is killed.
    package var killGrace = 5
    /// Milliseconds after which a call is reason to ask its worker for a sign of life.
    package var pingAfterMs = 1000
    /// Seconds without one until a worker is ended.
    package var pingGrace = 30
    /// Workers at most of a plugin that takes one call at a time.
    package var most = 4
    /// Seconds that a worker which was added for a busy time stays without a call.
    package var idle = 60
    /// Milliseconds before the first restart.
    package var restartFirstMs = 100
    /// Seconds between restarts at most.
    package var restartMost = 30
    /// Seconds of service after which a death counts as the first again.
    package var restartStable = 60
    /// Deaths within the period that are borne.
    package var restartIntensity = 10
    /// Seconds of that period.
    package var restartPeriod = 60
  }

  /// The configuration of a host that was told nothing.
  package init(host: HostFacts) {
    let state = host.defaultState
    self.state = state
    socket = host.defaultSocket
    builtInPlugins = ["\(host.programs)/plugins", "\(host.programs)/../lib/slipway/plugins"]
    plugins = builtInPlugins
    worker = "\(host.programs)/slipway-worker"
    ssh = "\(host.programs)/slipway-ssh"
    sealKey = "\(state)/seal.key"
  }
}

/// What the defaults depend on.
package struct HostFacts: Sendable, Hashable {
  /// Whether the effective user is root.
  package var isRoot: Bool
  /// Directory of the slipway executable.
  package var programs: String
  /// The environment.
  package var environment: [String: String]

  /// Makes facts.
  package init(isRoot: Bool, programs: String, environment: [String: String]) {
    self.isRoot = isRoot
    self.programs = programs
    self.environment = environment
  }

  /// `/var/lib/slipway` for root; otherwise below XDG_STATE_HOME, or HOME's `.local/state`.
  package var defaultState: String {
    if isRoot { return "/var/lib/slipway" }
    if let home = absolute("XDG_STATE_HOME") { return "\(home)/slipway" }
    return "\(absolute("HOME") ?? "/tmp")/.local/state/slipway"
  }

  /// SLIPWAY_SOCKET; otherwise `/run/slipway/control.sock` for root, and below XDG_RUNTIME_DIR or the state
  /// directory for others.
  package var defaultSocket: String {
    if let path = environment["SLIPWAY_SOCKET"], !path.isEmpty { return path }
    if isRoot { return "/run/slipway/control.sock" }
    if let runtime = absolute("XDG_RUNTIME_DIR") { return "\(runtime)/slipway/control.sock" }
    return "\(defaultState)/control.sock"
  }

  private func absolute(_ name: String) -> String? {
    environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil }
  }
}
