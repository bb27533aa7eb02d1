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
}
