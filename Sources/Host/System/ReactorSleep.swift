import Synchronization

extension Reactor {
  /// Suspends the task until the time of `Clock.monotonic`, or until it is cancelled.
  /// - Throws: CancellationError at once when the task is cancelled.
  package func sleep(until deadline: UInt64) async throws {
    let sleeper = Sleeper()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        if sleeper.begin(continuation) {
          let timer = schedule(at: deadline) { sleeper.end(cancelled: false) }
          sleeper.adopt(timer)
        }
      }
    } onCancel: {
      sleeper.end(cancelled: true)
    }
  }

  /// As `sleep(until:)`, counted from now.
  package func sleep(for duration: Duration) async throws {
    let (deadline, overflow) = Clock.monotonic().addingReportingOverflow(duration.nanoseconds)
    try await sleep(until: overflow ? .max : deadline)
  }
}

/// The race between a timer and a cancellation: whichever is first resumes the sleeper, once.
private final class Sleeper: Sendable {
  private enum State {
    case fresh
    case asleep(CheckedContinuation<Void, any Error>, ReactorTimer?)
    case over
  }

  private let state = Mutex(State.fresh)

  /// False where the task was cancelled before it slept; then the continuation has been resumed.
  func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
    let fresh = state.withLock { state in
      guard case .fresh = state else { return false }
      state = .asleep(continuation, nil)
      return true
    }
    if !fresh { continuation.resume(throwing: CancellationError()) }
    return fresh
  }

  func adopt(_ timer: ReactorTimer) {
    let late = state.withLock { state in
      guard case .asleep(let continuation, _) = state else { return true }
      state = .asleep(continuation, timer)
      return false
    }
    if late { timer.cancel() }
  }

  func end(cancelled: Bool) {
    let before = state.withLock { state in
      let before = state
      state = .over
      return before
    }
    guard case .asleep(let continuation, let timer) = before else { return }
    timer?.cancel()
    if cancelled { continuation.resume(throwing: CancellationError()) } else { continuation.resume() }
  }
}
