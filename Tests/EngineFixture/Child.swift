import Foundation
import Glibc
import Synchronization
package import System

/// A program that runs beside the test. Waiting for it suspends the task and blocks no thread.
package final class Child: Sendable {
  /// The reactor on which tests wait.
  package static let reactor: Reactor = {
    do { return try Reactor(name: "tests") } catch { preconditionFailure("no reactor: \(error)") }
  }()

  private let child: ChildProcess
  private let output: AsyncStream<String>
  private let exit: AsyncStream<ExitStatus>

  /// Starts it with a clean environment; what it prints goes to `printed`.
  package init(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], input: Descriptor? = nil
  ) throws {
    let (reader, writer) = try Descriptor.pipe()
    try reader.setNonBlocking()
    child = try SpawnPlan(
      program: .path(program), arguments: [program] + arguments,
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"].merging(environment) { _, new in new },
      descriptors: [1: writer, 2: writer].merging(input.map { [0: $0] } ?? [:]) { _, new in new }
    ).spawn()
    writer.close()
    let (output, text) = AsyncStream<String>.makeStream()
    let (exit, ended) = AsyncStream<ExitStatus>.makeStream()
    (self.output, self.exit) = (output, exit)
    let ear = Mutex<System.Watch?>(nil)
    let watch = try Self.reactor.watch(reader, .read) { _ in
      while let got = try? reader.receive(atMost: 4096) {
        switch got {
        case .bytes(let bytes): text.yield(String(decoding: bytes, as: UTF8.self))
        case .wouldBlock: return
        case .end:
          // A descriptor at its end is ready for ever.
          ear.withLock { $0 }?.cancel()
          return
        }
      }
    }
    ear.withLock { $0 = watch }
    try child.onExit(Self.reactor, killingGroup: true) { status in
      watch.cancel()
      while let got = try? reader.receive(atMost: 4096), case .bytes(let bytes) = got {
        text.yield(String(decoding: bytes, as: UTF8.self))
      }
      text.finish()
      ended.yield(status)
      ended.finish()
    }
  }

  deinit { child.signalGroup(SIGKILL) }

  /// What it printed up to the first piece that holds `mark`, or all of it where it ends first.
  package func printed(until mark: String) async -> String {
    var all = ""
    for await piece in output {
      all += piece
      if all.contains(mark) { break }
    }
    return all
  }

  /// Waits until it has ended.
  @discardableResult
  package func ended() async -> ExitStatus? {
    for await status in exit { return status }
    return nil
  }

  /// Its process id.
  package var pid: Int32 { child.pid }

  /// Sends it a signal.
  package func signal(_ number: Int32) { child.signal(number) }
}
