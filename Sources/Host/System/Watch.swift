import CLinux
import Glibc

/// What a watch waits for.
package struct Interest: OptionSet, Sendable, Hashable {
  /// Bits of epoll_ctl(2).
  package let rawValue: UInt32
  /// Makes a set of those bits.
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Bytes, a connection or an end of file can be read.
  package static let read = Interest(rawValue: EPOLLIN.rawValue)
  /// Bytes can be written.
  package static let write = Interest(rawValue: EPOLLOUT.rawValue)
}

/// What a descriptor is ready for.
package struct Readiness: OptionSet, Sendable, Hashable {
  /// Bits of epoll_wait(2).
  package let rawValue: UInt32
  /// Makes a set of those bits.
  package init(rawValue: UInt32) { self.rawValue = rawValue }
  /// Bytes, a connection or an end of file can be read.
  package static let read = Readiness(rawValue: EPOLLIN.rawValue)
  /// Bytes can be written.
  package static let write = Readiness(rawValue: EPOLLOUT.rawValue)
  /// The other side has gone; what it sent before can still be read.
  package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)
  /// The descriptor has an error, which the next call on it reports.
  package static let error = Readiness(rawValue: EPOLLERR.rawValue)
}

/// One descriptor that a reactor watches, until cancelled.
package final class Watch: Sendable {
  let id: UInt64
  let descriptor: Descriptor
  let handler: @Sendable (Readiness) -> Void
  private let reactor: Reactor

  init(id: UInt64, reactor: Reactor, descriptor: Descriptor, handler: @escaping @Sendable (Readiness) -> Void) {
    self.id = id
    self.reactor = reactor
    self.descriptor = descriptor
    self.handler = handler
  }

  /// Changes what is waited for; an empty set still reports hang-up and error. Nothing once cancelled.
  package func update(_ interest: Interest) throws(SystemError) { try reactor.update(self, interest) }

  /// Ends it and lets the descriptor go without closing it; later calls do nothing.
  ///
  /// On the loop thread the handler is not called again after this; from another thread it may be running just now.
  package func cancel() { reactor.cancel(self) }
}

/// One closure that waits for its time on a reactor.
package struct ReactorTimer: Sendable {
  let id: UInt64
  let reactor: Reactor

  /// Forgets it; false where it has run, is about to, or was cancelled before.
  @discardableResult
  package func cancel() -> Bool { reactor.cancelTimer(id) }
}
