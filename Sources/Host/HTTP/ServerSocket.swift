import System

/// One accepted connection: carries out what its state machine decides.
///
/// `@unchecked Sendable`: everything but `init` runs on the reactor's thread; the tasks it starts hold it only to
/// come back through `Reactor.submit`.
final class ServerSocket: @unchecked Sendable {
  /// What the timer that runs stands for.
  private enum Phase: Hashable {
    case none, idle, request, stalled, lingering
  }

  private let socket: Descriptor
  private let reactor: Reactor
  private let info: ConnectionInfo
  private let options: HTTPServerOptions
  private let handler: HTTPServer.Handler
  private let closed: @Sendable (ServerSocket) -> Void
  private let rests: @Sendable () -> Void
  /// Since when it has waited for a request, in nanoseconds of `Clock.monotonic`; nil: it does not.
  private(set) var idleSince: UInt64?

  private var machine: ServerConnection
  private var output = SendQueue()
  private var watch: Watch?
  private var interest: Interest = .read
  private var timer: ReactorTimer?
  private var phase = Phase.none
  /// What runs for the current request: the handler, or the pump of its stream.
  private var task: Task<Void, Never>?
  private var handling = false
  /// The pump waits here for room; resumed with false when nobody reads any more.
  private var room: CheckedContinuation<Bool, Never>?
  /// After the last byte: nil to stay open, true to let the client read to the end, false to close.
  private var lingersAfterFlush: Bool?
  private var lingering = false
  private var isOpen = true

  init(
    _ socket: Descriptor, _ info: ConnectionInfo, on reactor: Reactor, options: HTTPServerOptions,
    handler: @escaping HTTPServer.Handler, rests: @escaping @Sendable () -> Void,
    closed: @escaping @Sendable (ServerSocket) -> Void
  ) {
    self.rests = rests
    self.socket = socket
    self.info = info
    self.reactor = reactor
    self.options = options
    self.handler = handler
    self.closed = closed
    machine = ServerConnection(limits: options.limits, refusal: options.refusal)
  }

  func begin() {
    do throws(SystemError) {
      watch = try reactor.watch(socket, .read) { [self] in ready($0) }
      settle()
    } catch { close() }
  }

  /// Closes when idle, else after the request under way.
  func stop() {
    perform(machine.stop())
    settle()
  }

  /// Closes now and cancels what runs.
  func kill() {
    task?.cancel()
    handling = false
    if isOpen { close() } else { closed(self) }
  }

  // MARK: Events

  private func ready(_ readiness: Readiness) {
    let gone = !readiness.isDisjoint(with: [.hangUp, .error])
    if lingering {
      discard()
    } else if interest.contains(.read), gone || readiness.contains(.read) {
      receive()
    } else if gone {
      lose()
    }
    settle()
  }

  private func receive() {
    do throws(SystemError) {
      switch try socket.receive(atMost: 1 << 16) {
      case .bytes(let bytes): machine.received(bytes)
      case .end: perform(machine.ended())
      case .wouldBlock: break
      }
    } catch { lose() }
  }

  /// Reads what the client still sends, so that a reset does not destroy the answer it has not read yet.
  private func discard() {
    if (try? socket.receive(atMost: 1 << 16)) ?? .end == .end { close() }
  }

  private func expired() {
    (timer, phase) = (nil, .none)
    if output.count > 0 || lingering { close() } else { perform(machine.expired()) }
    settle()
  }

  private func replied(_ reply: HTTPReply) {
    (handling, task) = (false, nil)
    guard isOpen else { return closed(self) }
    perform(machine.replied(reply))
    settle()
  }

  private func streamed(_ piece: [UInt8], _ pump: CheckedContinuation<Bool, Never>) {
    guard isOpen, machine.wait == .handler else { return pump.resume(returning: false) }
    perform(machine.streamed(piece))
    room = pump
    settle()
  }

  private func streamEnded() {
    task = nil
    guard isOpen else { return }
    perform(machine.streamEnded())
    settle()
  }

  // MARK: Actions

  private func perform(_ actions: [ServerConnection.Action]) {
    for action in actions {
      switch action {
      case .handle(let request): handle(request)
      case .send(let bytes): output.append(bytes)
      case .pull(let stream): pull(stream)
      case .abandonStream: abandon()
      case .finish: lingersAfterFlush = true
      case .drop(let flush):
        lingersAfterFlush = false
        if !flush { output.removeAll() }
      }
    }
  }

  private func handle(_ request: HTTPRequest) {
    handling = true
    task = Task { [self, handler, info, reactor] in
      let reply = await handler(request, info)
      reactor.submit { [self] in replied(reply) }
    }
  }

  private func pull(_ stream: AsyncStream<[UInt8]>) {
    task = Task { [self, reactor] in
      for await piece in stream {
        let more = await withCheckedContinuation { pump in reactor.submit { [self] in streamed(piece, pump) } }
        if !more { break }
      }
      reactor.submit { [self] in streamEnded() }
    }
  }

  private func abandon() {
    task?.cancel()
    task = nil
    room?.resume(returning: false)
    room = nil
  }

  // MARK: After every event

  /// Goes on with what can go on, then waits for the right things.
  private func settle() {
    guard isOpen else { return }
    repeat {
      flush()
      guard isOpen, output.count < options.sendBuffer, lingersAfterFlush == nil else { break }
      let actions = machine.proceed()
      if actions.isEmpty { break }
      perform(actions)
    } while true
    guard isOpen else { return }
    if output.count < options.sendBuffer, let pump = room {
      room = nil
      pump.resume(returning: true)
    }
    if output.count == 0, let lingers = lingersAfterFlush, !lingering { finish(lingers) }
    guard isOpen else { return }
    rewatch()
    rearm()
  }

  private func flush() {
    do throws(SystemError) {
      while output.count > 0 {
        switch try socket.send(output.front) {
        case .count(let count):
          output.removeFirst(count)
          if phase == .stalled { phase = .none }
        case .wouldBlock: return
        case .closed: return lose()
        }
      }
    } catch { lose() }
  }

  private func finish(_ lingers: Bool) {
    guard lingers, !machine.hasEnded else { return close() }
    socket.shutdown(read: false, write: true)
    lingering = true
  }

  private func rewatch() {
    var wanted: Interest = []
    if lingering || (machine.wantsInput && output.count < options.sendBuffer) { wanted.insert(.read) }
    if output.count > 0 { wanted.insert(.write) }
    guard wanted != interest else { return }
    interest = wanted
    do throws(SystemError) { try watch?.update(wanted) } catch { lose() }
  }

  private func rearm() {
    let (next, delay) = deadline
    guard next != phase else { return }
    timer?.cancel()
    phase = next
    idleSince = next == .idle ? Clock.monotonic() : nil
    if next == .idle { rests() }
    timer = delay.map { delay in reactor.schedule(after: delay) { [self] in expired() } }
  }

  private var deadline: (Phase, Duration?) {
    if lingering { return (.lingering, .seconds(1)) }
    if output.count > 0 { return (.stalled, options.stallTimeout) }
    return switch machine.wait {
    case .idle: (.idle, options.idleTimeout)
    case .request: (.request, options.requestTimeout)
    case .handler, .nothing: (.none, nil)
    }
  }

  // MARK: End

  /// The client is gone; what it asked for goes on.
  private func lose() {
    guard isOpen else { return }
    perform(machine.ended())
    close()
  }

  private func close() {
    guard isOpen else { return }
    isOpen = false
    watch?.cancel()
    timer?.cancel()
    (watch, timer) = (nil, nil)
    output.removeAll()
    if !handling { abandon() }
    socket.close()
    if !handling { closed(self) }
  }
}
