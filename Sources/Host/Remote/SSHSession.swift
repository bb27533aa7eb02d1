package import RemoteProtocol
import Synchronization
package import System

/// Runs slipway-ssh, one process for each run.
package struct SSHSession: Sendable {
  private let reactor: Reactor
  private let program: String
  private let environment: [String: String]

  /// Makes a driver for the program at that path. `environment` is all that it gets of one.
  package init(reactor: Reactor, program: String, environment: [String: String] = [:]) {
    self.reactor = reactor
    self.program = program
    self.environment = environment.merging(["SWIFT_BACKTRACE": "enable=no", "LANG": "C.UTF-8"]) { own, _ in own }
  }

  /// Connects, runs, and tells how it ended. Never throws: every way to fail is an ending.
  package func run(_ run: SSHRun) async -> RemoteResult {
    let deadline = Clock.monotonic() &+ run.timeout.nanoseconds
    let socket: Descriptor
    do {
      socket = try await TCPSocket.connect(run.address, on: reactor, deadline: deadline)
    } catch {
      return RemoteResult(.connectionLost("\(run.address): \(error.text)"))
    }
    return await withCheckedContinuation { continuation in
      let exchange = Exchange(run, deadline: deadline) { continuation.resume(returning: $0) }
      exchange.begin(reactor, socket: socket, program: program, environment: environment)
    }
  }
}

/// One process and the frames that go between it and the host.
///
/// `@unchecked Sendable`: after `begin` everything runs on the reactor's thread.
private final class Exchange: @unchecked Sendable {
  private let run: SSHRun
  private let deadline: UInt64
  private var done: (@Sendable (RemoteResult) -> Void)?
  private var child: ChildProcess?
  private var near: Descriptor?
  private var watch: Watch?
  private var timer: ReactorTimer?
  private var incoming: [UInt8] = []
  private var outgoing: [UInt8] = []
  private var result: RemoteResult?

  init(_ run: SSHRun, deadline: UInt64, _ done: @escaping @Sendable (RemoteResult) -> Void) {
    self.run = run
    self.deadline = deadline
    self.done = done
  }

  func begin(_ reactor: Reactor, socket: Descriptor, program: String, environment: [String: String]) {
    reactor.submit { [self] in
      do throws(SystemError) {
        let (near, far) = try UnixSocket.pair()
        let plan = SpawnPlan(
          program: .path(program), arguments: ["slipway-ssh"], environment: environment,
          descriptors: [3: socket, 4: far])
        let child = try plan.spawn()
        far.close()
        socket.close()
        try near.setNonBlocking()
        self.near = near
        self.child = child
        send(.start(task()))
        watch = try reactor.watch(near, outgoing.isEmpty ? .read : [.read, .write]) { [self] _ in move() }
        // Its own deadline ends it first; this one is for a process that hangs.
        timer = reactor.schedule(at: deadline &+ 2_000_000_000) { child.signalGroup(9) }
        try child.onExit(reactor) { [self] status in ended(status) }
      } catch {
        child?.signalGroup(9)
        finish(RemoteResult(.connectionLost("slipway-ssh could not be started: \(error)")))
      }
    }
  }

  private func task() -> RemoteTask {
    let left = deadline > Clock.monotonic() ? deadline - Clock.monotonic() : 0
    return RemoteTask(
      user: run.user, clientKey: run.clientKey, acceptedHostKeys: run.acceptedHostKeys, command: run.command,
      input: run.input, timeoutMs: UInt32(clamping: left / 1_000_000))
  }

  private func send(_ frame: RemoteFrame) {
    outgoing += RemoteCodec.encode(frame)
    flush()
  }

  private func flush() {
    guard let near else { return }
    while !outgoing.isEmpty {
      guard let sent = try? near.send(outgoing[...]) else { return }
      guard case .count(let count) = sent else { break }
      outgoing.removeFirst(count)
    }
    try? watch?.update(outgoing.isEmpty ? .read : [.read, .write])
  }

  private func move() {
    flush()
    guard let near else { return }
    while let got = try? near.receive(atMost: 65_536) {
      switch got {
      case .bytes(let bytes): incoming += bytes
      case .wouldBlock: return handle()
      case .end:
        handle()
        watch?.cancel()
        return
      }
    }
  }

  private func handle() {
    do {
      while let frame = try RemoteCodec.take(&incoming) {
        switch frame {
        case .sign(let data): send(.signature(run.sign(data)))
        case .result(let ended): result = ended
        case .start, .signature: child?.signalGroup(9)
        }
      }
    } catch {
      child?.signalGroup(9)
    }
  }

  private func ended(_ status: ExitStatus) {
    move()
    finish(result ?? RemoteResult(.connectionLost("slipway-ssh ended without a result: \(status)")))
  }

  private func finish(_ result: RemoteResult) {
    watch?.cancel()
    timer?.cancel()
    near?.close()
    let done = done
    self.done = nil
    done?(result)
  }
}
