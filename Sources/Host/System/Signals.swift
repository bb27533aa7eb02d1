import CLinux
import Glibc

/// Signals of the process, read as events on a reactor instead of interrupting it.
package enum Signals {
  /// Blocks SIGTERM, SIGINT and SIGHUP in the calling thread and in those it starts later, and ignores SIGPIPE.
  ///
  /// Call first thing in main, before any other thread exists. Children are not affected: `ChildProcess`
  /// gives them an empty mask and default dispositions.
  package static func block() throws(SystemError) {
    var set = handled()
    let code = pthread_sigmask(SIG_BLOCK, &set, nil)
    if code != 0 { throw SystemError("pthread_sigmask", code: code) }
    signal(SIGPIPE, SIG_IGN)
  }

  /// Calls the handler with the number of each blocked signal that arrives, on the loop thread.
  ///
  /// Ends when the watch is cancelled.
  package static func watch(
    on reactor: Reactor, _ handler: @escaping @Sendable (Int32) -> Void
  ) throws(SystemError) -> Watch {
    var set = handled()
    let descriptor = Descriptor(
      owning: try retrying("signalfd") { signalfd(-1, &set, Int32(SFD_CLOEXEC | SFD_NONBLOCK)) })
    return try reactor.watch(descriptor, .read) { _ in
      while case .bytes(let record)? = try? descriptor.receive(atMost: MemoryLayout<signalfd_siginfo>.size),
        record.count == MemoryLayout<signalfd_siginfo>.size
      {
        // ssi_signo is the record's first member, u32 in the machine's order: signalfd(2).
        let number = record.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        handler(Int32(truncatingIfNeeded: number))
      }
    }
  }

  private static func handled() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&set, number) }
    return set
  }
}
