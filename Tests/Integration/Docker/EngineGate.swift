import HTTP
import Synchronization
import System

/// A socket in front of an engine's, on which a test can stop one request on its way.
final class EngineGate: Sendable {
  /// Where the request stands while it is held.
  enum Side: String, Sendable, CaseIterable {
    /// The engine has not seen it.
    case before
    /// The engine has done it; its answer is not out.
    case after
  }

  /// The gate's own socket.
  let socket: String
  private let server: HTTPServer
  private let holds: Holds

  /// Opens a gate in a folder.
  init(_ engine: Engine, in folder: String) throws {
    socket = "\(folder)/engine.sock"
    let client = HTTPClient(.unix(path: engine.socket), on: Child.reactor)
    let holds = Holds()
    self.holds = holds
    let options = HTTPServerOptions(limits: HTTPLimits(body: 16 << 20))
    server = try HTTPServer(.unix(path: socket), on: Child.reactor, options: options) { request, _ in
      let hold = holds.take(request)
      if hold?.side == .before, await hold?.pass() == false { return .abort() }
      guard let answer = try? await client.send(request, timeout: .seconds(60)) else { return .abort() }
      if hold?.side == .after, await hold?.pass() == false { return .abort() }
      return .whole(answer)
    }
  }

  /// Stops the next request of that method whose path ends so.
  func hold(_ method: String, _ suffix: String, _ side: Side) -> Hold {
    let hold = Hold(method: method, suffix: suffix, side: side)
    holds.armed.withLock { $0 = hold }
    return hold
  }

  func close() async { await server.stop(grace: .zero) }

  private final class Holds: Sendable {
    let armed = Mutex<Hold?>(nil)

    func take(_ request: HTTPRequest) -> Hold? {
      armed.withLock { hold in
        guard let known = hold, known.method == request.method, request.path.hasSuffix(known.suffix) else { return nil }
        hold = nil
        return known
      }
    }
  }

  /// One request that is stopped, or will be.
  final class Hold: Sendable {
    let method: String
    let suffix: String
    let side: Side
    private let here = AsyncStream<Void>.makeStream()
    private let decision = AsyncStream<Bool>.makeStream()

    init(method: String, suffix: String, side: Side) { (self.method, self.suffix, self.side) = (method, suffix, side) }

    /// The request's side: says that it is here, and waits.
    func pass() async -> Bool {
      here.continuation.finish()
      for await goesOn in decision.stream { return goesOn }
      return false
    }

    /// Waits until the request is stopped here.
    func arrived() async { for await _ in here.stream {} }

    /// Lets it go on, or drops its connection.
    func decide(goesOn: Bool) {
      decision.continuation.yield(goesOn)
      decision.continuation.finish()
    }
  }
}
