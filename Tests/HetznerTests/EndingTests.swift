@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct EndingTests {
  private let hetzner = HetznerProvisioner()
  private let request = TerminateRequest(
    account: Ask.account, attemptId: Ask.attempt, name: "vm", externalId: "42")
  private let ours = CloudOutcome.json(200, #"{"server":\#(Answer.server(42, attempt: Ask.attempt))}"#)

  private func terminate(_ cloud: ScriptedCloud) throws(CloudFailure) -> TerminateReply {
    try hetzner.terminate(request, cloud.call)
  }

  @Test func `The label is read again, then the server is deleted by its id`() throws {
    let cloud = ScriptedCloud([
      "GET /servers/42": [ours],
      "DELETE /servers/42": [.json(200, #"{"action":\#(Answer.action(9, "delete_server", "running"))}"#)],
    ])
    let reply = try terminate(cloud)
    #expect(reply.state == "terminating")
    #expect(reply.pollAfterMs == 3_000)
    #expect(Cookie(reading: reply.cookie) == Cookie(phase: .delete, actions: [9]))
    #expect(cloud.lines == ["GET /servers/42", "DELETE /servers/42"])
  }

  @Test(arguments: [nil, "01J0000000000000000000OTHR"])
  func `A server that is not ours is never deleted`(label: String?) throws {
    let cloud = ScriptedCloud(["GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42, attempt: label))}"#)]])
    let refused = failure { () throws(CloudFailure) in try terminate(cloud) }
    #expect(refused?.code == .nameTaken)
    #expect(cloud.lines == ["GET /servers/42"])
  }

  @Test func `What is gone already is gone`() throws {
    let missing = CloudOutcome.hetzner(404, "not_found", "server not found")
    #expect(try terminate(ScriptedCloud(["GET /servers/42": [missing]])).state == "gone")
    #expect(try terminate(ScriptedCloud(["GET /servers/42": [ours], "DELETE /servers/42": [missing]])).state == "gone")
  }

  @Test(
    arguments: [
      (.hetzner(423, "locked", "x"), .busy), (.hetzner(423, "protected", "x"), .protected),
      (.hetzner(409, "conflict", "x"), .busy), (.hetzner(401, "token_readonly", "x"), .forbidden),
      (.sentNoAnswer(reason: "cut"), .unknownOutcome), (.hetzner(500, "server_error", "x"), .unknownOutcome),
    ] as [(CloudOutcome, FailureCode)])
  func `A delete that was not accepted says why`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud(["GET /servers/42": [ours], "DELETE /servers/42": [outcome]])
    #expect(failure { () throws(CloudFailure) in try terminate(cloud) }?.code == code)
  }

  @Test func `A protected server is not even tried`() throws {
    let server = Answer.server(42, attempt: Ask.attempt, protected: true)
    let cloud = ScriptedCloud(["GET /servers/42": [.json(200, #"{"server":\#(server)}"#)]])
    #expect(failure { () throws(CloudFailure) in try terminate(cloud) }?.code == .protected)
    #expect(cloud.requests.count == 1)
  }

  @Test func `A delete whose answer cannot be read was accepted all the same`() throws {
    let cloud = ScriptedCloud(["GET /servers/42": [ours], "DELETE /servers/42": [.json(200, "{")]])
    let reply = try terminate(cloud)
    #expect(reply.state == "terminating")
    #expect(Cookie(reading: reply.cookie).actions.isEmpty)
  }

  @Test(arguments: ["", "0", "-1", "042", "42/../43", "9999999999999999999999", "abc"])
  func `An id that is no server's never reaches the cloud`(id: String) throws {
    let cloud = ScriptedCloud([:])
    let bad = TerminateRequest(account: Ask.account, attemptId: Ask.attempt, name: "vm", externalId: id)
    #expect(failure { () throws(CloudFailure) in try hetzner.terminate(bad, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test(arguments: [("start", "poweron", "off"), ("stop", "poweroff", "running"), ("reboot", "reboot", "running")])
  func `Power is switched by action, after the label was read`(action: String, command: String, status: String) throws {
    let server = Answer.server(42, status: status, attempt: Ask.attempt)
    let cloud = ScriptedCloud([
      "GET /servers/42": [.json(200, #"{"server":\#(server)}"#)],
      "POST /servers/42/actions/\(command)": [.json(201, #"{"action":\#(Answer.action(9, command, "running"))}"#)],
    ])
    let reply = try hetzner.power(
      PowerRequest(account: Ask.account, attemptId: Ask.attempt, name: "vm", externalId: "42", action: action),
      cloud.call)
    #expect(Cookie(reading: reply.cookie).actions == [9])
    #expect(cloud.requests.count == 2)
    let done = ScriptedCloud(["GET /actions": [.page("actions", [Answer.action(9, command, "success")])]])
    let look = try hetzner.poll(
      PollRequest(
        account: Ask.account,
        entries: [PollEntry(attemptId: Ask.attempt, name: "vm", externalId: "42", cookie: reply.cookie)]), done.call)
    #expect(look.results[0].observations.map(\.state) == [action == "stop" ? .stopped : .running])
    #expect(look.results[0].observations[0].addresses.ipv4 == "192.0.2.1")
  }

  @Test func `A server that is as wanted costs no action`() throws {
    let cloud = ScriptedCloud(["GET /servers/42": [ours]])
    let reply = try hetzner.power(
      PowerRequest(account: Ask.account, attemptId: Ask.attempt, name: "vm", externalId: "42", action: "start"),
      cloud.call)
    #expect(reply.state == .running)
    #expect(cloud.requests.count == 1)
  }
}
