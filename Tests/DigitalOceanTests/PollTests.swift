@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct PollTests {
  private let ocean = DigitalOceanProvisioner()
  private let creating = Cookie(create: 7, gpu: false)

  private func poll(_ cloud: ScriptedCloud, _ entries: [PollEntry]) throws(CloudFailure) -> PollReply {
    try ocean.poll(PollRequest(account: Ask.account, entries: entries), cloud.call)
  }

  private func see(_ droplet: String, cookie: Cookie? = nil) throws -> PollResult {
    let cloud = ScriptedCloud(["GET /droplets/42": [Answer.one(droplet)]])
    return try poll(cloud, [try Ask.entry(42, cookie: cookie)]).results[0]
  }

  @Test(
    arguments: [
      (Answer.droplet(status: "new"), .pending), (Answer.droplet(), .running),
      (Answer.droplet(status: "off"), .stopped),
      (Answer.droplet(status: "archive"), .unknown), (Answer.droplet(status: "invented"), .unknown),
      (Answer.droplet(ipv4: nil, ipv6: nil), .pending), (Answer.droplet(ipv4: "", ipv6: nil), .pending),
      (Answer.droplet(ipv4: nil), .running), (#"{"id":42,"name":"vm"}"#, .unknown),
    ] as [(String, ObjectState)])
  func `Running is active and reachable`(droplet: String, state: ObjectState) throws {
    #expect(try see(droplet).observations.map(\.state) == [state])
  }

  @Test func `The public address is read, not the private one that stands before it`() throws {
    let seen = try see(Answer.droplet()).observations[0]
    #expect(seen.addresses == Addresses(ipv4: "192.0.2.1", ipv6: "2001:db8::1"))
    #expect(seen.createdAt == "2026-05-01T00:00:00Z")
    #expect(try see(Answer.droplet(ipv4: nil)).observations[0].addresses == Addresses(ipv6: "2001:db8::1"))
    #expect(try see(Answer.droplet(status: "archive")).observations[0].error == "DigitalOcean archived the droplet")
  }

  @Test func `Once it is up, its create action is forgotten`() throws {
    let pending = try see(Answer.droplet(status: "new", created: "2026-05-28T20:26:00Z"), cookie: creating)
    #expect(pending.cookie == nil && pending.pollAfterMs == 3_000)
    let running = try see(Answer.droplet(), cookie: creating)
    #expect(Cookie(reading: running.cookie) == Cookie(gpu: false))
    #expect(running.pollAfterMs == 60_000 && running.scope == .byID)
    #expect(try see(Answer.droplet(), cookie: Cookie(gpu: false)).cookie == nil)
  }

  @Test(
    arguments: [
      ("errored", .failed, "create failed: DigitalOcean gives no reason"), ("in-progress", .pending, nil),
      ("completed", .gone, nil),
    ] as [(String, ObjectState, String?)])
  func `A droplet that is not there is judged by its create action`(
    status: String, state: ObjectState, error: String?
  ) throws {
    let cloud = ScriptedCloud([
      "GET /droplets/42": [.missing],
      "GET /actions/7": [.json(200, #"{"action":\#(Answer.action(7, "create", status))}"#)],
    ])
    let result = try poll(cloud, [try Ask.entry(42, cookie: creating)]).results[0]
    #expect(result.observations.map(\.state) == [state])
    #expect(result.observations[0].error == error)
    #expect(result.scope == .byID)
    #expect(cloud.lines == ["GET /droplets/42", "GET /actions/7"])
  }

  @Test func `An action that cannot be read proves nothing, unless the token may not read it`() throws {
    let entry = try Ask.entry(42, cookie: creating)
    let down = ScriptedCloud(["GET /droplets/42": [.missing], "GET /actions/7": [.refused(503, "x", "x")]])
    #expect(try poll(down, [entry]).results[0].failureCode == "UNAVAILABLE")
    let limited = ScriptedCloud(["GET /droplets/42": [.missing], "GET /actions/7": [.refused(429, "x", "x")]])
    #expect(failure { () throws(CloudFailure) in try poll(limited, [entry]) }?.code == .rateLimited)
    let blind = ScriptedCloud(["GET /droplets/42": [.missing], "GET /actions/7": [.refused(403, "x", "x")]])
    #expect(try poll(blind, [entry]).results[0].observations.map(\.state) == [.gone])
  }

  @Test func `A droplet that is being made for very long is judged by its action too`() throws {
    let cloud = ScriptedCloud([
      "GET /droplets/42": [Answer.one(Answer.droplet(status: "new"))],
      "GET /actions/7": [.json(200, #"{"action":\#(Answer.action(7, "create", "errored"))}"#)],
    ])
    #expect(try poll(cloud, [try Ask.entry(42, cookie: creating)]).results[0].observations.map(\.state) == [.failed])
  }

  @Test func `Many that are being made and ended share one page of actions`() throws {
    let actions = CloudOutcome.page(
      "actions",
      (Int64(1)...5).map { Answer.action(100 + $0, "create", $0 == 5 ? "errored" : "in-progress", droplet: $0) }
        + (Int64(11)...14).map {
          Answer.action(200 + $0, "destroy", $0 == 14 ? "in-progress" : "completed", droplet: $0)
        })
    let cloud = ScriptedCloud(["GET /actions": [actions]])
    var entries: [PollEntry] = []
    for id in Int64(1)...5 { entries.append(try Ask.entry(id, attempt: "C\(id)", cookie: Cookie(create: 100 + id))) }
    for id in Int64(11)...14 { entries.append(try Ask.entry(id, attempt: "D\(id)", expect: "absent")) }
    let reply = try poll(cloud, entries)
    #expect(cloud.lines == ["GET /actions?page=1&per_page=200"])
    let states = reply.results.map { $0.observations[0].state }
    #expect(states == [.pending, .pending, .pending, .pending, .failed, .gone, .gone, .gone, .pending])
    #expect(reply.results.allSatisfy { $0.scope == .byID && $0.allPagesRead })
  }

  @Test(arguments: [1, 2, 3])
  func `Of many that are being made, the listing shows those that run; the actions are read for many others`(
    unseen: Int
  ) throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/actions":
        .page(
          "actions",
          (Int64(1)...9).map { Answer.action(100 + $0, "create", $0 == 9 ? "errored" : "in-progress", droplet: $0) })
      case "/droplets": .page("droplets", (1...(9 - unseen)).map { Answer.droplet(Int64($0), attempt: "A\($0)") })
      default:
        Answer.one(
          Answer.droplet(Int64(request.path.dropFirst(10)) ?? 0, status: "new", created: "2026-05-28T20:26:00Z"))
      }
    }
    let entries = try (Int64(1)...9).map {
      try Ask.entry($0, attempt: "A\($0)", cookie: Cookie(create: 100 + $0, gpu: false))
    }
    let reply = try poll(cloud, entries)
    let listing = "GET /droplets?tag_name=slipway-installation%3Ainst&page=1&per_page=200"
    let singly = ((10 - unseen)...9).map { "GET /droplets/\($0)" }
    #expect(cloud.lines == [listing] + (unseen > 2 ? ["GET /actions?page=1&per_page=200"] : singly))
    let states = reply.results.map { $0.observations[0].state }
    #expect(states.prefix(9 - unseen).allSatisfy { $0 == .running })
    let last: [ObjectState] = unseen > 2 ? [.pending, .pending, .failed] : Array(repeating: .pending, count: unseen)
    #expect(Array(states.suffix(unseen)) == last)
  }

  @Test(arguments: ["completed", "errored"])
  func `Only this droplet's destroy action proves anything: otherwise it is asked for by id`(status: String) throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/actions":
        .page(
          "actions",
          [
            Answer.action(1, "destroy", "completed", droplet: 99),
            Answer.action(2, "power_off", "completed", droplet: 1),
            Answer.action(3, "destroy", status, droplet: 2),
            Answer.action(4, "destroy", "completed", droplet: 3).replacing("droplet\"", with: "image\""),
          ])
      case "/droplets/1": .missing
      default: Answer.one(Answer.droplet(Int64(request.path.dropFirst(10)) ?? 0))
      }
    }
    let reply = try poll(
      cloud, try ([1, 2, 3] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)", expect: "absent") })
    let second: ObjectState = status == "completed" ? .gone : .running
    #expect(reply.results.map { $0.observations[0].state } == [.gone, second, .running])
    #expect(
      reply.results[1].observations[0].error == (second == .gone ? nil : "destroy failed: DigitalOcean gives no reason")
    )
  }

  @Test func `A batch is served by one listing by tag, and what it does not show is asked for by id`() throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/droplets": .page("droplets", (1...59).map { Answer.droplet($0, attempt: "A\($0)") })
      case "/droplets/60": .missing
      default: nil
      }
    }
    var entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)", cookie: Cookie(gpu: false)) }
    entries.append(PollEntry(attemptId: "BAD", name: "vm", externalId: "no-number"))
    let reply = try poll(cloud, entries)
    #expect(
      cloud.lines == ["GET /droplets?tag_name=slipway-installation%3Ainst&page=1&per_page=200", "GET /droplets/60"])
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

  @Test func `GPU droplets have a listing of their own`() throws {
    let cloud = ScriptedCloud { request in
      let isGPU = request.query.contains("type=gpus")
      let ids: ClosedRange<Int64> = isGPU ? 11...13 : 1...3
      return request.path == "/droplets" ? .page("droplets", ids.map { Answer.droplet($0, attempt: "A\($0)") }) : nil
    }
    let ids: [Int64] = [1, 2, 3, 11, 12, 13]
    let entries = try ids.map { try Ask.entry($0, attempt: "A\($0)", cookie: Cookie(gpu: $0 > 10)) }
    let reply = try poll(cloud, entries)
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
    #expect(
      cloud.lines == [
        "GET /droplets?tag_name=slipway-installation%3Ainst&page=1&per_page=200",
        "GET /droplets?type=gpus&page=1&per_page=200",
      ])
  }

  @Test func `A token that may see neither tags nor actions costs more requests, and sees the same`() throws {
    let cloud = ScriptedCloud { request in
      request.path == "/droplets" || request.path == "/actions"
        ? .refused(403, "forbidden", "x")
        : Answer.one(Answer.droplet(Int64(request.path.dropFirst(10)) ?? 0, hidesTags: true))
    }
    let reply = try poll(cloud, try (1...4).map { try Ask.entry($0, attempt: "A\($0)", cookie: creating) })
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
    #expect(cloud.requests.count == 6)
  }

  @Test func `A listing is left when asking for the rest by id is cheaper`() throws {
    let cloud = ScriptedCloud { request in
      if request.path == "/droplets" {
        return .page(
          "droplets", (1...200).map { Answer.droplet($0, attempt: "A\($0)") }, total: 4_000, next: 2, last: 20)
      }
      return Answer.one(Answer.droplet(Int64(request.path.dropFirst(10)) ?? 0))
    }
    let ids: [Int64] = [1, 2, 3, 700, 800]
    let reply = try poll(cloud, try ids.map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.allSatisfy { $0.observations.map(\.state) == [.running] })
    #expect(cloud.requests.map(\.path) == ["/droplets", "/droplets/700", "/droplets/800"])
  }

  @Test(
    arguments: [
      (.refused(401, "unauthorized", "x"), .unauthenticated), (.refused(429, "too_many_requests", "x"), .rateLimited),
    ] as [(CloudOutcome, FailureCode)])
  func `What concerns the account ends the look at once`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud { _ in outcome }
    let entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)", cookie: creating) }
    #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == code)
    #expect(cloud.requests.count == 1)
  }

  @Test func `What was decided before the account's failure is kept`() throws {
    let cloud = ScriptedCloud { request in
      request.path == "/droplets/1" ? Answer.one(Answer.droplet(1)) : .refused(429, "too_many_requests", "x")
    }
    let reply = try poll(cloud, try ([1, 2] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(reply.results.map(\.failureCode) == [nil, "RATE_LIMITED"])
    #expect(reply.results[1].pollAfterMs == 10_000)
  }

  @Test func `A cloud that is down is not asked sixty times, and nothing is gone because of it`() throws {
    for down in [CloudOutcome.refused(503, "x", "x"), .json(404, "<html>"), .json(200, "<html>")] {
      let cloud = ScriptedCloud { _ in down }
      let entries = try (1...60).map { try Ask.entry(Int64($0), attempt: "A\($0)") }
      #expect(failure { () throws(CloudFailure) in try poll(cloud, entries) }?.code == .unavailable)
      #expect(cloud.requests.count <= 3)
    }
  }

  @Test func `One entry that cannot be read does not decide the others`() throws {
    let cloud = ScriptedCloud { request in
      request.path == "/droplets"
        ? .page("droplets", [Answer.droplet(1), #"{"id":"x"}"#, Answer.droplet(3)])
        : request.path == "/droplets/2" ? .json(200, "<html>") : nil
    }
    let all = try poll(cloud, try ([1, 2, 3] as [Int64]).map { try Ask.entry($0, attempt: "A\($0)") })
    #expect(all.results.map(\.failureCode) == [nil, "UNAVAILABLE", nil])
    #expect(all.results.map(\.allPagesRead) == [false, false, false])
  }
}
