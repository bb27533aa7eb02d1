import CCurl
import Glibc

/// Performs the plugins' HTTP requests: holds the credentials, keeps to what the operator approved, and knows what left
/// the machine. One thread, one libcurl multi handle; asleep while nothing is under way.
package final class HTTPBroker: Sendable {
  private let mailbox = BrokerMailbox()

  /// Starts the broker's thread.
  package init(
    configuration: BrokerConfiguration = BrokerConfiguration(),
    hooks: BrokerHooks = BrokerHooks(),
    clock: BrokerClock = .system
  ) throws(BrokerStartError) {
    guard HTTPBroker.isLibraryReady else { throw BrokerStartError("libcurl could not be initialised") }
    guard let multi = curl_multi_init() else { throw BrokerStartError("libcurl has no memory for its multi handle") }
    let loop = BrokerLoop(
      multi: multi, limits: configuration.clamped, hooks: hooks, clock: clock, mailbox: mailbox)
    mailbox.open(multi: multi)
    do {
      try BrokerThread.start(loop)
    } catch {
      _ = mailbox.end()
      curl_multi_cleanup(multi)
      throw error
    }
  }

  deinit { _ = mailbox.post(.close(ended: {})) }

  /// Checks and sends a request. `deliver` is called exactly once, on the broker's thread (or on the caller's, where the
  /// broker is closed), and must not block. With a receiver the body of a 2xx answer goes there, in pieces, before.
  @discardableResult
  package func send(
    _ request: BrokerRequest,
    receiver: (any BrokerReceiver)? = nil,
    deliver: @escaping @Sendable (BrokerResult) -> Void
  ) -> BrokerTicket {
    let ticket = BrokerTicket(mailbox: mailbox)
    submit(request, receiver: receiver, ticket: ticket, deliver: deliver)
    return ticket
  }

  /// Checks and sends a request and waits for its result. Cancelling the task cancels the request, as
  /// ``BrokerTicket/cancel()`` says.
  package func send(_ request: BrokerRequest, receiver: (any BrokerReceiver)? = nil) async -> BrokerResult {
    let ticket = BrokerTicket(mailbox: mailbox)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        submit(request, receiver: receiver, ticket: ticket) { continuation.resume(returning: $0) }
      }
    } onCancel: {
      ticket.cancel()
    }
  }

  /// Drops the account's cached catalog answers: after a change of its credential or settings.
  package func forgetCatalog(of account: String) { _ = mailbox.post(.forget(account: account)) }

  /// Takes no more requests, drops reads and what was not sent, and returns when the last of the others has ended and
  /// been recorded: after the longest of their times on the wire at most.
  package func close() async {
    await withCheckedContinuation { continuation in
      if !mailbox.post(.close(ended: { continuation.resume() })) { continuation.resume() }
    }
  }

  private func submit(
    _ request: BrokerRequest, receiver: (any BrokerReceiver)?, ticket: BrokerTicket,
    deliver: @escaping @Sendable (BrokerResult) -> Void
  ) {
    let checked = Result { () throws(BrokerRefusal) in try RequestRules.check(request) }
    let submission = BrokerSubmission(request: checked, receiver: receiver, ticket: ticket, deliver: deliver)
    if mailbox.post(.submit(submission)) { return }
    let clock = BrokerClock.system
    let times = BrokerTimes(startedMonotonicMs: clock.monotonicMs(), startedWallMs: clock.wallMs())
    deliver(BrokerResult(outcome: .notSent(NotSent(.closing, "the host is shutting down")), times: times))
  }

  /// libcurl's global state, made once in the process.
  private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}

/// Why the broker could not start.
package struct BrokerStartError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One sentence.
  package let description: String

  init(_ description: String) { self.description = "the HTTP broker cannot start: \(description)" }
}
