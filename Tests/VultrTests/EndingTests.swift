import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct EndingTests {
  private let vultr = VultrProvisioner()
  private let path = "/instances/\(Answer.id(42))"
  private let ours = Answer.one(Answer.instance(attempt: Ask.attempt))

  private func terminate(_ cloud: ScriptedCloud) throws(CloudFailure) -> TerminateReply {
    try vultr.terminate(Ask.terminate(), cloud.call)
  }

  private func cloud(_ delete: CloudOutcome) -> ScriptedCloud {
    ScriptedCloud(["GET \(path)": [ours], "DELETE \(path)": [delete]])
  }

  @Test func `The tag is read again, then the instance is destroyed by its id`() throws {
    let cloud = cloud(.none)
    let reply = try terminate(cloud)
    #expect(reply.state == "terminating")
    #expect(reply.pollAfterMs == 5_000)
    #expect(cloud.lines == ["GET \(path)", "DELETE \(path)"])
  }

  @Test(arguments: [nil, "01J0000000000000000000OTHR"])
  func `An instance that is not ours is never destroyed`(tag: String?) throws {
    let cloud = ScriptedCloud(["GET \(path)": [Answer.one(Answer.instance(attempt: tag))]])
    #expect(failure { () throws(CloudFailure) in try terminate(cloud) }?.code == .nameTaken)
    #expect(cloud.lines == ["GET \(path)"])
    let untagged = ScriptedCloud(["GET \(path)": [Answer.one(#"{"id":"\#(Answer.id(42))","label":"vm"}"#)]])
    #expect(failure { () throws(CloudFailure) in try terminate(untagged) }?.code == .nameTaken)
    #expect(untagged.requests.count == 1)
  }

  @Test func `What is gone already is gone`() throws {
    let missing = CloudOutcome.vultr(404, "instance not found")
    #expect(try terminate(ScriptedCloud(["GET \(path)": [missing]])).state == "gone")
    #expect(try terminate(cloud(missing)).state == "gone")
  }

  @Test func `A page that is not Vultr's proves nothing gone`() throws {
    let proxy = CloudOutcome.json(404, "<html>not found</html>")
    #expect(
      failure { () throws(CloudFailure) in try terminate(ScriptedCloud(["GET \(path)": [proxy]])) }?.code
        == .unavailable)
    #expect(failure { () throws(CloudFailure) in try terminate(cloud(proxy)) }?.code == .unknownOutcome)
  }

  @Test func `An end that is under way already is one`() throws {
    let cloud = cloud(.vultr(500, "Unable to destroy server: This server is already pending destruction"))
    #expect(try terminate(cloud).state == "terminating")
  }

  @Test(
    arguments: [
      (.vultr(500, "Unable to destroy server: Unable to remove VM: Server is currently locked"), .busy),
      (.vultr(401, "Invalid API token."), .unauthenticated), (.vultr(403, "x"), .forbidden),
      (.vultr(429, "x"), .rateLimited), (.sentNoAnswer(reason: "cut"), .unknownOutcome),
      (.vultr(500, "Something new"), .unknownOutcome),
    ] as [(CloudOutcome, FailureCode)])
  func `A delete that was not accepted says why`(outcome: CloudOutcome, code: FailureCode) throws {
    #expect(failure { () throws(CloudFailure) in try terminate(cloud(outcome)) }?.code == code)
  }

  @Test(arguments: [
    "", "42", "..", "4f0f12e5-1f84-404f-aa84-00000000004", "4f0f12e5-1f84-404f-aa84-0000000000/2", "start",
  ])
  func `An id that is no instance's never reaches the cloud`(id: String) throws {
    let cloud = ScriptedCloud([:])
    let refused = failure { () throws(CloudFailure) in try vultr.terminate(Ask.terminate(id), cloud.call) }
    #expect(refused?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test(arguments: [("start", "start", "stopped"), ("stop", "halt", "running"), ("reboot", "reboot", "running")])
  func `Power is switched after the tag was read`(action: String, command: String, power: String) throws {
    let cloud = ScriptedCloud([
      "GET \(path)": [Answer.one(Answer.instance(power: power, attempt: Ask.attempt))],
      "POST \(path)/\(command)": [.none],
    ])
    let reply = try vultr.power(Ask.power(action), cloud.call)
    #expect(reply.state.rawValue == power)
    #expect(cloud.lines == ["GET \(path)", "POST \(path)/\(command)"])
    let foreign = ScriptedCloud(["GET \(path)": [Answer.one(Answer.instance(power: power))]])
    #expect(failure { () throws(CloudFailure) in try vultr.power(Ask.power(action), foreign.call) }?.code == .nameTaken)
    #expect(foreign.requests.count == 1)
  }

  @Test func `An instance that is as wanted costs no action, and one that is gone is not found`() throws {
    let cloud = ScriptedCloud(["GET \(path)": [ours]])
    #expect(try vultr.power(Ask.power("start"), cloud.call).state == .running)
    #expect(cloud.requests.count == 1)
    let gone = ScriptedCloud(["GET \(path)": [.vultr(404, "instance not found")]])
    #expect(failure { () throws(CloudFailure) in try vultr.power(Ask.power("stop"), gone.call) }?.code == .notFound)
  }
}
