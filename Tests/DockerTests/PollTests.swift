@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct PollTests {
  private let docker = DockerProvisioner()
  private let listing = "GET /containers/json"
  private let json = "GET /containers/\(Answer.id)/json"

  private func look(
    _ cloud: ScriptedCloud, _ entries: PollEntry...
  ) throws(CloudFailure) -> [PollResult] {
    try docker.poll(PollRequest(account: Ask.account(["address": .string("192.0.2.9")]), entries: entries), cloud.call)
      .results
  }

  @Test func `One listing, by label and of all states, shows what runs and where`() throws {
    let cloud = ScriptedCloud.engine([listing: [Answer.list(Answer.listed(port: 32769))]])
    let result = try #require(try look(cloud, Ask.entry(cookie: Cookie(.starting))).first)
    #expect(
      cloud.asked == [
        "GET /containers/json?all=1&filters=%7B%22label%22%3A%5B%22slipway-installation%3Dinst%22%5D%7D"
      ])
    #expect(
      result.observations == [
        ObjectObservation(
          externalId: Answer.id, state: .running, createdAt: "2026-05-28T20:26:39Z",
          addresses: Addresses(ipv4: "192.0.2.9"), ssh: SSHEndpoint(host: "192.0.2.9", port: 32769))
      ])
    #expect(result.scope == .listing)
    #expect(result.allPagesRead)
    #expect(result.pollAfterMs == Pace.steady)
  }

  @Test(
    arguments: [
      ("created", nil, .incomplete), ("running", 1, .running), ("running", nil, .pending), ("paused", 1, .stopped),
      ("removing", nil, .pending), ("strange", nil, .unknown),
    ] as [(String, Int?, ObjectState)])
  func `States are what they mean to the host`(state: String, port: Int?, expected: ObjectState) throws {
    let cloud = ScriptedCloud.engine([listing: [Answer.list(Answer.listed(state: state, port: port))]])
    let result = try #require(try look(cloud, Ask.entry(cookie: Cookie(.starting))).first)
    #expect(result.observations.map(\.state) == [expected])
    #expect(cloud.asked.count == 1)
  }

  @Test(arguments: ["exited", "dead", "restarting"])
  func `A container that ends right after its start has failed, and says why`(state: String) throws {
    let cloud = ScriptedCloud.engine([
      listing: [Answer.list(Answer.listed(state: state, port: nil))],
      json: [.json(200, Answer.container(state: state, oom: true, code: 137))],
    ])
    let result = try #require(try look(cloud, Ask.entry(cookie: Cookie(.starting))).first)
    #expect(result.observations.first?.state == .failed)
    #expect(result.observations.first?.error == "the container ran out of memory and was killed (OOM)")
  }

  @Test func `A kill that the engine does not explain yet says what it is as a rule`() throws {
    let cloud = ScriptedCloud.engine([
      listing: [Answer.list(Answer.listed(state: "exited", port: nil))],
      json: [.json(200, Answer.container(state: "exited", code: 137))],
    ])
    let result = try #require(try look(cloud, Ask.entry(cookie: Cookie(.starting))).first)
    #expect(
      result.observations.first?.error
        == "the container ended with exit code 137: it was killed, as happens where it runs out of memory")
  }

  @Test func `A container that ends later is stopped, and the log says once why`() throws {
    let cloud = ScriptedCloud.engine([
      listing: [Answer.list(Answer.listed(state: "exited", port: nil, age: 999))],
      json: [.json(200, Answer.container(state: "exited", code: 3))],
    ])
    for before in [Cookie(.running), Cookie(.starting)] {
      let result = try #require(try look(cloud, Ask.entry(cookie: before)).first)
      #expect(result.observations.first?.state == .stopped)
      #expect(result.observations.first?.error == "the container ended with exit code 3")
      #expect(Cookie(reading: result.cookie).phase == .ended)
    }
    let told = cloud.told
    #expect(told.count == 2)
    for after in [Cookie(.ended), Cookie(.stopped)] {
      let again = try #require(try look(cloud, Ask.entry(cookie: after)).first)
      #expect(again.observations.first?.state == .stopped)
      #expect(again.cookie == nil)
    }
    #expect(cloud.told == told)
    let back = ScriptedCloud.engine([listing: [Answer.list(Answer.listed(age: 999))]])
    #expect(try Cookie(reading: look(back, Ask.entry(cookie: Cookie(.ended))).first?.cookie).phase == .running)
  }

  @Test func `Only the id itself proves a container gone`() throws {
    let gone = ScriptedCloud.engine([listing: [Answer.list()], json: [Answer.noContainer]])
    let result = try #require(try look(gone, Ask.entry(expect: "absent")).first)
    #expect(result.observations == [ObjectObservation(externalId: Answer.id, state: .gone)])
    #expect(result.scope == .byID)
    #expect(gone.asked.last == "GET /containers/\(Answer.id)/json")
    let late = ScriptedCloud.engine([
      listing: [Answer.list()], json: [.json(200, Answer.container(state: "running", port: 7))],
    ])
    let seen = try #require(try look(late, Ask.entry()).first)
    #expect(seen.observations.first?.ssh?.port == 7)
    let relabelled = ScriptedCloud.engine([
      listing: [Answer.list()], json: [.json(200, Answer.container(attempt: "other"))],
    ])
    #expect(try look(relabelled, Ask.entry()).first?.failureCode == "NAME_TAKEN")
  }

  @Test(arguments: ["vm", "dc-1", String(Answer.id.prefix(12)), Answer.id.uppercased(), "", Answer.id + "0", "../x"])
  func `An id that is not whole is never sent`(id: String) throws {
    let cloud = ScriptedCloud.engine([listing: [Answer.list()]])
    #expect(try look(cloud, Ask.entry(id)).first?.failureCode == "INVALID_SPEC")
    #expect(cloud.asked.count == 1)
    let end = TerminateRequest(account: Ask.account(), attemptId: Ask.attempt, name: "vm", externalId: id)
    #expect(failure { () throws(CloudFailure) in try docker.terminate(end, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.asked.count == 1)
  }

  @Test func `Without an id every container with the attempt's label is found, and none by a name alike`() throws {
    let two = ScriptedCloud.engine([
      listing: [
        Answer.list(
          Answer.listed(), Answer.listed(Answer.other, name: "vm-b"),
          Answer.listed(String(repeating: "c", count: 64), name: "vm-10", attempt: "tenth"))
      ]
    ])
    let result = try #require(try look(two, Ask.entry(nil)).first)
    #expect(result.observations.map(\.externalId) == [Answer.id, Answer.other])
    let none = ScriptedCloud.engine([listing: [Answer.list(Answer.listed(name: "vm-10", attempt: "tenth"))]])
    let empty = try #require(try look(none, Ask.entry(nil)).first)
    #expect(empty.observations.isEmpty && empty.allPagesRead && empty.scope == .listing)
    let taken = ScriptedCloud.engine([listing: [Answer.list(Answer.listed(attempt: "tenth"))]])
    #expect(try look(taken, Ask.entry(nil)).first?.failureCode == "NAME_TAKEN")
  }

  @Test func `A listing with something unreadable in it proves no absence`() throws {
    let cloud = ScriptedCloud.engine([listing: [Answer.list(#"{"Id":"short"}"#, #"{"Id":7}"#)]])
    let result = try #require(try look(cloud, Ask.entry(nil)).first)
    #expect(result.observations.isEmpty)
    #expect(!result.allPagesRead)
    let list = try docker.list(ListRequest(account: Ask.account()), cloud.call)
    #expect(!list.allPagesRead && list.total == 2)
  }

  @Test func `A bad entry is its own, and an engine that does not answer is everybody's`() throws {
    let cloud = ScriptedCloud.engine([listing: [Answer.list(Answer.listed())]])
    let bad = PollEntry(attemptId: "01BAD", name: "other", externalId: "nonsense")
    let results = try look(cloud, bad, Ask.entry())
    #expect(results.map(\.failureCode) == ["INVALID_SPEC", nil])
    #expect(results.last?.observations.first?.state == .running)
    for outcome in [
      CloudOutcome.notSent(reason: "no such file", retryAfterMs: 0), .json(500, "{}"), .json(200, "<html>"),
    ] {
      let dead = ScriptedCloud.engine([listing: [outcome]])
      #expect(failure { () throws(CloudFailure) in try docker.poll(Ask.poll(entry), dead.call) }?.code == .unavailable)
    }
  }

  private let entry = PollEntry(attemptId: Ask.attempt, name: "vm")

  @Test(arguments: ["", "{}", "{\"v\":2,\"phase\":\"starting\"}", "\u{0}", "{\"v\":1,\"phase\":\"flying\"}"])
  func `A cookie that cannot be read counts as none`(cookie: String) {
    #expect(Cookie(reading: cookie) == Cookie(.running))
  }
}
