import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors, timers and submitted work, and runs them one at a time.
///
/// It is also a serial executor: an actor whose `unownedExecutor` is the reactor's is confined to the
/// loop thread, and handlers may enter it with `assumeIsolated`. Nothing that runs here may block.
/// It is no task executor: a job run as one's leaves its actor at every await, so that a check and the continuation
/// that follows it would no longer be one step. An idle reactor sleeps until its next timer, without periodic wake-ups.
///
/// `@unchecked Sendable`: `state` is guarded by its mutex; `epoll` and `wake` never change; `thread` is
/// written once, under `state`'s mutex, before `init` returns.
package final class Reactor: SerialExecutor, @unchecked Sendable {
  private enum Work {
    case closure(@Sendable () -> Void)
    case job(UnownedJob)
  }

  private struct State {
    var work: [Work] = []
    /// Work for the end of the turn.
    var last: [@Sendable () -> Void] = []
    var timers = TimerHeap<@Sendable () -> Void>()
    var watches: [UInt64: Watch] = [:]
    var nextWatch: UInt64 = 1
    var stopping = false
    var wakeups: UInt64 = 0
  }

  private let state = Mutex(State())
  private let epoll: Descriptor
  private let wake: Descriptor
  private var thread = pthread_t()

  /// Starts the loop thread; `name` is shown by ps -L, at most 15 bytes.
  package init(name: String = "reactor") throws(SystemError) {
    epoll = Descriptor(owning: try retrying("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    wake = Descriptor(
      owning: try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK)) })
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(u64: 0))
    let (loop, bell) = (epoll.raw, wake.raw)
    _ = try retrying("epoll_ctl") { epoll_ctl(loop, EPOLL_CTL_ADD, bell, &event) }
    // The thread owns one reference until `stop`; it takes no signal, so that none runs here.
    let owned = Unmanaged.passRetained(self).toOpaque()
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    let code = state.withLock { _ in
      pthread_create(
        &thread, nil,
        { pointer in
          if let pointer { Unmanaged<Reactor>.fromOpaque(pointer).takeRetainedValue().run() }
          return nil
        }, owned)
    }
    pthread_sigmask(SIG_SETMASK, &before, nil)
    if code != 0 {
      Unmanaged<Reactor>.fromOpaque(owned).release()
      throw SystemError("pthread_create", code: code)
    }
    pthread_setname_np(thread, String(name.prefix(15)))
  }

  /// Whether the caller runs on the loop thread.
  package var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }

  /// How often the loop has woken since it began; for the proof that idle costs nothing.
  package var wakeups: UInt64 { state.withLock { $0.wakeups } }

  // MARK: Watching

  /// Calls the handler on the loop thread whenever the descriptor is ready (level triggered).
  ///
  /// Hang-up and error are always reported. The reactor keeps the descriptor and the handler until `Watch.cancel`.
  package func watch(
    _ descriptor: Descriptor, _ interest: Interest, _ handler: @escaping @Sendable (Readiness) -> Void
  ) throws(SystemError) -> Watch {
    let watch = state.withLock { state in
      let watch = Watch(id: state.nextWatch, reactor: self, descriptor: descriptor, handler: handler)
      state.nextWatch += 1
      state.watches[watch.id] = watch
      return watch
    }
    do throws(SystemError) {
      try control(watch, EPOLL_CTL_ADD, interest)
    } catch {
      state.withLock { _ = $0.watches.removeValue(forKey: watch.id) }
      throw error
    }
    return watch
  }

  func update(_ watch: Watch, _ interest: Interest) throws(SystemError) {
    if state.withLock({ $0.watches[watch.id] == nil }) { return }
    try control(watch, EPOLL_CTL_MOD, interest)
  }

  func cancel(_ watch: Watch) {
    let removed = state.withLock { $0.watches.removeValue(forKey: watch.id) }
    // EBADF: the owner closed it first, which removed it from the set as well.
    if removed != nil { try? control(watch, EPOLL_CTL_DEL, []) }
  }

  private func control(_ watch: Watch, _ operation: Int32, _ interest: Interest) throws(SystemError) {
    var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: watch.id))
    let (loop, number) = (epoll.raw, watch.descriptor.raw)
    _ = try retrying("epoll_ctl") { epoll_ctl(loop, operation, number, &event) }
  }

  // MARK: Work and timers

  /// Runs the closure on the loop thread, after what was submitted before; from any thread.
  package func submit(_ work: @escaping @Sendable () -> Void) { add(.closure(work)) }

  /// Runs the closure when nothing else is left to do in this turn of the loop; on the loop thread only.
  package func submitLast(_ work: @escaping @Sendable () -> Void) { state.withLock { $0.last.append(work) } }

  /// Runs a job of an actor that lives on this reactor; called by the Swift runtime.
  package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

  /// Stops the program unless it runs on the loop thread; called by the Swift runtime for `assumeIsolated`.
  package func checkIsolated() { precondition(isCurrent, "not on the reactor's thread") }

  /// Runs the closure on the loop thread at a time of `Clock.monotonic`, or as soon as it can when that has passed.
  @discardableResult
  package func schedule(at deadline: UInt64, _ work: @escaping @Sendable () -> Void) -> ReactorTimer {
    let (id, earliest) = state.withLock { state in
      let before = state.timers.next()
      return (state.timers.insert(work, deadline: deadline), before.map { deadline < $0 } ?? true)
    }
    if earliest, !isCurrent { ring() }
    return ReactorTimer(id: id, reactor: self)
  }

  /// As `schedule(at:)`, counted from now.
  @discardableResult
  package func schedule(after delay: Duration, _ work: @escaping @Sendable () -> Void) -> ReactorTimer {
    let (deadline, overflow) = Clock.monotonic().addingReportingOverflow(delay.nanoseconds)
    return schedule(at: overflow ? .max : deadline, work)
  }

  func cancelTimer(_ id: UInt64) -> Bool { state.withLock { $0.timers.remove(id) } }

  private func add(_ item: Work) {
    let first = state.withLock { state in
      state.work.append(item)
      return state.work.count == 1
    }
    if first, !isCurrent { ring() }
  }

  private func ring() {
    var one: UInt64 = 1
    let number = wake.raw
    // Fails only when the counter is full, and then the loop is awake already.
    _ = withUnsafeBytes(of: &one) { write(number, $0.baseAddress, $0.count) }
  }

  // MARK: Loop

  /// Ends the loop after the work already submitted; from another thread it waits for that.
  ///
  /// Watches and timers that are left never run. Call it only when no actor uses the executor any more.
  package func stop() {
    state.withLock { $0.stopping = true }
    ring()
    if isCurrent { pthread_detach(thread) } else { pthread_join(thread, nil) }
  }

  private func run() {
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    let loop = epoll.raw
    while true {
      repeat {
        while let work = takeWork() { for item in work { perform(item) } }
      } while runLast()
      // Asked together: work that was submitted before the stop is never left behind.
      let (deadline, isDone) = state.withLock {
        ($0.timers.next(), $0.stopping && $0.work.isEmpty && $0.last.isEmpty)
      }
      if isDone { break }
      let ready = Int(epoll_wait(loop, &events, Int32(events.count), Self.timeout(deadline)))
      state.withLock { $0.wakeups += 1 }
      for event in events.prefix(max(0, ready)) { dispatch(event) }
      let now = Clock.monotonic()
      while let due = state.withLock({ $0.timers.popDue(at: now) }) { due() }
    }
    state.withLock { $0.watches.removeAll() }
  }

  private func takeWork() -> [Work]? {
    state.withLock { state in
      if state.work.isEmpty { return nil }
      let work = state.work
      state.work = []
      return work
    }
  }

  /// Runs what waited for the end of the turn; whether there was any.
  private func runLast() -> Bool {
    let last = state.withLock { state in
      defer { state.last = [] }
      return state.last
    }
    for work in last { work() }
    return !last.isEmpty
  }

  private func perform(_ work: Work) {
    switch work {
    case .closure(let closure): closure()
    case .job(let job): job.runSynchronously(on: asUnownedSerialExecutor())
    }
  }

  private func dispatch(_ event: epoll_event) {
    if event.data.u64 == 0 {
      var count: UInt64 = 0
      _ = withUnsafeMutableBytes(of: &count) { read(wake.raw, $0.baseAddress, $0.count) }
      return
    }
    // A handler earlier in this round may have cancelled this watch; then it is not called.
    let watch = state.withLock { $0.watches[event.data.u64] }
    watch?.handler(Readiness(rawValue: event.events))
  }

  /// Milliseconds for epoll_wait, rounded up so that a timer is due when it returns; -1 for ever.
  private static func timeout(_ deadline: UInt64?) -> Int32 {
    guard let deadline else { return -1 }
    let now = Clock.monotonic()
    if deadline <= now { return 0 }
    let milliseconds = (deadline - now) / 1_000_000 + 1
    return milliseconds > 3_600_000 ? 3_600_000 : Int32(milliseconds)
  }
}
