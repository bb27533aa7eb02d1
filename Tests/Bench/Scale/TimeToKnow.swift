import CloudSim
import Foundation
import HTTP
import Synchronization
import System

/// From the cloud's first answer that shows a server running, to the host's word on that resource's stream: what knowing
/// costs beyond the interval of the looks. Sixty VMs on each of three accounts come up at once, so that one look shows many.
enum TimeToKnow {
  static let perAccount = 60
  private static let tokens = (0..<3).map { "known-\($0)" }

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let told = FirstWords()
    var settings = HetznerSettings.realistic
    settings.rateLimit = 3_600
    let cloud = try BenchCloud(tokens, settings, on: reactor) { told.note($0, $1) }
    let host = try await HostProcess(on: reactor)
    for token in tokens { try await host.add(token, token: token, url: cloud.url) }
    let known = try await withThrowingTaskGroup(of: (String, UInt64).self) { group in
      for index in 0..<perAccount * tokens.count {
        group.addTask {
          let offering = tokens[index % tokens.count]
          let answer = try await host.ask(
            "POST", "/v1/resources", #"{"offering":"\#(offering)"}"#, key: "known-\(index)")
          struct Accepted: Decodable { var resource_id: String }
          let id = try JSONDecoder().decode(Accepted.self, from: Data(answer.utf8)).resource_id
          return (id, try await host.waitOnStream(of: id, for: "\"active\""))
        }
      }
      return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
    }
    struct Page: Decodable {
      struct Resource: Decodable {
        var id: String
        var external_id: String
      }
      var items: [Resource]
    }
    let page = try JSONDecoder().decode(Page.self, from: Data(try await host.ask("GET", "/v1/resources").utf8))
    let spans = try page.items.map { resource in
      guard let knew = known[resource.id], let id = Int64(resource.external_id), let said = told.instant(of: id) else {
        throw Unmeasured("nothing told of server \(resource.external_id) that it runs")
      }
      return (Double(knew) - Double(said)) / 1e6
    }
    await cloud.stop()
    guard let p50 = Quantile.of(spans, 0.5), let p99 = Quantile.of(spans, 0.99) else { throw Unmeasured("no VM") }
    return [
      Figure(
        "cloud says running to host knows, p99", p99, "ms", .atMost(50),
        reference: "p50 \(Figure.text(p50)) ms; \(spans.count) VMs, from the answer to the event that a client reads")
    ]
  }
}

/// When the cloud's answers first showed each server running.
private final class FirstWords: Sendable {
  private struct State {
    var told: [Int64: UInt64] = [:]
    var done: [Int64: Set<String>] = [:]
  }

  private let state = Mutex(State())

  private struct Answer: Decodable {
    struct Server: Decodable {
      var id: Int64
      var status: String
    }
    struct Action: Decodable {
      struct Subject: Decodable {
        var id: Int64
        var type: String
      }
      var command: String
      var status: String
      var resources: [Subject]
    }
    var server: Server?
    var servers: [Server]?
    var actions: [Action]?
  }

  func note(_ request: HTTPRequest, _ response: HTTPResponse) {
    guard request.method == "GET", let answer = try? JSONDecoder().decode(Answer.self, from: Data(response.body)) else {
      return
    }
    state.withLock { state in
      func tell(_ id: Int64) { state.told[id] = state.told[id] ?? Clock.monotonic() }
      for server in (answer.servers ?? []) + [answer.server].compactMap({ $0 }) where server.status == "running" {
        tell(server.id)
      }
      for action in answer.actions ?? [] where action.status == "success" {
        for subject in action.resources where subject.type == "server" {
          state.done[subject.id, default: []].insert(action.command)
          // A server runs when it has been made and started.
          if state.done[subject.id] == ["create_server", "start_server"] { tell(subject.id) }
        }
      }
    }
  }

  func instant(of server: Int64) -> UInt64? { state.withLock { $0.told[server] } }
}
