import Synchronization

/// Those who wait for changes of any plugin. A slow one misses what lies between two looks.
package final class PluginWatchers: Sendable {
  private struct State {
    var serial: UInt64 = 0
    var doors: [UInt64: AsyncStream<Void>.Continuation] = [:]
  }

  private let state = Mutex(State())

  /// Makes an empty set.
  package init() {}

  /// Beats once now, and after every change, until nobody reads it. Changes that come quickly are one beat.
  func add() -> AsyncStream<Void> {
    let (stream, door) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    let serial = state.withLock { state in
      state.serial += 1
      state.doors[state.serial] = door
      return state.serial
    }
    door.onTermination = { [weak self] _ in self?.state.withLock { $0.doors[serial] = nil } }
    door.yield()
    return stream
  }

  /// Tells everybody that a plugin has changed; from any thread.
  package func tell() {
    for door in state.withLock({ Array($0.doors.values) }) { door.yield() }
  }
}

/// One reader's beats.
actor PluginBeats {
  private var beats: AsyncStream<Void>.Iterator

  init(_ stream: AsyncStream<Void>) { beats = stream.makeAsyncIterator() }

  /// Waits for the next beat; false: there is none any more.
  func next() async -> Bool {
    var iterator = beats
    defer { beats = iterator }
    return await iterator.next(isolation: self) != nil
  }
}
