import System

/// The socket edge of a worker session: moves bytes, decides nothing.
///
/// `@unchecked Sendable`: confined to the loop thread; every method is called there, as are the handlers.
final class WorkerConnection: @unchecked Sendable {
  /// Bytes read in one turn of the loop, so that one worker cannot hold it.
  private static let turn = 512 << 10
  /// Bytes read at once.
  private static let piece = 64 << 10

  private let socket: Descriptor
  private var session = WorkerSession()
  private var watch: Watch?
  private var interest: Interest = .read
  private var output: ArraySlice<UInt8> = []
  private var ended = false
  private var isFlushing = false
  private var reactor: Reactor?
  private let onEvent: (WorkerEvent) -> Void
  private let onBodySent: (SentBody) -> Void
  private let onEnd: () -> Void
  private let onFrame: (Bool) -> Void

  /// Takes the socket over. `onEnd` is called when the worker's side has closed.
  init(
    _ socket: Descriptor, onEvent: @escaping (WorkerEvent) -> Void, onBodySent: @escaping (SentBody) -> Void,
    onEnd: @escaping () -> Void, onFrame: @escaping (Bool) -> Void = { _ in }
  ) {
    self.socket = socket
    self.onEvent = onEvent
    self.onBodySent = onBodySent
    self.onEnd = onEnd
    self.onFrame = onFrame
  }

  func begin(_ reactor: Reactor) throws(SystemError) {
    self.reactor = reactor
    watch = try reactor.watch(socket, .read) { [self] ready in
      if !ready.isDisjoint(with: [.read, .hangUp, .error]) { read(atMost: Self.turn) }
      flush()
    }
  }

  /// Changes the session. What follows from it is sent at the end of the loop's turn: many changes, one write.
  func perform<Value>(_ change: (inout WorkerSession) -> Value) -> Value {
    let value = change(&session)
    guard !isFlushing, let reactor else { return value }
    isFlushing = true
    reactor.submitLast { [self] in
      isFlushing = false
      flush()
    }
    return value
  }

  /// Takes everything that the worker sent before it died; ends at end of file.
  func drain() {
    // Bounded by what fits into the socket's buffer, unless someone else holds the worker's end and writes.
    read(atMost: 32 << 20, toEnd: true)
  }

  /// Tells the worker that the host is done with it: it reads end of file.
  func finish() { socket.shutdown(read: false, write: true) }

  /// Lets go of the socket.
  func close() {
    ended = true
    watch?.cancel()
    watch = nil
    socket.close()
  }

  private func read(atMost limit: Int, toEnd: Bool = false) {
    var budget = limit
    while budget > 0, !ended {
      switch try? socket.receive(atMost: Self.piece) {
      case .bytes(let bytes):
        budget -= bytes.count
        onFrame(false)
        for event in session.receive(bytes) { onEvent(event) }
        // That was all; if more came meanwhile, the loop says so. A worker that is dead is read to its end.
        if bytes.count < Self.piece, !toEnd { return }
      case .wouldBlock: return
      case .end, nil: return end()
      }
    }
  }

  private func flush() {
    while !ended {
      if output.isEmpty {
        output = session.takeOutput(about: 128 << 10)[...]
        for sent in session.takeSentBodies() { onBodySent(sent) }
        if !output.isEmpty { onFrame(true) }
      }
      if output.isEmpty { return want(.read) }
      switch try? socket.send(output) {
      case .count(let count): output = output.dropFirst(count)
      case .wouldBlock: return want([.read, .write])
      // What the worker sent before it closed is still to be read.
      case .closed, nil:
        output = []
        return want(.read)
      }
    }
  }

  private func want(_ wanted: Interest) {
    if wanted == interest { return }
    interest = wanted
    try? watch?.update(wanted)
  }

  private func end() {
    if ended { return }
    ended = true
    watch?.cancel()
    watch = nil
    onEnd()
  }
}
