import CloudSim
import Foundation
import HTTP
import Synchronization
import System

/// Many projects of the simulated cloud behind one socket of this process, each with a token of its own.
final class ManyProjects: Sendable {
  private let clouds: Mutex<[String: HetznerCloud]>
  private let server: Mutex<HTTPServer?> = Mutex(nil)

  /// Serves an empty project for each token.
  init(_ tokens: [String], _ settings: HetznerSettings, on reactor: Reactor) throws {
    let start = Clock.wall()
    clouds = Mutex(
      Dictionary(
        uniqueKeysWithValues: tokens.enumerated().map { place, token in
          let names = [token: SimToken(project: token)]
          // No id stands twice at one cloud, whatever project it is of.
          let lastID = 10_000_000 + Int64(place) * 100_000
          return (token, HetznerCloud(tokens: names, settings: settings, seed: 1, start: start, lastID: lastID))
        }))
    guard let address = SocketAddress("127.0.0.1", port: 0) else { throw Unmeasured("127.0.0.1 is no address") }
    let made = try HTTPServer(.tcp(address), on: reactor) { [weak self] request, _ in
      guard let self, let token = SimToken.bearer(of: request) else { return .abort() }
      let reply = clouds.withLock { $0[token]?.handle(request, at: Clock.wall()) }
      return reply.map { .whole($0.response) } ?? .abort()
    }
    server.withLock { $0 = made }
    let url = self.url
    clouds.withLock { clouds in
      for token in tokens { clouds[token]?.attach(baseURL: url, loopback: nil) }
    }
  }

  /// Where the API begins.
  var url: String { server.withLock { $0.map { "http://\($0.endpoint)/v1" } ?? "" } }

  /// All requests so far but those of `fill`.
  var total: Int { clouds.withLock { $0.values.reduce(0) { $0 + $1.frame.log.total } } }

  /// Makes a server of that name and those labels in a project and returns its id; the project's log is forgotten.
  func fill(_ token: String, name: String, labels: [String: String]) throws -> Int64 {
    struct Order: Encodable {
      var name: String
      var labels: [String: String]
      var server_type = "cx23"
      var image = "debian-12"
      var location = "fsn1"
    }
    struct Made: Decodable {
      struct Server: Decodable { var id: Int64 }
      var server: Server
    }
    let body = Array(try JSONEncoder().encode(Order(name: name, labels: labels)))
    let headers = [HTTPField("authorization", "Bearer \(token)"), HTTPField("content-type", "application/json")]
    let reply = clouds.withLock { clouds in
      clouds[token]?.handle(
        HTTPRequest(method: "POST", path: "/v1/servers", headers: headers, body: body), at: Clock.wall())
    }
    clouds.withLock { $0[token]?.frame.log.clear() }
    guard let reply, reply.response.status == 201 else {
      throw Unmeasured(
        "the simulator made no server: \(reply.map { "\($0.response.status)" } ?? "no project \(token)")")
    }
    return try JSONDecoder().decode(Made.self, from: Data(reply.response.body)).server.id
  }

  /// The labels of the only server of a project.
  func labels(of token: String) -> [String: String]? { clouds.withLock { $0[token]?.servers.first?.labels } }

  /// Sets the budget of all projects: requests an hour.
  func allow(perHour: Int64) {
    clouds.withLock { clouds in
      for token in clouds.keys {
        clouds[token]?.settings.rateLimit = perHour
        clouds[token]?.settings.rateRefill = max(1, 3_600_000 / perHour)
      }
    }
  }

  func stop() async { await server.withLock { $0 }?.stop() }
}
