@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct EndingTests {
  private let ocean = DigitalOceanProvisioner()
  private let ours = Answer.one(Answer.droplet(attempt: Ask.attempt))

  private func terminate(_ cloud: ScriptedCloud) throws(CloudFailure) -> TerminateReply {
    try ocean.terminate(Ask.terminate(), cloud.call)
  }

  private func cloud(_ droplet: CloudOutcome, _ delete: CloudOutcome = .none) -> ScriptedCloud {
    ScriptedCloud(["GET /droplets/42": [droplet], "DELETE /droplets/42": [delete]])
  }

  @Test func `The tag is read again, then the droplet is destroyed by its id`() throws {
    let cloud = cloud(ours)
    let reply = try terminate(cloud)
    #expect(reply.state == "terminating")
    #expect(reply.pollAfterMs == 4_000)
    #expect(cloud.lines == ["GET /droplets/42", "DELETE /droplets/42"])
  }

  @Test(arguments: [
    Answer.droplet(attempt: "01J0000000000000000000OTHR"), Answer.droplet(tags: ["web"]),
    // Ours once: somebody took our tag away, long after it was made.
    Answer.droplet(), Answer.droplet(created: "yesterday"), Answer.droplet(name: "other", status: "new"),
    Answer.droplet(name: "other", hidesTags: true),
  ])
  func `A droplet that is not ours is never destroyed`(droplet: String) throws {
    let cloud = cloud(Answer.one(droplet))
    let refused = failure { () throws(CloudFailure) in try terminate(cloud) }
    #expect(refused?.code == .nameTaken)
    #expect(refused?.report.mayExist == false)
    #expect(cloud.lines == ["GET /droplets/42"])
    for action in ["start", "stop", "reboot"] {
      #expect(failure { () throws(CloudFailure) in try ocean.power(Ask.power(action), cloud.call) }?.code == .nameTaken)
    }
  }

  @Test(arguments: [
    Answer.droplet(status: "new"), Answer.droplet(hidesTags: true),
    // Active for a moment only: its tags may still come.
    Answer.droplet(created: "2026-05-28T20:20:00Z"), Answer.droplet(created: "2026-05-28T20:27:00Z"),
    Answer.droplet(name: "renamed", attempt: Ask.attempt),
    Answer.droplet(tags: ["Slipway-VM:\(Ask.attempt.lowercased()):o:r"]),
  ])
  func `While tags are late or hidden the name tells, and their spelling does not matter`(droplet: String) throws {
    #expect(try terminate(cloud(Answer.one(droplet))).state == "terminating")
  }

  @Test func `What is gone already is gone`() throws {
    #expect(try terminate(cloud(.missing)).state == "gone")
    #expect(try terminate(cloud(ours, .missing)).state == "gone")
  }

  @Test func `A page that is not DigitalOcean's proves nothing gone`() throws {
    let proxy = CloudOutcome.json(404, "<html>not found</html>")
    #expect(failure { () throws(CloudFailure) in try terminate(cloud(proxy)) }?.code == .unavailable)
    #expect(failure { () throws(CloudFailure) in try terminate(cloud(ours, proxy)) }?.code == .unknownOutcome)
    #expect(
      failure { () throws(CloudFailure) in try terminate(cloud(Answer.one(Answer.droplet(43)))) }?.code == .unavailable)
  }

  @Test(
    arguments: [
      (.invalid("Droplet already has a pending event."), .busy), (.refused(409, "conflict", "x"), .busy),
      (.refused(403, "forbidden", "x"), .forbidden), (.refused(429, "too_many_requests", "x"), .rateLimited),
      (.sentNoAnswer(reason: "cut"), .unknownOutcome), (.refused(500, "server_error", "x"), .unknownOutcome),
    ] as [(CloudOutcome, FailureCode)])
  func `A delete that was not accepted says why`(outcome: CloudOutcome, code: FailureCode) throws {
    #expect(failure { () throws(CloudFailure) in try terminate(cloud(ours, outcome)) }?.code == code)
  }

  @Test(arguments: ["", "0", "-1", "042", "42/../43", "42?tag_name=x", "9999999999999999999999", "abc", "pending-1"])
  func `An id that is no droplet's never reaches the cloud`(id: String) throws {
    let cloud = ScriptedCloud([:])
    let refused = failure { () throws(CloudFailure) in try ocean.terminate(Ask.terminate(id), cloud.call) }
    #expect(refused?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test(arguments: [("start", "power_on", "off"), ("stop", "power_off", "active"), ("reboot", "reboot", "active")])
  func `Power is switched by action, after the tag was read`(action: String, type: String, status: String) throws {
    let cloud = ScriptedCloud([
      "GET /droplets/42": [Answer.one(Answer.droplet(status: status, attempt: Ask.attempt))],
      "POST /droplets/42/actions": [.json(201, #"{"action":\#(Answer.action(9, type, "in-progress"))}"#)],
    ])
    let reply = try ocean.power(Ask.power(action), cloud.call)
    #expect(reply.pollAfterMs == 3_000)
    #expect(cloud.lines == ["GET /droplets/42", "POST /droplets/42/actions"])
    #expect(cloud.body(1)["type"] as? String == type)
  }

  @Test func `A droplet that is as wanted costs no action, and an unknown action no request`() throws {
    let cloud = cloud(ours)
    #expect(try ocean.power(Ask.power("start"), cloud.call).state == .running)
    #expect(cloud.requests.count == 1)
    #expect(failure { () throws(CloudFailure) in try ocean.power(Ask.power("burn"), cloud.call) }?.code == .unsupported)
    #expect(cloud.requests.count == 1)
    let gone = ScriptedCloud(["GET /droplets/42": [.missing]])
    #expect(failure { () throws(CloudFailure) in try ocean.power(Ask.power("stop"), gone.call) }?.code == .notFound)
  }
}
