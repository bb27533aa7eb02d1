import CCurl
import Synchronization

/// What the broker's thread is asked to do.
enum BrokerCommand {
  case submit(BrokerSubmission)
  case cancel(UInt64)
  case resume(UInt64)
  case forget(account: String)
  case close(ended: @Sendable () -> Void)
}

/// One request on its way to the broker's thread.
struct BrokerSubmission: Sendable {
  /// The request, or why it was refused.
  let request: Result<CheckedRequest, BrokerRefusal>
  let receiver: (any BrokerReceiver)?
  let ticket: BrokerTicket
  let deliver: @Sendable (BrokerResult) -> Void
}

/// Commands for the broker's thread, and the way to wake it.
final class BrokerMailbox: Sendable {
  private struct State {
    var commands: [BrokerCommand] = []
    /// The multi handle to wake; nil before the thread runs and after it has ended.
    var multi: UnsafeMutableRawPointer?
    var hasEnded = false
  }

  private let state = Mutex(State())

  /// Lets commands wake the thread that polls this multi handle.
  func open(multi: UnsafeMutableRawPointer) {
    // The address is only a number until wakeup uses it, under the lock and before close() takes it away.
    let address = UInt(bitPattern: multi)
    state.withLock { $0.multi = UnsafeMutableRawPointer(bitPattern: address) }
  }

  /// Hands a command over; false where the thread has ended. Any thread; never blocks for long.
  func post(_ command: BrokerCommand) -> Bool {
    state.withLock { state in
      guard !state.hasEnded else { return false }
      state.commands.append(command)
      // curl_multi_wakeup may be called from any thread while the handle lives.
      if let multi = state.multi { curl_multi_wakeup(multi) }
      return true
    }
  }

  /// Takes all commands, in order.
  func drain() -> [BrokerCommand] {
    state.withLock { state in
      defer { state.commands = [] }
      return state.commands
    }
  }

  /// Refuses commands from now on, and returns those that came too late.
  func end() -> [BrokerCommand] {
    state.withLock { state in
      state.hasEnded = true
      state.multi = nil
      defer { state.commands = [] }
      return state.commands
    }
  }
}
