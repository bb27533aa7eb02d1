import Foundation
import Synchronization
import System

/// A directory of its own for one test.
func temporaryDirectory() throws -> String {
  let path = FileManager.default.temporaryDirectory.appendingPathComponent("slipway-\(UUID().uuidString)").path
  try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  return path
}

/// Values that arrive from other threads, awaited with a deadline.
final class Mailbox<Value: Sendable>: Sendable {
  private struct State {
    var values: [Value] = []
    var waiting: CheckedContinuation<Value?, Never>?
  }

  private let state = Mutex(State())

  func put(_ value: Value) {
    let waiting = state.withLock { state in
      defer { state.waiting = nil }
      if state.waiting == nil { state.values.append(value) }
      return state.waiting
    }
    waiting?.resume(returning: value)
  }

  /// The next value, or nil when none came in ten seconds; one waiter at a time.
  func next(on reactor: Reactor) async -> Value? {
    let timer = reactor.schedule(after: .seconds(10)) { [self] in
      state.withLock { state in
        defer { state.waiting = nil }
        return state.waiting
      }?.resume(returning: nil)
    }
    defer { timer.cancel() }
    return await withCheckedContinuation { continuation in
      let value: Value? = state.withLock { state in
        if !state.values.isEmpty { return state.values.removeFirst() }
        state.waiting = continuation
        return nil
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}

/// Reads a descriptor to its end on the reactor.
func readAll(_ descriptor: Descriptor, on reactor: Reactor) async throws -> String {
  try descriptor.setNonBlocking()
  let pieces = Mailbox<[UInt8]?>()
  let watch = try reactor.watch(descriptor, .read) { _ in
    switch try? descriptor.receive(atMost: 4096) {
    case .bytes(let bytes): pieces.put(bytes)
    case .wouldBlock: break
    case .end, nil: pieces.put(nil)
    }
  }
  defer { watch.cancel() }
  var all: [UInt8] = []
  while let piece = await pieces.next(on: reactor), let bytes = piece { all += bytes }
  return String(decoding: all, as: UTF8.self)
}

/// Runs a program and gives what it wrote to its standard output, and how it ended.
func run(
  _ program: Program, _ arguments: [String], environment: [String: String] = [:],
  descriptors: [Int32: Descriptor] = [:], on reactor: Reactor
) async throws -> (output: String, status: System.ExitStatus?) {
  let (reader, writer) = try Descriptor.pipe()
  var all = descriptors
  all[1] = writer
  let child = try SpawnPlan(
    program: program, arguments: arguments, environment: environment, descriptors: all
  ).spawn()
  writer.close()
  let exits = Mailbox<System.ExitStatus>()
  try child.onExit(reactor) { exits.put($0) }
  let output = try await readAll(reader, on: reactor)
  return (output, await exits.next(on: reactor))
}
