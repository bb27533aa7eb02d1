import CCurl
import Glibc

/// Carries notices to offerings' owners: one attempt a call, on a thread of its own; who calls bounds how many.
package struct Courier: Sendable {
  private let timeoutMs: Int

  /// Makes a courier whose attempts last at most `timeoutMs`, 1 ... 600,000.
  package init(timeoutMs: Int = 30_000) {
    self.timeoutMs = min(max(timeoutMs, 1), 600_000)
    curl_global_init(Int(CURL_GLOBAL_ALL))
  }

  /// Posts to a webhook, once. Redirects are not followed; the answer's body is thrown away.
  package func deliver(_ post: WebhookPost) async -> CourierResult { await carry(.post(post)) }

  /// Sends a mail, once.
  package func deliver(_ mail: MailMessage, by server: MailServer) async -> CourierResult {
    await carry(.mail(mail, server))
  }

  /// One thread's work. Owned by the thread, which alone calls it.
  private final class Job: Sendable {
    let transfer: CourierTransfer
    let continuation: CheckedContinuation<CourierResult, Never>

    init(_ transfer: CourierTransfer, _ continuation: CheckedContinuation<CourierResult, Never>) {
      self.transfer = transfer
      self.continuation = continuation
    }
  }

  private func carry(_ load: CourierTransfer.Load) async -> CourierResult {
    let transfer = CourierTransfer(load, timeoutMs: timeoutMs)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { Courier.start(Job(transfer, $0)) }
    } onCancel: {
      transfer.cancel()
    }
  }

  /// As the broker's thread: detached, every signal blocked (a TLS write to a closed connection raises SIGPIPE).
  private static func start(_ job: Job) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 512 << 10)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    // Retained for the thread, which lets go of it at its end.
    let context = Unmanaged.passRetained(job)
    var thread = pthread_t()
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        let job = Unmanaged<Job>.fromOpaque(context).takeRetainedValue()
        job.continuation.resume(returning: job.transfer.run())
        return nil
      }, context.toOpaque())
    if code != 0 {
      context.release()
      job.continuation.resume(returning: .again("no thread (error \(code))"))
    }
  }
}
