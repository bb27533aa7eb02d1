import Foundation
import Plugins
import Synchronization
import System
import Testing

/// Random numbers from a seed.
struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// A directory of its own for one test.
func temporaryDirectory() throws -> String {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// A value that changes on other threads, and whoever waits for it to become what it should.
final class Watched<Value: Sendable>: Sendable {
  private struct State {
    var value: Value
    var waiting: [(id: Int, test: @Sendable (Value) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []
    var next = 0
  }

  private let state: Mutex<State>
  private let reactor: Reactor

  init(_ value: Value, on reactor: Reactor) {
    state = Mutex(State(value: value))
    self.reactor = reactor
  }

  var value: Value { state.withLock { $0.value } }

  func change(_ change: (inout sending Value) -> Void) {
    let met = state.withLock { state in
      change(&state.value)
      let value = state.value
      let met = state.waiting.filter { $0.test(value) }
      state.waiting.removeAll { waiting in met.contains { $0.id == waiting.id } }
      return met.map(\.continuation)
    }
    for continuation in met { continuation.resume(returning: true) }
  }

  /// Waits until the value passes the test; false after ten seconds.
  func becomes(_ test: @escaping @Sendable (Value) -> Bool) async -> Bool {
    await withCheckedContinuation { continuation in
      let id: Int? = state.withLock { state in
        if test(state.value) { return nil }
        state.next += 1
        state.waiting.append((state.next, test, continuation))
        return state.next
      }
      guard let id else { return continuation.resume(returning: true) }
      reactor.schedule(after: .seconds(10)) { [self] in
        let late = state.withLock { state in
          let late = state.waiting.first { $0.id == id }?.continuation
          state.waiting.removeAll { $0.id == id }
          return late
        }
        late?.resume(returning: false)
      }
    }
  }
}
