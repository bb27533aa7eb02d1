import Glibc
package import System
import Synchronization

/// One run of a small program that reads standard input and says something: a checker. Bounded in time, output, CPU time
/// and files; it gets no environment but a PATH.
package enum ToolRun {
  /// How it ended.
  package struct Report: Sendable {
    /// How the process ended; nil: it was ended because its time was up.
    package var status: ExitStatus?
    /// What it wrote to both outputs, cut at `mostOutput`.
    package var output: [UInt8]
  }

  /// Bytes of output that are kept.
  package static let mostOutput = 262_144

  /// The path of a program in the system's own folders; nil: it is not installed.
  package static func find(_ name: String) -> String? {
    ["/usr/bin", "/bin", "/usr/local/bin"].map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// Runs it to its end, or to the deadline, when its whole process group is killed.
  package static func run(
    _ program: String, _ arguments: [String], input: [UInt8], deadline: Duration, on reactor: Reactor
  ) async throws(SystemError) -> Report {
    _ = Self.quiet
    let (inputEnd, feeder) = try Descriptor.pipe()
    let (listener, outputEnd) = try Descriptor.pipe()
    try feeder.setNonBlocking()
    try listener.setNonBlocking()
    var line = [program] + arguments
    if let limiter = find("prlimit") {
      line = [limiter, "--cpu=20", "--core=0", "--fsize=0", "--data=1073741824", "--"] + line
    }
    let child = try SpawnPlan(
      program: .path(line[0]), arguments: line, environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
      descriptors: [0: inputEnd, 1: outputEnd, 2: outputEnd]
    ).spawn()
    inputEnd.close()
    outputEnd.close()
    let talk = Talk(input: input[...], feeder: feeder, listener: listener)
    let timer = reactor.schedule(after: deadline) {
      talk.overdue()
      child.signalGroup(SIGKILL)
    }
    defer { _ = timer.cancel() }
    do throws(SystemError) {
      talk.adopt(try reactor.watch(feeder, .write) { _ in talk.feed() }, isFeeding: true)
      talk.adopt(try reactor.watch(listener, .read) { _ in talk.listen() }, isFeeding: false)
    } catch {
      child.signalGroup(SIGKILL)
      talk.end()
      throw error
    }
    let status = await withCheckedContinuation { continuation in
      do throws(SystemError) {
        try child.onExit(reactor, killingGroup: true) { continuation.resume(returning: $0) }
      } catch {
        child.signalGroup(SIGKILL)
        continuation.resume(returning: .signaled(SIGKILL))
      }
    }
    talk.listen()
    let (isOverdue, output) = talk.end()
    return Report(status: isOverdue ? nil : status, output: output)
  }

  /// A program that ends before it has read everything is no reason to end this process; `slipway serve` ignores the
  /// signal anyway. A socket would raise none, but makes bash believe that it was called by rshd.
  private static let quiet: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

  /// What goes in and comes out.
  private final class Talk: Sendable {
    struct State {
      var input: ArraySlice<UInt8>
      var output: [UInt8] = []
      var isOverdue = false
      var isOver = false
      var feeding: Watch?
      var listening: Watch?
    }
    private let state: Mutex<State>
    private let feeder: Descriptor
    private let listener: Descriptor

    init(input: ArraySlice<UInt8>, feeder: Descriptor, listener: Descriptor) {
      state = Mutex(State(input: input))
      self.feeder = feeder
      self.listener = listener
    }

    func adopt(_ watch: Watch, isFeeding: Bool) {
      let isOver = state.withLock { state in
        if !state.isOver, isFeeding { state.feeding = watch }
        if !state.isOver, !isFeeding { state.listening = watch }
        return state.isOver
      }
      if isOver { watch.cancel() }
    }

    func overdue() { state.withLock { $0.isOverdue = true } }

    func feed() {
      let done = state.withLock { state -> Watch? in
        while !state.isOver, !state.input.isEmpty {
          switch try? feeder.send(state.input) {
          case .count(let count)?: state.input = state.input.dropFirst(count)
          case .wouldBlock?: return nil
          default: state.input = []
          }
        }
        guard !state.isOver else { return nil }
        defer { state.feeding = nil }
        return state.feeding
      }
      guard let done else { return }
      done.cancel()
      feeder.close()
    }

    func listen() {
      let done = state.withLock { state -> Watch? in
        while !state.isOver, let got = try? listener.receive(atMost: 16_384) {
          switch got {
          case .bytes(let bytes): state.output += bytes.prefix(max(0, ToolRun.mostOutput - state.output.count))
          case .wouldBlock: return nil
          case .end:
            // A descriptor at its end is ready for ever.
            defer { state.listening = nil }
            return state.listening
          }
        }
        return nil
      }
      done?.cancel()
    }

    @discardableResult
    func end() -> (isOverdue: Bool, output: [UInt8]) {
      let (watches, result) = state.withLock { state in
        defer { (state.isOver, state.feeding, state.listening) = (true, nil, nil) }
        return ([state.feeding, state.listening], (state.isOverdue, state.output))
      }
      for watch in watches { watch?.cancel() }
      feeder.close()
      listener.close()
      return result
    }
  }
}
