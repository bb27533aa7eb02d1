@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ProvisionTests {
  private let ocean = DigitalOceanProvisioner()
  private let noKey = CloudOutcome.invalid("x are invalid key identifiers for Droplet creation.")

  private func send(_ cloud: ScriptedCloud) throws(CloudFailure) -> ProvisionReply {
    try ocean.provision(try Ask.provision(), cloud.call)
  }

  @Test func `A create sends what DigitalOcean needs, once, and answers at once`() throws {
    let cloud = ScriptedCloud(["POST /droplets": [.json(202, Answer.created())]])
    let config = JSONValue.object(["public_ipv6": .bool(false), "monitoring": .bool(true)])
    let reply = try ocean.provision(
      try Ask.provision(
        placement: Ask.placement(config: config),
        tags: ["team": "a b=1.2", "plain": "", "slipway-vm": "forged", "Slipway-installation": "forged"]), cloud.call)
    #expect(cloud.lines == ["POST /droplets"])
    let body = cloud.body(0)
    #expect(body["name"] as? String == "vm")
    #expect(body["size"] as? String == "s-1vcpu-1gb")
    #expect(body["region"] as? String == "fra1")
    #expect(body["image"] as? String == "debian-12-x64")
    #expect(body["ssh_keys"] as? [String] == [Ask.fingerprint])
    #expect(body["user_data"] as? String == "#cloud-config\n{}")
    #expect(body["ipv6"] as? Bool == false && body["monitoring"] as? Bool == true)
    #expect(body["with_droplet_agent"] as? Bool == false && body["backups"] as? Bool == false)
    #expect(
      body["tags"] as? [String] == [
        "slipway-installation:inst", "slipway-vm:\(Ask.attempt):O:R", "plain", "team:a-b-1-2",
      ])
    #expect(reply.externalId == "42")
    #expect(reply.state == "pending")
    #expect(reply.secrets.isEmpty && !reply.adopted)
    #expect(reply.pollAfterMs == 12_000)
    #expect(Cookie(reading: reply.cookie) == Cookie(create: 7, gpu: false))
  }

  @Test func `An image of the account's own is asked for by number, and a GPU droplet remembered as one`() throws {
    let cloud = ScriptedCloud(["POST /droplets": [.json(202, Answer.created(action: nil))]])
    let placement = Ask.placement("gpu-h100x1-80gb")
    let reply = try ocean.provision(try Ask.provision(placement: placement, imageId: "123456"), cloud.call)
    #expect(cloud.body(0)["image"] as? Int == 123_456)
    #expect(Cookie(reading: reply.cookie) == Cookie(gpu: true))
  }

  @Test func `Tags keep to letters, digits, underscore, colon and dash, 255 of them`() throws {
    let cloud = ScriptedCloud(["POST /droplets": [.json(202, Answer.created())]])
    let long = String(repeating: "é.", count: 200)
    _ = try ocean.provision(try Ask.provision(tags: ["ключ": "=", "long": long]), cloud.call)
    for tag in cloud.body(0)["tags"] as? [String] ?? [] {
      #expect(tag.utf8.count <= 255)
      #expect(tag.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_:-".contains($0)) }, "\(tag)")
    }
  }

  @Test(arguments: [
    CloudOutcome.sentNoAnswer(reason: "connection reset"), .refused(500, "server_error", "x"),
    .refused(503, "service_unavailable", "Service unavailable"), .refused(504, "timeout", "droplet limit"),
    .json(502, "<html>"), .json(202, String(Answer.created().prefix(60))), .json(202, "{}"), .json(202, ""),
    .json(202, #"{"droplet":{"id":0}}"#), .json(404, "<html>"),
  ])
  func `A create that may have happened is an unknown outcome, and is not repeated`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud(["POST /droplets": [outcome]])
    let lost = failure { () throws(CloudFailure) in try send(cloud) }
    #expect(lost?.code == .unknownOutcome)
    #expect(lost?.report.mayExist == true)
    #expect(cloud.lines == ["POST /droplets"])
  }

  @Test(
    arguments: [
      (.invalid("creating this/these droplet(s) will exceed your droplet limit"), .quota),
      (.invalid("Size is not available in this region."), .noCapacity),
      (.invalid("This size is unavailable."), .noCapacity),
      (.invalid("Droplet creation in nyc1 is currently restricted"), .noCapacity),
      (.invalid("The image you specified is not available in the selected region"), .invalidSpec),
      (.invalid("You specified an invalid image for Droplet creation."), .invalidSpec),
      (.invalid("Cannot create a droplet with a smaller disk than the image."), .invalidSpec),
      (.missing, .invalidSpec), (.refused(401, "Unauthorized", "Unable to authenticate you"), .unauthenticated),
      (.refused(401, "unauthorized", "x"), .unauthenticated),
      (.refused(403, "forbidden", "You do not have access for the attempted action."), .forbidden),
      (.refused(409, "conflict", "x"), .busy), (.refused(429, "too_many_requests", "x"), .rateLimited),
      (.refused(402, "payment", "x"), .paymentRequired), (.notSent(reason: "no route", retryAfterMs: 0), .unavailable),
      (.json(401, "plain"), .unauthenticated), (.json(418, "{}"), .invalidSpec),
    ] as [(CloudOutcome, FailureCode)])
  func `A definite no says what it is, and that nothing exists`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud(["POST /droplets": [outcome]])
    let refused = try #require(failure { () throws(CloudFailure) in try send(cloud) })
    #expect(refused.code == code)
    #expect(refused.report.mayExist == false)
    #expect(refused.report.remedy?.isEmpty == false)
    if case .answered(let answer) = outcome { #expect(refused.report.httpStatus == answer.status) }
  }

  @Test func `A refusal keeps the cloud's words, its request id, the limit and the field`() throws {
    let full = CloudOutcome.invalid("creating this/these droplet(s) will exceed your droplet limit")
    let quota = failure { () throws(CloudFailure) in try send(ScriptedCloud(["POST /droplets": [full]])) }
    #expect(quota?.report.limit == "droplets")
    #expect(quota?.report.correlationId == "c0ffee")
    #expect(quota?.report.cloudCode == "unprocessable_entity")
    let bad = CloudOutcome.invalid("You specified an invalid size for Droplet creation.")
    let wrong = failure { () throws(CloudFailure) in try send(ScriptedCloud(["POST /droplets": [bad]])) }
    #expect(
      wrong?.report.violations == [
        Violation(path: "placement.type", message: "You specified an invalid size for Droplet creation.")
      ])
  }

  @Test(
    arguments: [
      (["retry-after": "37", "ratelimit-remaining": "4000"], 37_000),
      // The hour is spent: one request is free again when the oldest leaves the window.
      (["ratelimit-remaining": "0", "ratelimit-reset": "1780000090"], 90_000),
      (["ratelimit-remaining": "0", "ratelimit-reset": "1779999990"], 1_000),
      (["ratelimit-remaining": "4000", "ratelimit-reset": "1780000090"], 10_000),
      (["ratelimit-remaining": "0", "ratelimit-reset": "9223372036854775807"], 10_000), ([:], 10_000),
      (["retry-after": "9223372036854775807"], 3_600_000), (["retry-after": "-1"], 10_000),
    ] as [([String: String], Int64)])
  func `A rate limit says how long to wait`(headers: [String: String], wait: Int64) throws {
    let limited = CloudOutcome.refused(429, "too_many_requests", "API Rate limit exceeded.", headers: headers)
    let cloud = ScriptedCloud(["POST /droplets": [limited]])
    let refused = failure { () throws(CloudFailure) in try send(cloud) }
    #expect(refused?.code == .rateLimited)
    #expect(refused?.report.retryAfterMs == wait)
  }

  @Test func `A key object that is gone is made again, and the create sent once more`() throws {
    let cloud = ScriptedCloud([
      "POST /droplets": [noKey, .json(202, Answer.created())],
      "POST /account/keys": [.json(201, #"{"ssh_key":\#(Answer.key(9))}"#)],
      "GET /account/keys/\(Ask.fingerprint)": [.missing],
    ])
    #expect(try send(cloud).externalId == "42")
    #expect(
      cloud.requests.map(\.path) == ["/droplets", "/account/keys/\(Ask.fingerprint)", "/account/keys", "/droplets"])
  }

  @Test func `A key that no droplet can be made with yet is waited for`() throws {
    let cloud = ScriptedCloud([
      "POST /droplets": [noKey],
      "GET /account/keys/\(Ask.fingerprint)": [.json(200, #"{"ssh_key":\#(Answer.key(9))}"#)],
    ])
    let refused = failure { () throws(CloudFailure) in try send(cloud) }
    #expect(refused?.code == .busy && refused?.report.mayExist == false)
    #expect(cloud.requests.map(\.method) == [.post, .get, .post])
  }

  @Test func `A create without a key is refused before anything is sent: a password would be mailed`() throws {
    let cloud = ScriptedCloud([:])
    for keys in [[], [""], ["no key"]] {
      let request = try Ask.provision(keys: keys)
      #expect(failure { () throws(CloudFailure) in try ocean.provision(request, cloud.call) }?.code == .invalidSpec)
    }
    #expect(cloud.lines.isEmpty)
  }

  @Test func `A request with an id returns the droplet that it has, and makes none`() throws {
    let again = try Ask.provision(cookie: Cookie(create: 7), externalId: "42")
    let cloud = ScriptedCloud(["GET /droplets/42": [Answer.one(Answer.droplet(attempt: Ask.attempt))]])
    let reply = try ocean.provision(again, cloud.call)
    #expect(reply.externalId == "42" && reply.state == "running")
    #expect(reply.addresses == Addresses(ipv4: "192.0.2.1", ipv6: "2001:db8::1"))
    #expect(Cookie(reading: reply.cookie).create == 7)
    #expect(cloud.lines == ["GET /droplets/42"])
    let foreign = ScriptedCloud(["GET /droplets/42": [Answer.one(Answer.droplet(attempt: "OTHER"))]])
    #expect(failure { () throws(CloudFailure) in try ocean.provision(again, foreign.call) }?.code == .nameTaken)
    let gone = ScriptedCloud(["GET /droplets/42": [.missing]])
    #expect(failure { () throws(CloudFailure) in try ocean.provision(again, gone.call) }?.code == .notFound)
  }

  @Test func `User data that is too long is refused before anything is sent`() throws {
    let cloud = ScriptedCloud([:])
    let long = try Ask.provision(userData: String(repeating: "x", count: 65_537))
    #expect(failure { () throws(CloudFailure) in try ocean.provision(long, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.lines.isEmpty)
  }

  @Test(arguments: ["", "{}", #"{"v":2,"create":1}"#, "\u{0}", #"{"v":1}"#])
  func `A cookie that cannot be read counts as none`(cookie: String) {
    #expect(Cookie(reading: cookie) == Cookie())
  }
}
