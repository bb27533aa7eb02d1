import CloudSim
import HTTP
import Synchronization
import System

/// The simulated cloud on a socket of this process, so that arrivals and departures are read from one clock.
final class BenchCloud: Sendable {
  /// Tokens of two projects: two accounts of the host.
  static let tokens = ["one", "two"]
  /// Token of a third project, for the reference client.
  static let thirdToken = String(repeating: "t", count: 64)

  private let cloud: Mutex<HetznerCloud>
  private let creates = AsyncStream<UInt64>.makeStream()
  private let server: Mutex<HTTPServer?> = Mutex(nil)

  /// Serves an empty cloud with a project for each token.
  convenience init(on reactor: Reactor) throws {
    var settings = HetznerSettings.realistic
    settings.rateLimit = 1_000_000
    settings.rateRefill = 1
    try self.init(Self.tokens + [Self.thirdToken], settings, on: reactor)
  }

  /// Serves an empty cloud with a project for each token; `told` hears of each answer, just before it is sent.
  init(
    _ tokens: [String], _ settings: HetznerSettings, on reactor: Reactor,
    told: @escaping @Sendable (HTTPRequest, HTTPResponse) -> Void = { _, _ in }
  ) throws {
    let tokens = Dictionary(uniqueKeysWithValues: tokens.map { ($0, SimToken(project: $0)) })
    cloud = Mutex(HetznerCloud(tokens: tokens, settings: settings, seed: 1, start: Clock.wall()))
    guard let address = SocketAddress("127.0.0.1", port: 0) else { throw Unmeasured("127.0.0.1 is no address") }
    let made = try HTTPServer(.tcp(address), on: reactor) { [weak self] request, _ in
      let at = Clock.monotonic()
      guard let self else { return .abort() }
      let reply = self.cloud.withLock { cloud in
        let reply = cloud.handle(request, at: Clock.wall())
        told(request, reply.response)
        return reply
      }
      if request.method == "POST", request.path == "/v1/servers" { creates.continuation.yield(at) }
      return .whole(reply.response)
    }
    server.withLock { $0 = made }
    let url = "http://\(made.endpoint)/v1"
    cloud.withLock { $0.attach(baseURL: url, loopback: nil) }
  }

  /// Where it listens.
  var endpoint: HTTPEndpoint { server.withLock { $0?.endpoint } ?? .unix(path: "") }

  /// Where the API begins.
  var url: String { "http://\(endpoint)/v1" }

  /// Instants at which POST /v1/servers was received, in nanoseconds of the monotonic clock, as they come.
  var arrivals: AsyncStream<UInt64> { creates.stream }

  /// All requests so far.
  var total: Int { cloud.withLock { $0.frame.log.total } }

  func stop() async { await server.withLock { $0 }?.stop() }
}
