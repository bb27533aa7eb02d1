import Glibc
import System

/// How a worker ended.
struct WorkerEnd: Sendable {
  /// What the kernel says.
  let status: ExitStatus
  /// Why the host ended it, where it did.
  let fault: String?
  /// Whether that is held against the plugin.
  let isBlamed: Bool
  /// Whether it was asked to end.
  let wasAsked: Bool
  /// What the worker itself said of the signal that ended it.
  let crash: WorkerCrash?

  /// Whether the plugin brought it about. A kill from outside (an operator, the kernel out of memory) is not its doing.
  var isCrash: Bool {
    if fault != nil { return isBlamed }
    return !wasAsked && status != .signaled(SIGKILL) && status != .signaled(SIGTERM)
  }

  /// For the operator.
  var reason: String { fault.map { "\($0); its worker was ended" } ?? "its worker was \(Self.verb(status))" }

  /// The same, and where it crashed as far as the worker could say.
  var detail: String { fault == nil ? reason + (crash?.text ?? "") : reason }

  /// The signal that ended it, or nil.
  var signal: Int32? { if case .signaled(let number) = status { number } else { nil } }

  private static func verb(_ status: ExitStatus) -> String {
    switch status {
    case .exited(let code): "gone: exited with status \(code)"
    case .signaled: status.description
    }
  }
}

/// One worker: process, connection and captured output, from start to reaped.
///
/// `@unchecked Sendable`: confined to the loop thread; every method is called there, as are the handlers.
final class Worker: @unchecked Sendable {
  /// Which calls it gets.
  enum Lane: Sendable, Hashable {
    /// Any.
    case shared
    /// One at a time of those that may have crashed another worker.
    case alone
  }

  let image: PluginImage
  /// Number of its generation.
  let generation: Int
  let lane: Lane
  weak var owner: PluginSupervisor?
  /// Its manifest while it is a candidate.
  var checked: CheckedManifest?
  let child: ChildProcess
  /// The calls that it runs, by their number on the wire.
  var tickets: [UInt64: CallTicket] = [:]
  /// Whether the plugin may do its own networking.
  let direct: Bool
  /// What HELLO said of the sandbox and the kernel says of the process, once it came.
  private(set) var sandbox: SandboxReport?
  /// READY, once it came.
  var ready: WorkerReady?
  /// Lines that it has dropped so far, by its own word.
  var linesLost: UInt32 = 0
  /// When its program was started, on `Clock.monotonic`.
  let startedAt: UInt64
  /// When READY came.
  var readyAt: UInt64?
  /// When it began to serve.
  var servingSince: UInt64?
  /// Whether an overdue call has condemned it.
  var condemned = false
  var leaving = false

  private let launch: WorkerLaunch
  private var crash: WorkerCrash?
  private let reactor: Reactor
  private let killGrace: Duration
  private let onFrame: @Sendable (Bool) -> Void
  private var connection: WorkerConnection?
  private var output: Descriptor
  private var outputWatch: Watch?
  private var lines = OutputLines()
  private var fault: String?
  private var isBlamed = true
  private var heart: Heartbeat
  private var pulse: ReactorTimer?
  private let pingAfter: Duration
  private let pingGrace: Duration
  private var idleTimer: ReactorTimer?
  private var timer: ReactorTimer?
  private var graceTimer: ReactorTimer?
  private var over = false
  private let onEvent: (Worker, WorkerEvent) -> Void
  private let onLine: (Worker, String) -> Void
  private let onEnd: (Worker, WorkerEnd) -> Void

  /// Starts the program for an image.
  init(
    _ image: PluginImage, direct: Bool, _ configuration: PluginsConfiguration, _ reactor: Reactor, generation: Int,
    lane: Lane,
    onEvent: @escaping (Worker, WorkerEvent) -> Void, onLine: @escaping (Worker, String) -> Void,
    onEnd: @escaping (Worker, WorkerEnd) -> Void
  ) throws(SystemError) {
    self.image = image
    self.direct = direct
    self.generation = generation
    self.lane = lane
    (pingAfter, pingGrace) = (configuration.pingAfter, configuration.pingGrace)
    heart = Heartbeat(after: pingAfter.nanoseconds, patience: pingGrace.nanoseconds)
    self.reactor = reactor
    killGrace = configuration.killGrace
    onFrame = configuration.onFrame ?? { _ in }
    (self.onEvent, self.onLine, self.onEnd) = (onEvent, onLine, onEnd)
    let (near, far) = try UnixSocket.pair()
    let (reader, writer) = try Descriptor.pipe()
    try reader.setNonBlocking()
    output = reader
    launch = WorkerLaunch(image, direct: direct, configuration)
    startedAt = Clock.monotonic()
    child = try launch.spawn(configuration.worker, [1: writer, 2: writer, 3: far])
    far.close()
    writer.close()
    do throws(SystemError) {
      try begin(near, configuration.handshake)
    } catch {
      child.signalGroup(SIGKILL)
      connection?.close()
      outputWatch?.cancel()
      throw error
    }
  }

  private func begin(_ socket: Descriptor, _ handshake: Duration) throws(SystemError) {
    // Each closure keeps the worker alive until its end is reported; `finished` breaks the cycle.
    let connection = WorkerConnection(
      socket, onEvent: { [self] in take($0) }, onBodySent: { [self] in bodySent($0) },
      onEnd: { [self] in socketEnded() }, onFrame: onFrame)
    self.connection = connection
    try child.onExit(reactor, killingGroup: true) { [self] in finished($0) }
    try connection.begin(reactor)
    outputWatch = try reactor.watch(output, .read) { [self] _ in readOutput(turns: 1) }
    let seconds = Double(handshake.nanoseconds) / 1e9
    timer = reactor.schedule(after: handshake) { [self] in
      kill(because: "did not load within \(seconds.formattedSeconds) s; see what its constructors wait for")
    }
  }

  /// HELLO came; gives what is wrong with it, or nil.
  func greeted(_ hello: WorkerHello) -> String? {
    if let fault = LoadCheck.fault(hello, pid: child.pid) { return fault }
    let report = SandboxReport(hello, kernel: KernelView(pid: child.pid), direct: direct, groups: launch.groupless)
    sandbox = report
    return report.contradiction
  }

  // MARK: Commands

  /// Opens a call; nil where the plugin is not ready.
  func open(_ call: PluginCall) -> UInt64? {
    let payload = direct ? call.directPayload ?? call.payload : call.payload
    return connection?.perform { $0.open(call.verb, deadline: call.deadline, payload) } ?? nil
  }

  /// Tells the plugin that nobody waits any more.
  func cancel(_ id: UInt64) { connection?.perform { $0.cancel(id) } }

  /// Passes a piece of an HTTP answer on.
  func answer(_ id: UInt64, _ request: UInt32, _ piece: PluginHTTPResponder.Piece) {
    connection?.perform { session in
      switch piece {
      case .head(let head): session.httpHead(id, request, head)
      case .body(let bytes): session.httpBody(id, request, bytes)
      case .end(let whole): session.httpEnd(id, request, whole: whole)
      }
    }
    if case .end = piece { tickets[id]?.requests[request] = nil }
  }

  /// The handshake is over.
  func loaded() {
    timer?.cancel()
    timer = nil
  }

  /// Lets it end by itself: it reads end of file. Killed when it does not.
  func leave() {
    if leaving || over { return }
    leaving = true
    connection?.finish()
    killLater()
  }

  /// Ends it with SIGTERM after a while, then SIGKILL; what it sends until then is still taken.
  func terminate(after grace: Duration) {
    if timer != nil || leaving || over { return }
    timer = reactor.schedule(after: grace) { [self] in
      leaving = true
      child.signalGroup(SIGTERM)
      killLater()
    }
  }

  /// Ends it at once, for a reason.
  func kill(because reason: String, isBlamed: Bool = true) {
    if fault == nil { (fault, self.isBlamed) = (reason, isBlamed) }
    leaving = true
    child.signalGroup(SIGKILL)
  }

  /// Calls back when it has been idle for that long, unless it gets a call before.
  func idle(for span: Duration, _ then: @escaping @Sendable () -> Void) {
    idleTimer?.cancel()
    idleTimer = reactor.schedule(after: span, then)
  }

  /// Looks after it while it has calls: one that is old is reason to ask for a sign of life.
  func watchPulse() {
    idleTimer?.cancel()
    idleTimer = nil
    if pulse != nil || over || leaving || tickets.isEmpty { return }
    pulse = reactor.schedule(after: pingAfter) { [self] in
      pulse = nil
      let oldest = tickets.values.map(\.startedAt).min()
      switch heart.judge(oldest: oldest, at: Clock.monotonic()) {
      case .wait: break
      case .ping(let token): connection?.perform { $0.ping(token) }
      case .silent:
        let seconds = Double(pingGrace.nanoseconds) / 1e9
        return kill(because: "gave no sign of life for \(seconds.formattedSeconds) s")
      }
      watchPulse()
    }
  }

  /// It has answered a ping.
  func answered(_ token: UInt64) { heart.answered(token, at: Clock.monotonic()) }

  private func killLater() {
    if graceTimer != nil { return }
    graceTimer = reactor.schedule(after: killGrace) { [self] in child.signalGroup(SIGKILL) }
  }

  // MARK: Events

  private func take(_ event: WorkerEvent) {
    if over { return }
    if case .fault(let fault) = event {
      kill(because: "broke the protocol: \(fault.reason)")
    } else {
      onEvent(self, event)
    }
  }

  private func bodySent(_ sent: SentBody) {
    guard let open = tickets[sent.call]?.requests[sent.request], open.responder.sent(sent.count) else { return }
    open.handle.resume()
  }

  private func socketEnded() {
    // It should be ending by itself; if it only closed its socket, it is of no use any more.
    if over || graceTimer != nil { return }
    graceTimer = reactor.schedule(after: .milliseconds(500)) { [self] in kill(because: "closed its connection") }
  }

  private func readOutput(turns: Int) {
    for _ in 0..<turns {
      switch try? output.receive(atMost: 16 << 10) {
      case .bytes(let bytes): for line in lines.append(bytes) { take(line) }
      case .wouldBlock: return
      case .end, nil:
        outputWatch?.cancel()
        outputWatch = nil
        return
      }
    }
  }

  private func take(_ line: String) {
    if let told = WorkerCrash(line) { crash = told } else { onLine(self, line) }
  }

  private func finished(_ status: ExitStatus) {
    // What it sent before it died counts: the id of a machine may be in it.
    connection?.drain()
    readOutput(turns: 8)
    for line in lines.finish() { take(line) }
    launch.end()
    if status != crash.map({ .signaled($0.signal) }) { crash = nil }
    over = true
    for waiting in [timer, graceTimer, pulse, idleTimer] { waiting?.cancel() }
    (timer, graceTimer, pulse, idleTimer) = (nil, nil, nil, nil)
    connection?.close()
    connection = nil
    outputWatch?.cancel()
    outputWatch = nil
    output.close()
    onEnd(self, WorkerEnd(status: status, fault: fault, isBlamed: isBlamed, wasAsked: leaving, crash: crash))
  }
}

extension Double {
  /// Seconds without a useless fraction, such as `10` or `0.2`.
  fileprivate var formattedSeconds: String { self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)" }
}
