import Glibc
import RemoteProtocol
import System

/// One slipway-ssh and the frames that go between it and the host.
///
/// It is asked once what to do, gets at most one signature, and its first result counts; whatever else it does ends it.
///
/// `@unchecked Sendable`: everything after `init` runs on the reactor's thread.
final class Exchange: @unchecked Sendable {
  private let run: SSHRun
  private let deadline: UInt64
  private let streaming: SSHStreaming?
  private let reactor: Reactor
  private let output: (@Sendable (RemoteStream, [UInt8]) -> Void)?
  private var credit: Int
  private var done: (@Sendable (RemoteResult) -> Void)?
  private var child: ChildProcess?
  private var near: Descriptor?
  private var watch: Watch?
  private var timer: ReactorTimer?
  private var incoming: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var hasSigned = false
  private var isCancelled = false
  private var result: RemoteResult?

  /// How long after the deadline a process that has not ended by itself is killed, in nanoseconds.
  private static let grace: UInt64 = 2_000_000_000

  /// With `streaming` its output goes to `output`, on the loop thread, as far as there is credit.
  init(
    _ run: SSHRun, deadline: UInt64, _ reactor: Reactor, streaming: SSHStreaming? = nil,
    output: (@Sendable (RemoteStream, [UInt8]) -> Void)? = nil
  ) {
    self.run = run
    self.deadline = deadline
    self.reactor = reactor
    self.streaming = streaming
    self.output = output
    credit = streaming?.credit ?? 0
  }

  /// Starts the process over a connected socket, which is closed here; `done` is called once, on the loop thread.
  func begin(
    socket: Descriptor, program: String, environment: [String: String],
    _ done: @escaping @Sendable (RemoteResult) -> Void
  ) {
    reactor.submit { [self] in
      self.done = done
      defer { socket.close() }
      guard !isCancelled else { return fail("the run was cancelled") }
      guard let start = startFrame() else {
        return fail("the command and its input are too big: they may have \(RemoteCodec.limit) bytes together")
      }
      do throws(SystemError) {
        let (near, far) = try UnixSocket.pair()
        defer { far.close() }
        let plan = SpawnPlan(
          program: .path(program), arguments: ["slipway-ssh"], environment: environment,
          descriptors: [3: socket, 4: far])
        let child = try plan.spawn()
        (self.child, self.near) = (child, near)
        // First of all, so that whatever fails after it, the process is reaped.
        try child.onExit(reactor) { [self] status in ended(status) }
        watch = try reactor.watch(near, .read) { [self] _ in move() }
        timer = reactor.schedule(at: deadline &+ Self.grace) { [self] in kill("it hung past its deadline") }
        outgoing = start
        flush()
      } catch {
        guard child == nil else { return kill(error.text) }
        fail("\(program) could not be started: \(error.text)")
      }
    }
  }

  /// Ends the run; any thread.
  func cancel() {
    reactor.submit { [self] in
      isCancelled = true
      kill("the run was cancelled")
    }
  }

  /// Lets so many more bytes of output come; any thread.
  func give(_ count: Int) {
    reactor.submit { [self] in
      guard done != nil, near != nil, result == nil else { return }
      credit += count
      send(.credit(UInt32(clamping: count)))
    }
  }

  /// Lets the command read that, and then the end; once, any thread.
  func feed(_ bytes: [UInt8]) {
    reactor.submit { [self] in
      guard done != nil, near != nil, result == nil else { return }
      send(.input(bytes))
    }
  }

  /// The first frame, or nil where command and input are more than a frame holds.
  private func startFrame() -> [UInt8]? {
    let now = Clock.monotonic()
    let frame = RemoteCodec.encode(
      .start(
        RemoteTask(
          user: run.user, clientKey: run.clientKey, acceptedHostKeys: run.acceptedHostKeys, command: run.command,
          input: run.input, timeoutMs: UInt32(clamping: deadline > now ? (deadline - now) / 1_000_000 : 0),
          loginMs: streaming.map { UInt32(clamping: $0.login.nanoseconds / 1_000_000) } ?? .max,
          silenceMs: UInt32(clamping: (streaming?.silence.nanoseconds ?? 0) / 1_000_000),
          credit: UInt32(clamping: streaming?.credit ?? 0))))
    return frame.count <= RemoteCodec.limit ? frame : nil
  }

  // MARK: Frames

  private func send(_ frame: RemoteFrame) {
    outgoing += RemoteCodec.encode(frame)
    flush()
  }

  private func flush() {
    guard let near else { return }
    var isWaiting = false
    while !outgoing.isEmpty, !isWaiting {
      do throws(SystemError) {
        switch try near.send(outgoing[...]) {
        case .count(let count): outgoing.removeFirst(count)
        case .wouldBlock: isWaiting = true
        case .closed: outgoing = []
        }
      } catch {
        // Its exit tells why.
        outgoing = []
      }
    }
    try? watch?.update(outgoing.isEmpty ? .read : [.read, .write])
  }

  private func move() {
    flush()
    while let near {
      do throws(SystemError) {
        switch try near.receive(atMost: 65_536) {
        case .bytes(let bytes):
          incoming += bytes
          serve()
        case .wouldBlock: return
        case .end: return stopListening()
        }
      } catch { return stopListening() }
    }
  }

  /// Its end of the socket is closed. The exit comes next; a process that closes it and stays is killed by the timer.
  private func stopListening() {
    watch?.cancel()
    watch = nil
  }

  private func serve() {
    do throws(MalformedFrame) {
      while let frame = try RemoteCodec.take(&incoming) {
        switch frame {
        case .sign(let data) where !hasSigned && SignRequest.isLogin(data, user: run.user, key: run.clientKey):
          hasSigned = true
          send(.signature(run.sign(data)))
        case .sign: kill("it asked for a signature of something that is not this login")
        case .result(let ended): result = result ?? ended
        case .output(let stream, let bytes): take(stream, bytes)
        case .start, .signature, .credit, .input: kill("it sent a frame that only the host sends")
        }
      }
    } catch { kill("it sent a malformed frame: \(error.reason)") }
  }

  private func take(_ stream: RemoteStream, _ bytes: [UInt8]) {
    // An empty one would cost no credit, and could come for ever.
    guard let output, !bytes.isEmpty, bytes.count <= credit else {
      return kill("it sent output that was not asked for")
    }
    credit -= bytes.count
    output(stream, bytes)
  }

  // MARK: The end

  /// Kills the process; `reason` becomes the ending unless there is one.
  private func kill(_ reason: String) {
    guard let child, done != nil else { return }
    result = result ?? RemoteResult(.runnerFailed("slipway-ssh was killed: \(reason)"))
    child.signalGroup(SIGKILL)
  }

  private func ended(_ status: ExitStatus) {
    move()
    finish(result ?? RemoteResult(.runnerFailed("slipway-ssh gave no result: it \(status)")))
  }

  private func fail(_ reason: String) { finish(RemoteResult(.runnerFailed(reason))) }

  private func finish(_ result: RemoteResult) {
    watch?.cancel()
    timer?.cancel()
    near?.close()
    near = nil
    let done = done
    self.done = nil
    done?(result)
  }
}
