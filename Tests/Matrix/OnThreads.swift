import Dispatch
import Testing

/// Threads for tests that wait for a real engine's answers: those of Swift's own pool are not to be blocked.
final class Threads: TaskExecutor {
  static let shared = Threads()

  private let queue = DispatchQueue(label: "matrix", attributes: .concurrent)

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}

/// Runs each test of a suite on a thread that may wait.
struct OnThreads: SuiteTrait, TestTrait, TestScoping {
  var isRecursive: Bool { true }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withTaskExecutorPreference(Threads.shared) { try await function() }
  }
}

extension Trait where Self == OnThreads {
  /// Its tests wait for answers on the thread that they run on.
  static var onThreads: OnThreads { OnThreads() }
}
