@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct EndingTests {
  private let docker = DockerProvisioner()
  private let json = "GET /containers/\(Answer.id)/json"
  private let delete = "DELETE /containers/\(Answer.id)"

  private func terminate(_ cloud: ScriptedCloud) throws(CloudFailure) -> TerminateReply {
    try docker.terminate(
      TerminateRequest(account: Ask.account(), attemptId: Ask.attempt, name: "vm", externalId: Answer.id), cloud.call)
  }

  @Test func `The label is read, then the container goes with its anonymous volumes`() throws {
    let cloud = ScriptedCloud.engine([
      json: [.json(200, Answer.container(state: "running"))], delete: [.json(204, "")],
    ])
    #expect(try terminate(cloud).state == "terminating")
    #expect(cloud.asked == [json, "\(delete)?force=1&v=1"])
  }

  @Test func `What is gone is gone, at either request`() throws {
    #expect(try terminate(ScriptedCloud.engine([json: [Answer.noContainer]])).state == "gone")
    let raced = ScriptedCloud.engine([
      json: [.json(200, Answer.container())], delete: [Answer.noContainer],
    ])
    #expect(try terminate(raced).state == "gone")
  }

  @Test func `A foreign container is not touched`() throws {
    for foreign in [
      Answer.container(attempt: "other"), Answer.container(attempt: nil), Answer.container(Answer.other),
    ] {
      let cloud = ScriptedCloud.engine([json: [.json(200, foreign)], delete: [.json(204, "")]])
      #expect(failure { () throws(CloudFailure) in try terminate(cloud) }?.code == .nameTaken)
      #expect(cloud.requests.allSatisfy { !$0.changes })
    }
  }

  @Test func `A removal in progress is busy`() throws {
    let cloud = ScriptedCloud.engine([
      json: [.json(200, Answer.container(state: "removing"))],
      delete: [Answer.message(409, "removal of container \(Answer.id) is already in progress")],
    ])
    #expect(failure { () throws(CloudFailure) in try terminate(cloud) }?.code == .busy)
  }

  @Test(arguments: [
    ("start", "exited", "start", 204), ("start", "running", "start", 304), ("start", "paused", "unpause", 204),
    ("stop", "running", "stop?t=10", 204), ("stop", "exited", "stop?t=10", 304),
    ("reboot", "running", "restart?t=10", 204),
  ])
  func `Power does what is asked, or finds it done`(action: String, state: String, path: String, status: Int) throws {
    let command = path.prefix { $0 != "?" }
    let cloud = ScriptedCloud.engine([
      json: [.json(200, Answer.container(state: state))],
      "POST /containers/\(Answer.id)/\(command)": [.json(status, "")],
    ])
    let reply = try docker.power(power(action), cloud.call)
    #expect(cloud.asked == [json, "POST /containers/\(Answer.id)/\(path)"])
    #expect(reply.state == (action == "stop" ? .stopped : .running))
    #expect(Cookie(reading: reply.cookie).phase == (action == "stop" ? .stopped : .running))
  }

  @Test func `Power reads the label first, and knows its words`() throws {
    let foreign = ScriptedCloud.engine([json: [.json(200, Answer.container(attempt: "other"))]])
    #expect(failure { () throws(CloudFailure) in try docker.power(power("stop"), foreign.call) }?.code == .nameTaken)
    #expect(foreign.requests.allSatisfy { !$0.changes })
    let gone = ScriptedCloud.engine([json: [Answer.noContainer]])
    #expect(failure { () throws(CloudFailure) in try docker.power(power("stop"), gone.call) }?.code == .notFound)
    #expect(failure { () throws(CloudFailure) in try docker.power(power("melt"), gone.call) }?.code == .unsupported)
  }

  private func power(_ action: String) -> PowerRequest {
    PowerRequest(
      account: Ask.account(), attemptId: Ask.attempt, name: "vm", externalId: Answer.id, action: action)
  }

  @Test func `A list shows everything of ours, whatever its state`() throws {
    let cloud = ScriptedCloud.engine([
      "GET /containers/json": [
        Answer.list(Answer.listed(), Answer.listed(Answer.other, name: "half", state: "created", port: nil))
      ]
    ])
    let reply = try docker.list(ListRequest(account: Ask.account()), cloud.call)
    #expect(reply.objects.map(\.kind) == ["container", "container"])
    #expect(reply.objects.map(\.state) == [.running, .incomplete])
    #expect(reply.objects.map(\.attemptId) == [Ask.attempt, Ask.attempt])
    #expect(reply.total == 2 && reply.allPagesRead)
    #expect(cloud.asked.first?.contains("all=1") == true)
  }
}
