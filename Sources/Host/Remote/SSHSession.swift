package import RemoteProtocol
package import System

/// Runs slipway-ssh, one process for each run.
package struct SSHSession: Sendable {
  private let reactor: Reactor
  private let program: String
  private let environment: [String: String]

  /// Makes a driver for the program at that path. `environment` is all that it gets of one.
  package init(reactor: Reactor, program: String, environment: [String: String] = [:]) {
    self.reactor = reactor
    self.program = program
    // With an empty name libcrypto reads no configuration file: slipway-ssh opens none at all.
    let fixed = ["OPENSSL_CONF": "", "SWIFT_BACKTRACE": "enable=no", "LANG": "C.UTF-8"]
    self.environment = environment.merging(fixed) { own, _ in own }
  }

  /// Connects, runs, and tells how it ended. Never throws: every way to fail is an ending.
  ///
  /// It returns by the end of the run's timeout; a slipway-ssh that hangs is killed two seconds after that. A task that
  /// is cancelled kills it at once, and the ending is `runnerFailed`.
  package func run(_ run: SSHRun) async -> RemoteResult {
    let deadline = Clock.monotonic() &+ run.timeout.nanoseconds
    let socket: Descriptor
    do {
      socket = try await TCPSocket.connect(run.address, on: reactor, deadline: deadline)
    } catch {
      return RemoteResult(.notConnected("\(run.address): \(error.text)"))
    }
    let exchange = Exchange(run, deadline: deadline, reactor)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        exchange.begin(socket: socket, program: program, environment: environment) {
          continuation.resume(returning: $0)
        }
      }
    } onCancel: {
      exchange.cancel()
    }
  }

  /// Connects, runs, and gives the output away as it comes; tells how it ended, with empty heads.
  ///
  /// `receive` is called with one piece after the other; while it works no more than `streaming.credit` bytes wait in
  /// the host, and then the machine waits. Its answer may end the run at once, as by cancelling, or give the command more
  /// to read, once; only then, and with its own end, its input ends. Never throws.
  package func stream(
    _ run: SSHRun, _ streaming: SSHStreaming, receive: (RemoteStream, [UInt8]) async -> SSHStreaming.Answer
  ) async -> RemoteResult {
    let deadline = Clock.monotonic() &+ run.timeout.nanoseconds
    let socket: Descriptor
    do {
      let login = Clock.monotonic() &+ streaming.login.nanoseconds
      socket = try await TCPSocket.connect(run.address, on: reactor, deadline: min(deadline, login))
    } catch {
      return RemoteResult(.notConnected("\(run.address): \(error.text)"))
    }
    // Holds no more than the credit: the exchange ends a slipway-ssh that sends more.
    let (pieces, feed) = AsyncStream.makeStream(of: (RemoteStream, [UInt8]).self, bufferingPolicy: .unbounded)
    let (ending, end) = AsyncStream.makeStream(of: RemoteResult.self)
    let exchange = Exchange(run, deadline: deadline, reactor, streaming: streaming) { feed.yield(($0, $1)) }
    return await withTaskCancellationHandler {
      exchange.begin(socket: socket, program: program, environment: environment) {
        feed.finish()
        end.yield($0)
        end.finish()
      }
      reading: for await (stream, bytes) in pieces {
        switch await receive(stream, bytes) {
        case .stop:
          exchange.cancel()
          break reading
        case .feed(let input): exchange.feed(input)
        case .goOn: break
        }
        exchange.give(bytes.count)
      }
      // A cancelled task would not wait for the process to be gone.
      return await Task {
        for await result in ending { return result }; return nil
      }.value
        ?? RemoteResult(.runnerFailed("slipway-ssh gave no result"))
    } onCancel: {
      exchange.cancel()
    }
  }
}
