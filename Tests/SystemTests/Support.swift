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
  private let stream: AsyncStream<Value>
  private let input: AsyncStream<Value>.Continuation

  init() { (stream, input) = AsyncStream.makeStream() }

  func put(_ value: Value) { input.yield(value) }

  /// The next value, or nil when none came in ten seconds.
  func next(on reactor: Reactor) async -> Value? {
    let timer = reactor.schedule(after: .seconds(10)) { [input] in input.finish() }
    defer { timer.cancel() }
    var iterator = stream.makeAsyncIterator()
    return await iterator.next()
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
