import Synchronization

/// What Ctrl-C does now: end the process, or end a wait.
package final class Interrupt: Sendable {
  private let action = Mutex<(@Sendable () -> Void)?>(nil)

  /// Nothing waits.
  package init() {}

  /// Interrupts the wait; false where nothing waits.
  package func fire() -> Bool {
    guard let action = action.withLock({ $0 }) else { return false }
    action()
    return true
  }

  /// Runs a body that Ctrl-C cancels; nil when it did.
  package func during<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) async throws -> Value? {
    let wait = Wait<Value>()
    // Before the body begins, so that no Ctrl-C is too early.
    action.withLock { $0 = { wait.interrupt() } }
    defer { action.withLock { $0 = nil } }
    let task = Task { try await body() }
    wait.began(task)
    return try await withTaskCancellationHandler {
      do { return try await task.value } catch {
        if wait.isInterrupted { return nil }
        throw error
      }
    } onCancel: {
      task.cancel()
    }
  }
}

/// One wait that can be interrupted before, while and after it runs.
private final class Wait<Value: Sendable>: Sendable {
  private let state = Mutex<(interrupted: Bool, task: Task<Value, any Error>?)>((false, nil))

  var isInterrupted: Bool { state.withLock { $0.interrupted } }

  func began(_ task: Task<Value, any Error>) {
    let late = state.withLock { state in
      state.task = task
      return state.interrupted
    }
    if late { task.cancel() }
  }

  func interrupt() {
    let task = state.withLock { state in
      state.interrupted = true
      return state.task
    }
    task?.cancel()
  }
}
