import Broker
import Core
import Model
import Synchronization

/// What the broker did for one call of a plugin: the evidence by which a create is judged.
final class CallEvidence: Sendable {
  private struct OnWire: Hashable {
    var path: String
    var started: Int64
  }

  private struct State {
    var requests = 0
    var undelivered = 0
    var mutations: [MutationEvidence] = []
    var onWire: Set<OnWire> = []
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// A mutation was handed to the broker.
  func began() { state.withLock { $0.undelivered += 1 } }

  /// The broker told the caller how a request ended.
  func delivered(_ result: BrokerResult, method: String, path: String, isMutation: Bool) {
    let waiter = state.withLock { state in
      switch result.outcome {
      case .notSent: break
      case .answered(let answer):
        if !answer.fromCache { state.requests += 1 }
      case .sentNoAnswer: state.requests += 1
      }
      guard isMutation else { return nil as CheckedContinuation<Void, Never>? }
      state.undelivered -= 1
      if result.times.isOnWire {
        // The caller gave up; the broker finishes it, and its record says how and when it ended.
        state.onWire.insert(OnWire(path: path, started: result.times.startedMonotonicMs))
      } else if let reach = Self.reach(result.outcome) {
        state.mutations.append(
          MutationEvidence(
            reach: reach, leftAt: Instant(ms: result.times.endedWallMs ?? result.times.startedWallMs),
            isDelete: method == "DELETE"))
      }
      return Self.takeWaiter(&state)
    }
    waiter?.resume()
  }

  /// The broker finished a mutation; a second word on one that was delivered changes nothing.
  func recorded(_ record: BrokerRecord) {
    let waiter = state.withLock { state in
      let key = OnWire(path: record.path, started: record.times.startedMonotonicMs)
      guard state.onWire.remove(key) != nil else { return nil as CheckedContinuation<Void, Never>? }
      let reach: MutationEvidence.Reach =
        switch record.ending {
        case .notSent: .notSent
        case .sentNoAnswer: .sentNoAnswer
        case .answered: .answered(record.status ?? 500)
        }
      state.mutations.append(
        MutationEvidence(
          reach: reach, leftAt: Instant(ms: record.times.endedWallMs ?? record.times.startedWallMs),
          isDelete: record.method == .delete))
      return Self.takeWaiter(&state)
    }
    waiter?.resume()
  }

  /// Waits until nothing of the call is on the wire any more; the broker bounds that.
  func settled() async {
    await withCheckedContinuation { continuation in
      let isSettled = state.withLock { state in
        if state.undelivered == 0 && state.onWire.isEmpty { return true }
        state.waiter = continuation
        return false
      }
      if isSettled { continuation.resume() }
    }
  }

  /// Requests that changed something, and how many requests reached the network.
  var found: (mutations: [MutationEvidence], requests: Int) { state.withLock { ($0.mutations, $0.requests) } }

  private static func takeWaiter(_ state: inout State) -> CheckedContinuation<Void, Never>? {
    guard state.undelivered == 0, state.onWire.isEmpty else { return nil }
    defer { state.waiter = nil }
    return state.waiter
  }

  private static func reach(_ outcome: BrokerOutcome) -> MutationEvidence.Reach? {
    switch outcome {
    case .notSent: nil
    case .sentNoAnswer: .sentNoAnswer
    case .answered(let answer): .answered(answer.status)
    }
  }
}
