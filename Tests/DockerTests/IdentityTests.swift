@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

/// Another engine behind the account's socket, as after a restart with another data folder.
@Suite struct IdentityTests {
  private let docker = DockerProvisioner()
  private let listing = "GET /containers/json"
  private let json = "GET /containers/\(Answer.id)/json"
  private static let others = [Answer.info(id: "OTHER"), Answer.info(folder: "/srv/docker"), Answer.info(id: "")]

  private func look(_ cloud: ScriptedCloud, _ entry: PollEntry) throws(CloudFailure) -> [PollResult] {
    try docker.poll(PollRequest(account: Ask.pinned, entries: [entry]), cloud.call).results
  }

  private func isRefusal(_ failure: CloudFailure?) -> Bool {
    failure?.code == .unavailable && failure?.report.mayExist == false
      && failure?.report.message.contains("expected engine:BWI4:UWKC /var/lib/docker, found") == true
  }

  @Test(arguments: others) func `A look at another engine fails, and shows nothing gone`(other: CloudOutcome) throws {
    let cloud = ScriptedCloud.engine(["GET /info": [other], listing: [Answer.list()], json: [Answer.noContainer]])
    let entry = try Ask.entry(expect: "absent")
    let failure = #expect(throws: CloudFailure.self) { try look(cloud, entry) }
    #expect(isRefusal(failure))
    #expect(cloud.asked == ["GET /info"])
  }

  @Test func `An engine that is exchanged during a look proves no absence`() throws {
    let cloud = ScriptedCloud.engine([
      "GET /info": [Answer.info(), Answer.info(id: "OTHER")], listing: [Answer.list()], json: [Answer.noContainer],
    ])
    let entry = try Ask.entry(expect: "absent")
    let failure = #expect(throws: CloudFailure.self) { try look(cloud, entry) }
    #expect(isRefusal(failure))
  }

  @Test func `The pinned engine's word that a container is gone counts`() throws {
    let cloud = ScriptedCloud.engine([
      "GET /info": [Answer.info()], listing: [Answer.list()], json: [Answer.noContainer],
    ])
    let result = try #require(try look(cloud, Ask.entry(expect: "absent")).first)
    #expect(result.observations.map(\.state) == [.gone])
    #expect(cloud.asked.filter { $0 == "GET /info" }.count == 2)
  }

  @Test func `What is there is seen with one question for the engine`() throws {
    let cloud = ScriptedCloud.engine(["GET /info": [Answer.info()], listing: [Answer.list(Answer.listed())]])
    let result = try #require(try look(cloud, Ask.entry(cookie: Cookie(.starting))).first)
    #expect(result.observations.map(\.state) == [.running])
    #expect(cloud.asked.filter { $0 == "GET /info" }.count == 1)
  }

  @Test func `Nothing is made, ended or listed on another engine`() throws {
    let cloud = ScriptedCloud.engine(["GET /info": [Answer.info(id: "OTHER")]])
    var order = Ask.provision()
    order.account = Ask.pinned
    let made = #expect(throws: CloudFailure.self) { try docker.provision(order, cloud.call) }
    #expect(isRefusal(made))
    let end = TerminateRequest(account: Ask.pinned, attemptId: Ask.attempt, name: "vm", externalId: Answer.id)
    let ended = #expect(throws: CloudFailure.self) { try docker.terminate(end, cloud.call) }
    #expect(isRefusal(ended))
    let listed = #expect(throws: CloudFailure.self) { try docker.list(ListRequest(account: Ask.pinned), cloud.call) }
    #expect(isRefusal(listed))
    #expect(Set(cloud.asked) == ["GET /info"])
  }
}
