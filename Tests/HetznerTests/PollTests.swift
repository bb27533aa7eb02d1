@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct PollTests {
  private let hetzner = HetznerProvisioner()

  private func poll(_ cloud: ScriptedCloud, _ entries: [PollEntry]) throws(CloudFailure) -> PollReply {
    try hetzner.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
  }

  /// The cookie that a create of server 42 leaves.
  private func creating(_ actions: [Int64] = [7, 8]) -> Cookie {
    var cookie = Cookie(key: 5, phase: .create, actions: actions)
    (cookie.ipv4, cookie.ipv6, cookie.created) = ("192.0.2.1", "2001:db8::1", "2026-05-01T00:00:00Z")
    return cookie
  }

  private func actions(_ states: [(Int64, String, String)], error: String = "null") -> CloudOutcome {
    .page("actions", states.map { Answer.action($0.0, $0.1, $0.2, error: error) })
  }

  @Test func `A create is done when its action and the next ones are, without a look at the server`() throws {
    let cloud = ScriptedCloud([
      "GET /actions": [
        actions([(7, "create_server", "success"), (8, "start_server", "running")]),
        actions([(7, "create_server", "success"), (8, "start_server", "success")]),
      ]
    ])
    let entry = try Ask.entry(42, cookie: creating())
    let first = try poll(cloud, [entry])
    #expect(first.results.first?.observations.first?.state == .pending)
    #expect(first.results.first?.pollAfterMs == 2_000)
    #expect(first.results.first?.cookie == nil)
    let second = try poll(cloud, [entry])
    let result = try #require(second.results.first)
    #expect(
      result.observations == [
        ObjectObservation(
          externalId: "42", state: .running, createdAt: "2026-05-01T00:00:00Z",
          addresses: Addresses(ipv4: "192.0.2.1", ipv6: "2001:db8::1"))
      ])
    #expect(result.scope == .byID)
    #expect(Cookie(reading: result.cookie).actions.isEmpty)
    #expect(cloud.lines == ["GET /actions?id=7&id=8", "GET /actions?id=7&id=8"])
  }

  @Test(arguments: [
    (#"{"code":"placement_failed","message":"no host"}"#, "create_server failed: placement_failed: no host"),
    (#"{"code":"","message":""}"#, "create_server failed: no reason given"),
    ("null", "create_server failed: no reason given"),
  ])
  func `A create that failed has failed, with the reason, although the server vanished`(
    error: String, said: String
  ) throws {
    let cloud = ScriptedCloud([
      "GET /actions": [actions([(7, "create_server", "error"), (8, "start_server", "running")], error: error)]
    ])
    let result = try #require(try poll(cloud, [try Ask.entry(42, cookie: creating())]).results.first)
    #expect(result.observations.map(\.state) == [.failed])
    #expect(result.observations.first?.error == said)
    #expect(cloud.requests.count == 1)
  }

  @Test func `A delete action that succeeded for this server proves it gone, for many at once`() throws {
    let entries = try (1...20).map {
      try Ask.entry(
        Int64($0), attempt: "A\($0)", expect: "absent", cookie: Cookie(phase: .delete, actions: [100 + Int64($0)]))
    }
    let cloud = ScriptedCloud([
      "GET /actions": [
        .page("actions", (Int64(1)...20).map { Answer.action(100 + $0, "delete_server", "success", server: $0) })
      ]
    ])
    let reply = try poll(cloud, entries)
    #expect(cloud.requests.count == 1)
    for result in reply.results {
      #expect(result.observations.map(\.state) == [.gone])
      #expect(result.scope == .byID && result.allPagesRead)
    }
  }

  @Test func `Only this server's delete action proves anything: otherwise it is asked for by id`() throws {
    let foreign = Answer.action(9, "delete_server", "success", server: 43)
    let cloud = ScriptedCloud([
      "GET /actions": [.page("actions", [foreign])], "GET /servers/42": [.hetzner(404, "not_found", "gone")],
    ])
    let reply = try poll(cloud, [try Ask.entry(42, expect: "absent", cookie: Cookie(phase: .delete, actions: [9]))])
    #expect(reply.results.first?.observations.map(\.state) == [.gone])
    #expect(cloud.lines == ["GET /actions?id=9", "GET /servers/42"])
  }

  @Test func `A delete that failed shows the server that still stands, and why`() throws {
    let error = #"{"code":"locked","message":"server is locked"}"#
    let cloud = ScriptedCloud([
      "GET /actions": [.page("actions", [Answer.action(9, "delete_server", "error", error: error)])],
      "GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42, attempt: Ask.attempt))}"#)],
    ])
    let result = try poll(cloud, [try Ask.entry(42, expect: "absent", cookie: Cookie(phase: .delete, actions: [9]))])
      .results[0]
    #expect(result.observations.map(\.state) == [.running])
    #expect(result.observations.first?.error == "delete_server failed: locked: server is locked")
    #expect(Cookie(reading: result.cookie).actions.isEmpty)
  }

  @Test func `Creates and deletes share one request of at most 25 ids`() throws {
    var seen: [Int] = []
    let cloud = ScriptedCloud { request in
      let ids = request.query.split(separator: "&").compactMap { Int64($0.dropFirst(3)) }
      seen.append(ids.count)
      return .page(
        "actions", ids.map { Answer.action($0, $0 > 900 ? "delete_server" : "start_server", "running", server: 1) })
    }
    var entries: [PollEntry] = []
    for n in Int64(0)..<11 {
      entries.append(try Ask.entry(n + 1, attempt: "C\(n)", cookie: creating([n * 2 + 1, n * 2 + 2])))
    }
    for n in Int64(0)..<4 {
      let cookie = Cookie(phase: .delete, actions: [901 + n])
      entries.append(try Ask.entry(n + 50, attempt: "D\(n)", expect: "absent", cookie: cookie))
    }
    let reply = try poll(cloud, entries)
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.pending] })
    #expect(seen == [25, 1])
    #expect(reply.pages == 2)
  }

  @Test func `A batch is served by one listing, and what it does not show is asked for by id`() throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/servers":
        .page(
          "servers",
          (request.matches("page", "1") ? 1...50 : 51...59).map { Answer.server(Int64($0), attempt: "A\($0)") },
          total: 59, next: request.matches("page", "1") ? 2 : nil, last: 2)
      case "/servers/60": .hetzner(404, "not_found", "server not found")
      default: nil
      }
    }
    var entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)") }
    entries.append(PollEntry(attemptId: "BAD", name: "vm", externalId: "no-number"))
    let reply = try poll(cloud, entries)
    #expect(cloud.requests.count == 3)
    #expect(cloud.lines.first?.contains("label_selector=slipway-installation%3Dinst") == true)
    #expect(reply.pages == 3)
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

  @Test func `A listing is left when asking for the rest by id is cheaper`() throws {
    let cloud = ScriptedCloud { request in
      if request.path == "/servers" {
        return .page("servers", (1...50).map { Answer.server($0, attempt: "A\($0)") }, total: 1_000, next: 2, last: 20)
      }
      return .json(200, #"{"server":\#(Answer.server(Int64(request.path.dropFirst(9)) ?? 0, attempt: "X"))}"#)
    }
    let reply = try poll(cloud, try ([1, 2, 3, 700, 800] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
    #expect(cloud.requests.map(\.path) == ["/servers", "/servers/700", "/servers/800"])
  }

  @Test func `A server deleted between two pages makes the listing incomplete`() throws {
    let cloud = ScriptedCloud { request in
      request.matches("page", "1")
        ? .page("servers", [Answer.server(1, attempt: "A1")], total: 3, next: 2, last: 2)
        : .page("servers", [Answer.server(3, attempt: "A3")], total: 2, last: 2)
    }
    let reply = try poll(cloud, try (1...4).map { try Ask.entry(nil, attempt: "A\($0)", name: "n\($0)") })
    #expect(reply.results.allSatisfy { !$0.allPagesRead && $0.failureCode == nil })
    #expect(reply.results.map(\.observations.count) == [1, 0, 1, 0])
  }

  @Test func `Names that are looked up in a complete listing are matched by label and by name`() throws {
    let cloud = ScriptedCloud([
      "GET /servers": [
        .page(
          "servers",
          [
            Answer.server(1, name: "n1", attempt: "A1"), Answer.server(9, name: "renamed", attempt: "A1"),
            Answer.server(2, name: "n2", attempt: "OTHER"),
          ])
      ]
    ])
    let reply = try poll(cloud, try (1...3).map { try Ask.entry(nil, attempt: "A\($0)", name: "n\($0)") })
    #expect(cloud.requests.count == 1)
    #expect(reply.results[0].observations.map(\.externalId) == ["1", "9"])
    #expect(reply.results[1].failureCode == "NAME_TAKEN")
    #expect(reply.results[2].observations.isEmpty)
    #expect(reply.results[2].allPagesRead && reply.results[2].scope == .listing)
  }

  @Test func `One lost create is looked up by its exact name`() throws {
    let cloud = ScriptedCloud([
      "GET /servers": [
        .page("servers", []), .page("servers", [Answer.server(42, status: "initializing", attempt: Ask.attempt)]),
      ]
    ])
    let entry = try Ask.entry(nil)
    let nothing = try poll(cloud, [entry]).results[0]
    #expect(nothing.observations.isEmpty && nothing.allPagesRead && nothing.scope == .byName)
    let found = try poll(cloud, [entry]).results[0]
    #expect(found.observations.map(\.externalId) == ["42"])
    #expect(found.observations.map(\.state) == [.pending])
    #expect(cloud.lines.first == "GET /servers?name=vm&page=1&per_page=50")
  }

  @Test func `A foreign server of our name is a finding, not ours`() throws {
    let cloud = ScriptedCloud(["GET /servers": [.page("servers", [Answer.server(42)])]])
    #expect(try poll(cloud, [try Ask.entry(nil)]).results[0].failureCode == "NAME_TAKEN")
  }

  @Test(
    arguments: [
      ("initializing", .pending), ("starting", .pending), ("running", .running), ("stopping", .running),
      ("off", .stopped), ("migrating", .running), ("rebuilding", .pending), ("deleting", .pending),
      ("unknown", .unknown), ("invented", .unknown),
    ] as [(String, ObjectState)])
  func `States are read as the host knows them`(status: String, state: ObjectState) throws {
    let cloud = ScriptedCloud(["GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42, status: status))}"#)]])
    #expect(try poll(cloud, [try Ask.entry(42)]).results[0].observations.map(\.state) == [state])
  }

  @Test func `A server with only one kind of address is read`() throws {
    let cloud = ScriptedCloud(["GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42, ipv4: nil))}"#)]])
    let observed = try poll(cloud, [try Ask.entry(42)]).results[0].observations[0]
    #expect(observed.addresses == Addresses(ipv6: "2001:db8::1"))
  }

  @Test func `One entry that cannot be read does not decide the others`() throws {
    let cloud = ScriptedCloud([
      "GET /servers/1": [.json(200, "<html>")],
      "GET /servers/2": [.json(200, #"{"server":\#(Answer.server(2))}"#)],
    ])
    let reply = try poll(cloud, try ([1, 2] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.map(\.failureCode) == ["UNAVAILABLE", nil])

    let listing = ScriptedCloud { request in
      request.path == "/servers"
        ? .page("servers", [Answer.server(1), #"{"id":"x"}"#, Answer.server(3)], total: 3)
        : .json(200, #"{"server":\#(Answer.server(2))}"#)
    }
    let all = try poll(listing, try ([1, 2, 3] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(all.results.allSatisfy { $0.observations.map(\.state) == [.running] })
  }

  @Test(
    arguments: [
      (.hetzner(401, "unauthorized", "x"), .unauthenticated), (.hetzner(429, "rate_limit_exceeded", "x"), .rateLimited),
      (.hetzner(403, "forbidden", "x"), .forbidden),
    ] as [(CloudOutcome, FailureCode)])
  func `What concerns the account ends the look at once`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud { _ in outcome }
    let entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)", cookie: creating([Int64($0)])) }
    #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == code)
    #expect(cloud.requests.count == 1)
  }

  @Test func `What was decided before the account's failure is kept`() throws {
    let cloud = ScriptedCloud { request in
      request.path == "/actions"
        ? .page("actions", [Answer.action(7, "start_server", "success", server: 1)])
        : .hetzner(429, "rate_limit_exceeded", "x")
    }
    let reply = try poll(
      cloud, [try Ask.entry(1, attempt: "A1", cookie: creating([7])), try Ask.entry(2, attempt: "A2")])
    #expect(reply.results.map(\.failureCode) == [nil, "RATE_LIMITED"])
    #expect(reply.results[1].pollAfterMs == 5_000)
  }

  @Test func `An action id that Hetzner refuses does not hide the others' servers`() throws {
    let cloud = ScriptedCloud([
      "GET /actions": [.hetzner(422, "invalid_input", "id")],
      "GET /servers/1": [.json(200, #"{"server":\#(Answer.server(1))}"#)],
      "GET /servers/2": [.json(200, #"{"server":\#(Answer.server(2))}"#)],
    ])
    let reply = try poll(
      cloud, try ([1, 2] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)", cookie: creating([$0])) })
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
  }

  @Test func `A cloud that is down is not asked sixty times`() throws {
    let cloud = ScriptedCloud { _ in .hetzner(503, "unavailable", "x") }
    let entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)") }
    #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == .unavailable)
    #expect(cloud.requests.count <= 3)
  }
}
