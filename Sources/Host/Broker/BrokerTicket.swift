import Synchronization

/// A request that was handed to the broker.
package final class BrokerTicket: Sendable {
  /// Unique within the process.
  let id: UInt64
  private let mailbox: BrokerMailbox
  private let wasCancelled = Mutex(false)
  private static let counter = Mutex<UInt64>(0)

  init(mailbox: BrokerMailbox) {
    id = BrokerTicket.counter.withLock {
      $0 += 1
      return $0
    }
    self.mailbox = mailbox
  }

  /// Takes the request back: its result is delivered soon. A read is aborted; what was not sent yet is dropped;
  /// anything else that was sent is finished by the broker and recorded. Any thread; a second time does nothing.
  package func cancel() {
    let isFirst = wasCancelled.withLock { flag in
      defer { flag = true }
      return !flag
    }
    if isFirst { _ = mailbox.post(.cancel(id)) }
  }

  /// Lets the next piece of a paused stream come. Any thread.
  package func resume() { _ = mailbox.post(.resume(id)) }

  /// Whether ``cancel()`` was called.
  var isCancelled: Bool { wasCancelled.withLock { $0 } }
}
