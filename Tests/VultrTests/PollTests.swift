import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct PollTests {
  private let vultr = VultrProvisioner()

  private func poll(_ cloud: ScriptedCloud, _ entries: [PollEntry]) throws(CloudFailure) -> PollReply {
    try vultr.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
  }

  private func see(_ instance: String, cookie: Cookie? = nil) throws -> PollResult {
    let cloud = ScriptedCloud(["GET /instances/\(Answer.id(42))": [Answer.one(instance)]])
    return try poll(cloud, [try Ask.entry(42, cookie: cookie)]).results[0]
  }

  @Test(
    arguments: [
      (Answer.instance(), .running), (Answer.instance(status: "pending"), .pending),
      (Answer.instance(server: "none"), .pending), (Answer.instance(server: "locked"), .pending),
      (Answer.instance(server: "installingbooting"), .pending), (Answer.instance(power: "stopped"), .stopped),
      (Answer.instance(power: "stopped", server: "none"), .pending),
      (Answer.instance(ipv4: "0.0.0.0", ipv6: ""), .pending), (Answer.instance(ipv4: "", ipv6: "::"), .pending),
      (Answer.instance(status: "resizing"), .pending), (Answer.instance(status: "suspended"), .unknown),
      (Answer.instance(status: "invented"), .unknown), (Answer.instance(power: "invented"), .unknown),
      (Answer.instance(server: "invented"), .unknown),
    ] as [(String, ObjectState)])
  func `Running is active, powered on, ok and reachable`(instance: String, state: ObjectState) throws {
    #expect(try see(instance).observations.map(\.state) == [state])
  }

  @Test func `An address that is not given yet is none, and an instance waits for the one it was asked for with`()
    throws
  {
    let v6Only = Answer.instance(ipv4: "0.0.0.0")
    #expect(try see(v6Only, cookie: Cookie(ipv4: true)).observations[0].state == .pending)
    let wanted = try see(v6Only, cookie: Cookie(ipv4: false)).observations[0]
    #expect(wanted.state == .running)
    #expect(wanted.addresses == Addresses(ipv6: "2001:db8::1"))
    let main = try see(Answer.instance(ipv4: "2001:db8::7", ipv6: "")).observations[0]
    #expect(main.addresses == Addresses(ipv6: "2001:db8::7"))
  }

  @Test func `The creation time is read with its offset`() throws {
    #expect(try see(Answer.instance()).observations[0].createdAt == "2026-05-01T00:00:00Z")
    #expect(
      try see(Answer.instance(created: "2020-10-10T01:56:20+00:00")).observations[0].createdAt == "2020-10-10T01:56:20Z"
    )
    #expect(try see(Answer.instance(created: "yesterday")).observations[0].createdAt == nil)
  }

  @Test func `A suspended instance says so`() throws {
    #expect(try see(Answer.instance(status: "suspended")).observations[0].error == "Vultr suspended the instance")
  }

  @Test func `A lost create is looked up by its exact label, and every match is told`() throws {
    let cloud = ScriptedCloud([
      "GET /instances": [
        .page("instances", []),
        .page(
          "instances",
          [
            Answer.instance(7, attempt: Ask.attempt), Answer.instance(3, status: "pending", attempt: Ask.attempt),
            Answer.instance(5), Answer.instance(6, label: "vm2", attempt: Ask.attempt),
          ]),
      ]
    ])
    let entry = Ask.lookup()
    let nothing = try poll(cloud, [entry]).results[0]
    #expect(nothing.observations.isEmpty && nothing.allPagesRead && nothing.scope == .byName)
    let found = try poll(cloud, [entry]).results[0]
    #expect(found.observations.map(\.externalId) == [Answer.id(3), Answer.id(7)])
    #expect(found.allPagesRead && found.scope == .byName)
    #expect(cloud.lines.first == "GET /instances?label=vm&per_page=500")
  }

  @Test func `A foreign instance of our label is a finding, not ours, and no absence`() throws {
    let cloud = ScriptedCloud(["GET /instances": [.page("instances", [Answer.instance(42)])]])
    let result = try poll(cloud, [Ask.lookup()]).results[0]
    #expect(result.failureCode == "NAME_TAKEN")
    #expect(!result.allPagesRead)
  }

  @Test func `A batch is served by one listing, and what it does not show is asked for by id`() throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/instances": .page("instances", (1...59).map { Answer.instance($0, attempt: "A\($0)") })
      case "/instances/\(Answer.id(60))": .vultr(404, "instance not found")
      default: nil
      }
    }
    var entries = try (1...60).map { try Ask.entry($0, attempt: "A\($0)") }
    entries.append(PollEntry(attemptId: "BAD", name: "vm", externalId: "no-uuid"))
    let reply = try poll(cloud, entries)
    #expect(
      cloud.lines == [
        "GET /instances?tag=slipway-installation%3Ainst&per_page=500", "GET /instances/\(Answer.id(60))",
      ])
    #expect(reply.pages == 2)
    let results = Dictionary(uniqueKeysWithValues: reply.results.map { ($0.attemptId, $0) })
    #expect(results.count == 61)
    for index in 1...59 {
      #expect(results["A\(index)"]?.observations.map(\.state) == [.running])
      #expect(results["A\(index)"]?.scope == .listing)
    }
    #expect(results["A60"]?.observations.map(\.state) == [.gone])
    #expect(results["A60"]?.scope == .byID)
    #expect(results["BAD"]?.failureCode == "INVALID_SPEC")
  }

  @Test func `What should be gone is asked for by id, without a listing`() throws {
    let cloud = ScriptedCloud { request in
      request.path == "/instances/\(Answer.id(4))"
        ? Answer.one(Answer.instance(4, server: "locked", attempt: "A4")) : .vultr(404, "instance not found")
    }
    let reply = try poll(cloud, try (1...6).map { try Ask.entry($0, attempt: "A\($0)", expect: "absent") })
    #expect(cloud.requests.count == 6)
    #expect(reply.results.map { $0.observations[0].state } == [.gone, .gone, .gone, .pending, .gone, .gone])
    #expect(reply.results[3].pollAfterMs == 5_000)
  }

  @Test func `Many that should be gone and still stand cost one request`() throws {
    let cloud = ScriptedCloud([
      "GET /instances": [.page("instances", (1...20).map { Answer.instance($0, attempt: "A\($0)") })]
    ])
    let reply = try poll(cloud, try (1...20).map { try Ask.entry($0, attempt: "A\($0)", expect: "absent") })
    #expect(cloud.requests.count == 1)
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] && $0.pollAfterMs == 5_000 })
  }

  @Test func `Names are looked up in a complete listing by tag, twins included`() throws {
    let cloud = ScriptedCloud([
      "GET /instances": [
        .page("instances", [Answer.instance(1, attempt: "A1"), Answer.instance(9, label: "renamed", attempt: "A1")])
      ]
    ])
    let reply = try poll(cloud, (1...3).map { Ask.lookup(attempt: "A\($0)", name: "n\($0)") })
    #expect(cloud.requests.count == 1)
    #expect(reply.results[0].observations.map(\.externalId) == [Answer.id(1), Answer.id(9)])
    #expect(
      reply.results[1].observations.isEmpty && reply.results[1].allPagesRead && reply.results[1].scope == .listing)
  }

  @Test(arguments: [(3, 2), (3, 1), (2, 2)])
  func `A listing that does not agree with itself proves no absence: the label decides`(first: Int, second: Int) throws
  {
    let cloud = ScriptedCloud { request in
      if request.query.hasPrefix("label=") { return .page("instances", []) }
      return request.matches("cursor", "c1") && request.query.contains("cursor")
        ? .page("instances", [Answer.instance(3, attempt: "A3")], total: second)
        : .page("instances", [Answer.instance(1, attempt: "A1")], total: first, next: "c1")
    }
    let reply = try poll(cloud, (1...4).map { Ask.lookup(attempt: "A\($0)", name: "n\($0)") })
    #expect(reply.results.map(\.observations.count) == [1, 0, 1, 0])
    let agrees = first == second
    let unseen: ObservationScope = agrees ? .listing : .byName
    #expect(reply.results.map(\.scope) == [.listing, unseen, .listing, unseen])
    #expect(reply.results.map(\.allPagesRead) == [agrees, true, agrees, true])
  }

  @Test func `A cursor that comes again ends the listing, incomplete`() throws {
    let cloud = ScriptedCloud { _ in .page("instances", [Answer.instance(1)], total: 2, next: "again") }
    let listing = try VultrAPI(call: cloud.call).list(Instance.self, "/instances")
    #expect(!listing.isComplete && !listing.looksAheadOnly)
    #expect(cloud.requests.count == 2)
  }

  @Test func `A listing is left when asking for the rest by id is cheaper`() throws {
    let cloud = ScriptedCloud { request in
      if request.path == "/instances" {
        return .page("instances", (1...50).map { Answer.instance($0, attempt: "A\($0)") }, total: 51, next: "c1")
      }
      return Answer.one(Answer.instance(Int(request.path.suffix(12)) ?? 0, attempt: "X"))
    }
    let reply = try poll(cloud, try [1, 2, 3, 700, 800].map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
    #expect(
      cloud.requests.map(\.path) == ["/instances", "/instances/\(Answer.id(700))", "/instances/\(Answer.id(800))"])
  }

  @Test func `One entry that cannot be read does not decide the others`() throws {
    let cloud = ScriptedCloud([
      "GET /instances/\(Answer.id(1))": [.json(200, "<html>")],
      "GET /instances/\(Answer.id(2))": [Answer.one(Answer.instance(2))],
    ])
    let reply = try poll(cloud, try [1, 2].map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.map(\.failureCode) == ["UNAVAILABLE", nil])
    let listing = ScriptedCloud { request in
      request.path == "/instances"
        ? .page("instances", [Answer.instance(1), #"{"id":7}"#, Answer.instance(3)])
        : Answer.one(Answer.instance(2))
    }
    let all = try poll(listing, try [1, 2, 3].map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(all.results.allSatisfy { $0.observations.map(\.state) == [.running] && $0.scope != nil })
    #expect(all.results.map(\.allPagesRead) == [false, true, false])
  }

  @Test(
    arguments: [
      (.vultr(401, "Invalid API token."), .unauthenticated), (.vultr(429, "x"), .rateLimited),
      (.vultr(401, "Unauthorized IP address: 192.0.2.7"), .forbidden), (.vultr(403, "x"), .forbidden),
    ] as [(CloudOutcome, FailureCode)])
  func `What concerns the account ends the look at once`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud { _ in outcome }
    let entries = try (1...60).map { try Ask.entry($0, attempt: "A\($0)") }
    #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == code)
    #expect(cloud.requests.count == 1)
  }

  @Test func `A cloud that is down is not asked sixty times, and nothing is gone because of it`() throws {
    for down in [CloudOutcome.vultr(503, "x"), .json(404, "<html>")] {
      let cloud = ScriptedCloud { _ in down }
      let entries = try (1...60).map { try Ask.entry($0, attempt: "A\($0)") }
      #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == .unavailable)
      #expect(cloud.requests.count <= 3)
    }
  }
}
