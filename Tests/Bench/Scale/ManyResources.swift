import CloudSim
import Core
import Daemon
import Foundation
import Model
import Store
import System

/// A host with very many active resources: its memory, what it takes to look at them all, and its restart.
///
/// One VM is led through the host; the others are that VM's records, and its server, again under other ids.
enum ManyResources {
  static let perAccount = 500
  /// What a page of the cloud's listings holds.
  static let page = 50
  /// Accounts: few, and many.
  static let sizes = [2, 200]

  /// What was seen of a host of one size.
  private struct Sight {
    var resources: Int
    var restart: Double
    var residentMB: Double
    /// Processor seconds of the host alone, and of host and worker, in the window.
    var host: Double
    var both: Double
    var requests: Int
    var polls: Int
    var seconds: Double

    /// How often each resource was looked at: a poll is of a whole account.
    var rounds: Double { Double(polls * ManyResources.perAccount) / Double(resources) }
  }

  static func run(on reactor: Reactor) async throws -> [Figure] {
    var sights: [Sight] = []
    for accounts in sizes { sights.append(try await look(accounts, on: reactor)) }
    guard let few = sights.first, let many = sights.last else { return [] }
    func cost(_ sight: Sight) -> Double { sight.both / sight.rounds / Double(sight.resources) * 1e6 }
    let name = "\(many.resources) active resources over \(sizes.last ?? 0) accounts"
    let share = many.host / many.seconds * 100
    return [
      Figure(
        "\(name): host memory", many.residentMB, "MB", .atMost(300),
        reference: "with \(few.resources): \(Figure.text(few.residentMB)) MB"),
      Figure(
        "\(name): host processor time", share, "% of a core", .atMost(5),
        reference:
          "with its worker \(Figure.text(many.both / many.seconds * 100)) %; every resource looked at once in \(Figure.text(many.seconds / many.rounds)) s"
      ),
      Figure(
        "\(name): restart to serving", many.restart, "s", .atMost(3),
        reference: "with \(few.resources): \(Figure.text(few.restart)) s"),
      Figure(
        "poll round, requests for \(perAccount) resources of one account", Double(many.requests) / Double(many.polls),
        "",
        .atMost(Double(perAccount / page)),
        reference:
          "a page holds \(page); \(many.requests) requests in \(Figure.text(many.seconds)) s; with \(few.resources) resources \(Figure.text(Double(few.requests) / Double(few.polls)))"
      ),
      Figure(
        "poll round, cost of a resource among \(many.resources) against \(few.resources)", cost(many) / cost(few), "x",
        .atMost(1.5),
        reference: "\(Figure.text(cost(many))) us and \(Figure.text(cost(few))) us of host and worker"),
    ]
  }

  /// Polls that the plugin was called for since the host started.
  private static func polls(_ host: HostProcess) async throws -> Int {
    struct View: Decodable {
      struct Generation: Decodable {
        struct Verb: Decodable {
          var verb: String
          var calls: Int
        }
        var verbs: [Verb]
      }
      var generations: [Generation]
    }
    let text = try await host.ask("GET", "/v1/plugins/hetzner")
    return try JSONDecoder().decode(View.self, from: Data(text.utf8)).generations
      .reduce(0) { $0 + $1.verbs.filter { $0.verb == "poll" }.reduce(0) { $0 + $1.calls } }
  }

  private static func look(_ count: Int, on reactor: Reactor) async throws -> Sight {
    let names = (0..<count).map { "scale-\($0)" }
    var settings = HetznerSettings.fast
    settings.serverLimit = 1_000_000
    let cloud = try ManyProjects(names, settings, on: reactor)
    let folder = "/tmp/slipway-bench-\(UUID().uuidString.prefix(8).lowercased())"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      let host = try await HostProcess(on: reactor, in: folder)
      for name in names { try await host.add(name, token: name, url: cloud.url) }
      try await host.ask("POST", "/v1/resources", #"{"offering":"\#(names[0])"}"#, key: "first")
      try await host.wait(for: "\"active\"", in: "/v1/resources", seconds: 60)
      host.stop()
    }
    try await multiply("\(folder)/state", names, cloud)
    cloud.allow(perHour: 3_600)
    let began = Clock.monotonic()
    let host = try await HostProcess(on: reactor, in: folder)
    let restart = Double(Clock.monotonic() - began) / 1e9
    // The first round of looks has been made by then, with all that a restart asks of the clouds.
    try await reactor.sleep(for: .seconds(90))
    let (polled, requests) = (try await polls(host), cloud.total)
    let (own, both) = (try ProcessFacts.processorSeconds(host.pid), try host.processorSeconds())
    let start = Clock.monotonic()
    try await reactor.sleep(for: .seconds(60))
    let sight = Sight(
      resources: count * perAccount, restart: restart, residentMB: try ProcessFacts.residentMB(host.pid),
      host: try ProcessFacts.processorSeconds(host.pid) - own, both: try host.processorSeconds() - both,
      requests: cloud.total - requests, polls: try await polls(host) - polled,
      seconds: Double(Clock.monotonic() - start) / 1e9)
    host.stop()
    await cloud.stop()
    return sight
  }

  /// Fills ledger and cloud with copies of the one VM that there is.
  private static func multiply(_ state: String, _ names: [String], _ cloud: ManyProjects) async throws {
    let ledger = try SQLiteLedger(path: "\(state)/ledger.db")
    defer { ledger.close() }
    guard let first = try ledger.records(prefix: "resource/").first,
      let made = try ledger.records(prefix: "attempt/").first,
      let labels = cloud.labels(of: names[0])
    else { throw Unmeasured("the ledger holds no resource") }
    let resource = try RecordCodec.decode(Resource.self, first)
    let attempt = try RecordCodec.decode(Attempt.self, made)
    var random = Randomness(seed: 1)
    for name in names {
      var writes: [LedgerWrite] = []
      for index in 0..<perAccount where !(name == names[0] && index == 0) {
        let now = Instant(ms: Clock.wall())
        var (nextResource, nextAttempt) = (resource, attempt)
        nextResource.id = random.id(at: now)
        nextAttempt.id = random.id(at: now)
        nextAttempt.resource = nextResource.id
        nextAttempt.name = "slipway-\(nextAttempt.id.description.lowercased())"
        nextAttempt.placement.account = name
        nextResource.offering.name = name
        nextResource.offering.placements[0].account = name
        nextResource.attempts = [nextAttempt.id]
        var marks = labels
        marks["slipway-attempt"] = "\(nextAttempt.id)"
        marks["slipway-resource"] = "\(nextResource.id)"
        let id = String(try cloud.fill(name, name: nextAttempt.name, labels: marks))
        nextAttempt.objects[0].id = id
        nextResource.state = .active(attempt: nextAttempt.id, object: id)
        writes.append(
          LedgerWrite(
            key: Keys.resource(nextResource.id), expected: 0, value: try RecordCodec.encode(.resource(nextResource))))
        writes.append(
          LedgerWrite(
            key: Keys.attempt(nextAttempt.id), expected: 0, value: try RecordCodec.encode(.attempt(nextAttempt))))
      }
      for start in stride(from: 0, to: writes.count, by: 100) {
        let batch = Array(writes[start..<min(start + 100, writes.count)])
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
          ledger.commit(batch) { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
      }
    }
  }
}
