import CLinux
import Glibc
import Synchronization

/// How a process ended.
package enum ExitStatus: Sendable, Hashable {
  /// It called exit with this status, 0 to 255.
  case exited(Int32)
  /// A signal of this number ended it.
  case signaled(Int32)
}

extension ExitStatus: CustomStringConvertible {
  /// For a person, such as `killed by signal 11 (SIGSEGV)`.
  package var description: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .signaled(let number): "killed by signal \(number) (\(Self.name(number)))"
    }
  }

  private static func name(_ number: Int32) -> String {
    let names = [
      SIGHUP: "SIGHUP", SIGINT: "SIGINT", SIGQUIT: "SIGQUIT", SIGILL: "SIGILL", SIGTRAP: "SIGTRAP",
      SIGABRT: "SIGABRT", SIGBUS: "SIGBUS", SIGFPE: "SIGFPE", SIGKILL: "SIGKILL", SIGUSR1: "SIGUSR1",
      SIGSEGV: "SIGSEGV", SIGUSR2: "SIGUSR2", SIGPIPE: "SIGPIPE", SIGALRM: "SIGALRM", SIGTERM: "SIGTERM",
      SIGSYS: "SIGSYS", SIGXCPU: "SIGXCPU", SIGXFSZ: "SIGXFSZ",
    ]
    return names[number] ?? "unnamed"
  }
}

/// A child of this process, leader of a session and process group of its own.
///
/// It is reaped through its pidfd and nowhere else, so its number can name no other process while
/// `exitStatus` is nil. Any thread may call.
package final class ChildProcess: Sendable {
  /// Process id, also the id of its session and group.
  package let pid: Int32
  /// The pidfd; readable once the process has ended.
  package let pidfd: Descriptor
  private let status = Mutex<ExitStatus?>(nil)

  init(pid: Int32, pidfd: Descriptor) {
    self.pid = pid
    self.pidfd = pidfd
  }

  /// How it ended, or nil while it has not been reaped.
  package var exitStatus: ExitStatus? { status.withLock { $0 } }

  /// Reaps it when it has ended; nil while it runs. Does not wait.
  @discardableResult
  package func reap() -> ExitStatus? {
    status.withLock { status in
      if status != nil { return status }
      var (code, value): (Int32, Int32) = (0, 0)
      let result = try? retrying("waitid") { slipway_waitid_pidfd(pidfd.raw, &code, &value) }
      if result == 1 { status = code == CLD_EXITED ? .exited(value) : .signaled(value) }
      return status
    }
  }

  /// Calls the handler once on the loop thread when the process has ended and was reaped.
  /// - Parameter killingGroup: whether what it left behind in its process group is killed first, while the
  ///   group's number is still its own.
  package func onExit(
    _ reactor: Reactor, killingGroup: Bool = false, _ handler: @escaping @Sendable (ExitStatus) -> Void
  ) throws(SystemError) {
    let watching = Watching()
    let watch = try reactor.watch(pidfd, .read) { [self] _ in
      if killingGroup { signalGroup(SIGKILL) }
      guard let status = reap(), watching.finish() else { return }
      handler(status)
    }
    watching.adopt(watch)
  }

  /// Sends a signal to the process alone; true unless it has ended.
  @discardableResult
  package func signal(_ number: Int32) -> Bool {
    slipway_pidfd_send_signal(pidfd.raw, number) == 0
  }

  /// Sends a signal to its whole process group; false once reaped, when the group's number may be another's.
  @discardableResult
  package func signalGroup(_ number: Int32) -> Bool {
    // The lock keeps `reap` out between the check and the kill.
    status.withLock { $0 == nil && kill(-pid, number) == 0 }
  }
}

/// The watch of an exit that may be seen before `watch` has returned.
private final class Watching: Sendable {
  private let state = Mutex<(watch: Watch?, over: Bool)>((nil, false))

  /// False where the exit was seen before.
  func finish() -> Bool {
    let (watch, first) = state.withLock { state in
      defer { state = (nil, true) }
      return (state.watch, !state.over)
    }
    watch?.cancel()
    return first
  }

  func adopt(_ watch: Watch) {
    let over = state.withLock { state in
      if !state.over { state.watch = watch }
      return state.over
    }
    if over { watch.cancel() }
  }
}
