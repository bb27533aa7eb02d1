import Foundation
import Glibc
import HTTP
import System
import Testing

/// `slipway-sim` in a process of its own; it ends with the value at the latest.
final class RunningSimulator: Sendable {
  /// Port that it listens on.
  let port: UInt16
  /// What it printed first.
  let greeting: String
  /// Its process id.
  var pid: Int32 { child.pid }
  private let child: ChildProcess
  private let ending: AsyncStream<Void>

  /// Starts it for a cloud and waits until it answers.
  init(_ arguments: [String], on reactor: Reactor) async throws {
    let program = try #require(Installed.simulator, "slipway-sim is not built").path
    let (read, write) = try Descriptor.pipe()
    let plan = SpawnPlan(
      program: .path(program), arguments: ["slipway-sim"] + arguments + ["--print-address"],
      environment: ["PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
      descriptors: [1: write, 2: write])
    child = try plan.spawn()
    write.close()
    let (stream, continuation) = AsyncStream<Void>.makeStream()
    ending = stream
    try child.onExit(reactor, killingGroup: true) { _ in continuation.finish() }
    greeting = await RunningSimulator.line(read)
    let url = greeting.split(separator: " ").last.flatMap { URL(string: String($0)) }
    guard let port = url?.port else {
      child.signal(SIGKILL)
      throw Silent(said: greeting)
    }
    self.port = UInt16(port)
  }

  deinit { child.signal(SIGKILL) }

  /// It did not say where it listens.
  struct Silent: Error {
    let said: String
  }

  /// Ends it by a signal and waits until it has ended.
  func end(_ signal: Int32 = SIGTERM) async {
    child.signal(signal)
    for await _ in ending {}
  }

  /// The first line that comes, read on a thread that may wait.
  private static func line(_ descriptor: Descriptor) async -> String {
    await withCheckedContinuation { continuation in
      Thread {
        var line: [UInt8] = []
        var byte: UInt8 = 0
        while line.last != UInt8(ascii: "\n"), Glibc.read(descriptor.raw, &byte, 1) == 1 { line.append(byte) }
        descriptor.close()
        continuation.resume(returning: String(decoding: line.dropLast(), as: UTF8.self))
      }.start()
    }
  }
}
