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
    let task = Task { try await body() }
    let fired = Mutex(false)
    return try await withTaskCancellationHandler {
      action.withLock {
        $0 = {
          fired.withLock { $0 = true }
          task.cancel()
        }
      }
      defer { action.withLock { $0 = nil } }
      do { return try await task.value } catch {
        if fired.withLock({ $0 }) { return nil }
        throw error
      }
    } onCancel: {
      task.cancel()
    }
  }
}
