import Foundation
import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct ProvisionTests {
  private let vultr = VultrProvisioner()

  private func provision(_ cloud: ScriptedCloud) throws(CloudFailure) -> ProvisionReply {
    try vultr.provision(try Ask.provision(), cloud.call)
  }

  @Test func `A create sends what Vultr needs, once, and answers at once`() throws {
    let cloud = ScriptedCloud(["POST /instances": [.json(202, Answer.created(42))]])
    let reply = try vultr.provision(try Ask.provision(tags: ["team": "a b", "slipway-attempt": "x"]), cloud.call)
    #expect(cloud.lines == ["POST /instances"])
    let body = cloud.body(0)
    #expect(body["label"] as? String == "vm")
    #expect(body["hostname"] as? String == "vm")
    #expect(body["plan"] as? String == "vc2-1c-1gb")
    #expect(body["region"] as? String == "ams")
    #expect(body["os_id"] as? Int == 2136)
    #expect(body["sshkey_id"] as? [String] == [Ask.keyID])
    #expect(
      Data(base64Encoded: body["user_data"] as? String ?? "").map { String(decoding: $0, as: UTF8.self) }
        == "#cloud-config\n{}")
    #expect(body["activation_email"] as? Bool == false)
    #expect(body["backups"] as? String == "disabled")
    #expect(body["user_scheme"] as? String == "root")
    #expect(body["enable_ipv6"] as? Bool == true)
    #expect(body["disable_public_ipv4"] == nil)
    #expect(
      body["tags"] as? [String] == [
        "slipway", "slipway-installation:inst", "slipway-resource:R", "slipway-operation:O",
        "slipway-attempt:\(Ask.attempt)", "team:a-b",
      ])
    #expect(reply.externalId == Answer.id(42))
    #expect(reply.state == "pending")
    #expect(reply.addresses == Addresses())
    #expect(reply.pollAfterMs == 15_000)
    #expect(Cookie(reading: reply.cookie) == Cookie(key: Ask.keyID, ipv4: true))
  }

  @Test func `The default password is handed over as a secret, and nowhere else`() throws {
    let cloud = RecordingCloud(.json(202, Answer.created(42, password: "hunter2")))
    let reply = try vultr.provision(try Ask.provision(), Call(cloud))
    #expect(reply.secrets == [SealedSecret(name: "root_password", value: "hunter2")])
    #expect(reply.cookie?.contains("hunter2") == false)
    #expect(cloud.logged.isEmpty)
    // An answer that cannot be read is told without what it holds.
    let torn = RecordingCloud(.json(202, #"{"instance":{"id":7,"default_password":"hunter2"}}"#))
    let lost = failure { () throws(CloudFailure) in try vultr.provision(try Ask.provision(), Call(torn)) }
    #expect(lost?.code == .unknownOutcome)
    #expect(
      lost.map { String(decoding: (try? JSON.encode($0.report)) ?? [], as: UTF8.self) }?.contains("hunter2") == false)
    #expect(torn.logged.isEmpty)
    // One of another form is no reason to lose the id.
    let odd = RecordingCloud(.json(202, #"{"instance":{"id":"\#(Answer.id(1))","default_password":5}}"#))
    #expect(try vultr.provision(try Ask.provision(), Call(odd)).secrets.isEmpty)
  }

  @Test func `An instance without IPv4 is asked for, and remembered`() throws {
    let cloud = ScriptedCloud(["POST /instances": [.json(202, Answer.created(42))]])
    let reply = try vultr.provision(
      try Ask.provision(config: .object(["public_ipv4": .bool(false)])), cloud.call)
    #expect(cloud.body(0)["disable_public_ipv4"] as? Bool == true)
    #expect(cloud.body(0)["enable_ipv6"] as? Bool == true)
    #expect(Cookie(reading: reply.cookie).ipv4 == false)
  }

  @Test(arguments: [
    CloudOutcome.sentNoAnswer(reason: "connection reset"), .vultr(500, "Internal error"), .vultr(503, "x"),
    .vultr(500, "Server is currently locked"), .vultr(500, "Server add failed: plan is sold out"), .json(502, "<html>"),
    .json(202, String(Answer.created(42).prefix(60))), .json(202, "{}"), .json(202, ""),
    .json(202, #"{"instance":{"id":"not-a-uuid"}}"#), .json(404, "<html>"), .json(408, "{}"),
  ])
  func `A create that may have happened is an unknown outcome, and is not repeated`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud(["POST /instances": [outcome]])
    let lost = failure { () throws(CloudFailure) in try provision(cloud) }
    #expect(lost?.code == .unknownOutcome)
    #expect(lost?.report.mayExist == true)
    #expect(cloud.lines == ["POST /instances"])
  }

  @Test(
    arguments: [
      (.vultr(400, "Invalid plan chosen."), .invalidSpec),
      (.vultr(400, "Plan is not available in the selected datacenter. It has not any more capacity."), .noCapacity),
      (.vultr(400, "Invalid UUID format."), .invalidSpec), (.vultr(404, "Invalid region."), .invalidSpec),
      (.vultr(404, "Something is not there"), .invalidSpec),
      (.vultr(400, "This OS requires a plan with at least 2048 MB memory"), .invalidSpec),
      (.vultr(400, "Server add failed: plan is not available in the selected region"), .noCapacity),
      (.vultr(400, "This plan is currently sold out"), .noCapacity),
      (
        .vultr(400, "Server add failed: You have reached the maximum number of active instances for this account."),
        .quota
      ), (.vultr(400, "You have reached the maximum monthly fee limit for this account"), .quota),
      (.vultr(400, "Please open a support request for access to this product"), .quota),
      (.vultr(400, "Add a payment method first"), .paymentRequired), (.vultr(402, "x"), .paymentRequired),
      (.vultr(401, "Invalid API token."), .unauthenticated), (.vultr(401, "x"), .unauthenticated),
      (.vultr(401, "Unauthorized IP address: 192.0.2.7"), .forbidden), (.vultr(403, "Forbidden"), .forbidden),
      (.vultr(429, "x"), .rateLimited), (.vultr(400, "Rate limit exceeded"), .rateLimited),
      (.vultr(400, "Server is currently locked"), .busy), (.vultr(422, "x"), .invalidSpec),
      (.notSent(reason: "no route", retryAfterMs: 0), .unavailable), (.json(401, "plain"), .unauthenticated),
    ] as [(CloudOutcome, FailureCode)])
  func `A definite no says what it is, and that nothing exists`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud(["POST /instances": [outcome]])
    let refused = try #require(failure { () throws(CloudFailure) in try provision(cloud) })
    #expect(refused.code == code)
    #expect(refused.report.mayExist == false)
    #expect(refused.report.remedy?.isEmpty == false)
    #expect(cloud.lines == ["POST /instances"])
  }

  @Test func `A refusal keeps the cloud's words, the limit and a pause`() throws {
    func refused(_ outcome: CloudOutcome) -> FailureReport? {
      failure { () throws(CloudFailure) in try provision(ScriptedCloud(["POST /instances": [outcome]])) }?.report
    }
    let quota = refused(.vultr(400, "You have reached the maximum number of active instances for this account."))
    #expect(quota?.limit == "instances")
    #expect(quota?.cloudMessage == "You have reached the maximum number of active instances for this account.")
    #expect(quota?.httpStatus == 400)
    #expect(refused(.vultr(429, "slow down"))?.retryAfterMs == 2_000)
  }

  @Test(arguments: [("192.0.2.7", false), ("2001:19f0:7002::1", true)])
  func `A key that is not allowed from here names the address and what to do`(address: String, isV6: Bool) throws {
    let cloud = ScriptedCloud { _ in .vultr(401, "Unauthorized IP address: \(address)") }
    let refused = failure { () throws(CloudFailure) in try provision(cloud) }
    #expect(refused?.code == .forbidden)
    #expect(refused?.report.remedy?.contains("allow \(address) for the API key") == true)
    #expect(refused?.report.remedy?.contains("IPv4 only") == isV6)
  }

  @Test(arguments: [
    CloudOutcome.vultr(404, "Invalid ssh key."), .vultr(400, "Invalid SSHKEY_ID"), .vultr(400, "Bad request."),
  ])
  func `A key object that is gone is made again, and the create sent once more`(refusal: CloudOutcome) throws {
    let cloud = ScriptedCloud([
      "POST /instances": [refusal, .json(202, Answer.created(42))],
      "GET /ssh-keys": [.page("ssh_keys", [Answer.key("k1", Ask.otherKey)])],
      "POST /ssh-keys": [.json(201, #"{"ssh_key":\#(Answer.key("k9", Ask.key))}"#)],
    ])
    #expect(try provision(cloud).externalId == Answer.id(42))
    #expect(cloud.requests.map(\.path) == ["/instances", "/ssh-keys", "/ssh-keys", "/ssh-keys", "/instances"])
    #expect(cloud.body(4)["sshkey_id"] as? [String] == ["k9"])
    // After an answer that proves nothing it is not sent again.
    let unclear = ScriptedCloud(["POST /instances": [.vultr(500, "Invalid ssh key.")]])
    #expect(failure { () throws(CloudFailure) in try provision(unclear) }?.code == .unknownOutcome)
    #expect(unclear.requests.count == 1)
  }

  @Test func `A refusal that is not about the key is not sent again`() throws {
    let cloud = ScriptedCloud([
      "POST /instances": [.vultr(400, "Bad request.")],
      "GET /ssh-keys": [.page("ssh_keys", [Answer.key(Ask.keyID, Ask.key)])],
    ])
    #expect(failure { () throws(CloudFailure) in try provision(cloud) }?.code == .invalidSpec)
    #expect(cloud.requests.map(\.path) == ["/instances", "/ssh-keys"])
    // Nobody knows what it is about: nothing was made all the same.
    let limited = ScriptedCloud([
      "POST /instances": [.vultr(400, "Bad request.")], "GET /ssh-keys": [.vultr(429, "x")],
    ])
    let refused = failure { () throws(CloudFailure) in try provision(limited) }
    #expect(refused?.code == .rateLimited)
    #expect(refused?.report.mayExist == false)
  }

  @Test func `A request with an id returns the instance that it has`() throws {
    let path = "GET /instances/\(Answer.id(42))"
    let again = try Ask.provision(externalId: Answer.id(42))
    let cloud = ScriptedCloud([path: [Answer.one(Answer.instance(attempt: Ask.attempt))]])
    let reply = try vultr.provision(again, cloud.call)
    #expect(reply.externalId == Answer.id(42) && reply.state == "running")
    #expect(cloud.lines == [path])
    let foreign = ScriptedCloud([path: [Answer.one(Answer.instance())]])
    #expect(failure { () throws(CloudFailure) in try vultr.provision(again, foreign.call) }?.code == .nameTaken)
    let gone = ScriptedCloud([path: [.vultr(404, "instance not found")]])
    #expect(failure { () throws(CloudFailure) in try vultr.provision(again, gone.call) }?.code == .notFound)
  }

  @Test func `An image that is no operating system's id never reaches the cloud`() throws {
    let cloud = ScriptedCloud([:])
    let refused = failure { () throws(CloudFailure) in
      try vultr.provision(try Ask.provision(imageId: "debian-12"), cloud.call)
    }
    #expect(refused?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test(arguments: ["", "{}", "{\"v\":2,\"key\":\"k\"}", "\u{0}", "{\"v\":1}"])
  func `A cookie that cannot be read counts as none`(cookie: String) {
    #expect(Cookie(reading: cookie) == Cookie())
  }
}

/// Answers everything alike and keeps what is logged.
final class RecordingCloud: CallServices {
  private(set) var logged: [String] = []
  private let answer: CloudOutcome
  let nowMs: Int64 = 1_780_000_000_000

  init(_ answer: CloudOutcome) { self.answer = answer }

  func perform(_ request: CloudRequest) -> CloudOutcome { answer }
  func log(_ level: Call.Level, _ message: String, _ fields: [String: String]) { logged.append(message) }
}
