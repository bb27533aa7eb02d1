import Control
import Core
import Model
import Synchronization

/// Those who wait for changes of a resource. A slow one misses what lies between the first and the newest event.
package final class Watchers: Sendable {
  private struct Watcher {
    var door: AsyncStream<ResourceEvent>.Continuation
    var stays: Bool
  }

  private typealias Waiting = [UInt64: Watcher]

  private struct State {
    var serial: UInt64 = 0
    var waiting: [ULID: Waiting] = [:]
  }

  private let state = Mutex(State())

  /// Makes an empty set.
  package init() {}

  /// A stream of a resource's changes from now on. It ends when the resource rests (with `staying`, when it has
  /// ended for good), or when nobody reads it.
  func add(_ id: ULID, staying: Bool) -> (
    stream: AsyncStream<ResourceEvent>, first: AsyncStream<ResourceEvent>.Continuation
  ) {
    let (stream, continuation) = AsyncStream<ResourceEvent>.makeStream(bufferingPolicy: .bufferingNewest(64))
    let serial = state.withLock { state in
      state.serial += 1
      state.waiting[id, default: [:]][state.serial] = Watcher(door: continuation, stays: staying)
      return state.serial
    }
    continuation.onTermination = { [weak self] _ in self?.remove(id, serial) }
    return (stream, continuation)
  }

  private func remove(_ id: ULID, _ serial: UInt64) {
    state.withLock { state in
      state.waiting[id]?[serial] = nil
      if state.waiting[id]?.isEmpty == true { state.waiting[id] = nil }
    }
  }

  /// Tells everybody who watches this resource.
  func tell(_ id: ULID, _ event: ResourceEvent, isFinal: Bool) {
    let watchers = state.withLock { Array(($0.waiting[id] ?? [:]).values) }
    for watcher in watchers {
      watcher.door.yield(event)
      if event.resting && (!watcher.stays || isFinal) { watcher.door.finish() }
    }
  }

  /// Whether anybody watches this resource.
  func isWatched(_ id: ULID) -> Bool { state.withLock { $0.waiting[id] != nil } }
}
