@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ProvisionTests {
  private let hetzner = HetznerProvisioner()

  @Test func `A create sends what Hetzner needs, once, and answers at once`() throws {
    let cloud = ScriptedCloud(["POST /servers": [.json(201, Answer.created(42))]])
    let reply = try hetzner.provision(
      try Ask.provision(config: .object(["public_ipv4": .bool(false)]), tags: ["team": "a b!", "…": "x"]), cloud.call)
    #expect(cloud.lines == ["POST /servers"])
    let body = cloud.body(0)
    #expect(body["name"] as? String == "vm")
    #expect(body["server_type"] as? String == "cx22")
    #expect(body["location"] as? String == "fsn1")
    #expect(body["image"] as? Int == 114_690_387)
    #expect(body["ssh_keys"] as? [Int] == [5])
    #expect(body["user_data"] as? String == "#cloud-config\n{}")
    #expect(body["start_after_create"] as? Bool == true)
    #expect(body["datacenter"] == nil)
    #expect(body["public_net"] as? [String: Bool] == ["enable_ipv4": false, "enable_ipv6": true])
    #expect(
      body["labels"] as? [String: String] == [
        "slipway": "1", "slipway-installation": "inst", "slipway-resource": "R", "slipway-attempt": Ask.attempt,
        "slipway-operation": "01J00000000000000000000000", "team": "a-b",
      ])
    #expect(reply.externalId == "42")
    #expect(reply.state == "pending")
    #expect(reply.addresses == Addresses(ipv4: "192.0.2.1", ipv6: "2001:db8::1"))
    #expect(reply.secrets.isEmpty)
    #expect(reply.pollAfterMs == 8_000)
    let cookie = Cookie(reading: reply.cookie)
    #expect(cookie.phase == .create)
    #expect(cookie.actions == [7, 8])
  }

  @Test func `A root password is handed over as a secret`() throws {
    let cloud = ScriptedCloud(["POST /servers": [.json(201, Answer.created(42, rootPassword: "hunter2"))]])
    let reply = try hetzner.provision(try Ask.provision(cookie: nil), cloud.call)
    #expect(cloud.body(0)["ssh_keys"] == nil)
    #expect(reply.secrets == [SealedSecret(name: "root_password", value: "hunter2")])
  }

  @Test func `A name that is ours is adopted`() throws {
    let cloud = ScriptedCloud([
      "POST /servers": [.hetzner(409, "uniqueness_error", "server name is already used")],
      "GET /servers": [.page("servers", [Answer.server(42, attempt: Ask.attempt)])],
    ])
    let reply = try hetzner.provision(try Ask.provision(), cloud.call)
    #expect(reply.externalId == "42")
    #expect(reply.adopted)
    #expect(reply.state == "running")
    #expect(cloud.lines == ["POST /servers", "GET /servers?name=vm&page=1&per_page=50"])
  }

  @Test(arguments: [nil, "01J0000000000000000000OTHR"])
  func `A name that is not ours is refused, and nothing is done to it`(label: String?) throws {
    let cloud = ScriptedCloud([
      "POST /servers": [.hetzner(409, "uniqueness_error", "server name is already used")],
      "GET /servers": [.page("servers", [Answer.server(42, attempt: label)])],
    ])
    let refused = failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) }
    #expect(refused?.code == .nameTaken)
    #expect(refused?.report.mayExist == false)
    #expect(refused?.report.message.contains("server 42") == true)
  }

  @Test func `A name that is taken and cannot be seen is an unknown outcome`() throws {
    for look in [CloudOutcome.page("servers", []), .hetzner(503, "unavailable", "later"), .sentNoAnswer(reason: "cut")]
    {
      let cloud = ScriptedCloud([
        "POST /servers": [.hetzner(409, "uniqueness_error", "server name is already used")], "GET /servers": [look],
      ])
      let lost = failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) }
      #expect(lost?.code == .unknownOutcome)
      #expect(lost?.report.mayExist == true)
    }
  }

  @Test(arguments: [
    CloudOutcome.sentNoAnswer(reason: "connection reset"), .hetzner(500, "server_error", "x"),
    .hetzner(503, "unavailable", "x"), .hetzner(504, "timeout", "x"), .json(502, "<html>"),
    .json(201, String(Answer.created(42).prefix(60))), .json(201, "{}"), .json(201, ""),
  ])
  func `A create that may have happened is an unknown outcome, and is not repeated`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud(["POST /servers": [outcome]])
    let lost = failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) }
    #expect(lost?.code == .unknownOutcome)
    #expect(lost?.report.mayExist == true)
    #expect(cloud.lines == ["POST /servers"])
  }

  @Test(
    arguments: [
      (.hetzner(412, "resource_unavailable", "error during placement"), .noCapacity),
      (.hetzner(422, "placement_error", "x"), .noCapacity),
      (.hetzner(422, "invalid_input", "unsupported location for server type"), .noCapacity),
      (.hetzner(422, "invalid_input", "image has incompatible architecture"), .invalidSpec),
      (.hetzner(422, "invalid_input", "bad"), .invalidSpec),
      (.hetzner(404, "not_found", "image not found"), .invalidSpec),
      (.hetzner(403, "resource_limit_exceeded", "server limit"), .quota), (.hetzner(403, "forbidden", "x"), .forbidden),
      (.hetzner(401, "unauthorized", "x"), .unauthenticated), (.hetzner(401, "token_readonly", "x"), .forbidden),
      (.hetzner(403, "maintenance", "x"), .unavailable), (.hetzner(423, "locked", "x"), .busy),
      (.hetzner(409, "conflict", "x"), .busy), (.hetzner(429, "rate_limit_exceeded", "x"), .rateLimited),
      (.hetzner(410, "deprecated_api_endpoint", "x"), .internal),
      (.notSent(reason: "no route", retryAfterMs: 0), .unavailable),
      (.json(401, "plain"), .unauthenticated), (.json(418, "{}"), .invalidSpec),
    ] as [(CloudOutcome, FailureCode)])
  func `A definite no says what it is, and that nothing exists`(outcome: CloudOutcome, code: FailureCode) throws {
    let cloud = ScriptedCloud(["POST /servers": [outcome]])
    let refused = try #require(failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) })
    #expect(refused.code == code)
    #expect(refused.report.mayExist == false)
    #expect(refused.report.remedy?.isEmpty == false)
    if case .answered(let answer) = outcome { #expect(refused.report.httpStatus == answer.status) }
  }

  @Test func `A refusal keeps the cloud's words, its request id, the limit and the fields`() throws {
    let quota = ScriptedCloud([
      "POST /servers": [
        .hetzner(403, "resource_limit_exceeded", "too many", details: #"{"limits":[{"name":"server_limit"}]}"#)
      ]
    ])
    let refused = failure { () throws(CloudFailure) in try hetzner.provision(request, quota.call) }
    #expect(refused?.report.limit == "server_limit")
    #expect(refused?.report.correlationId == "c0ffee")
    #expect(refused?.report.cloudCode == "resource_limit_exceeded")
    #expect(refused?.report.cloudMessage == "too many")

    let invalid = ScriptedCloud([
      "POST /servers": [
        .hetzner(
          422, "invalid_input", "invalid input", details: #"{"fields":[{"name":"server_type","messages":["is gone"]}]}"#
        )
      ]
    ])
    let wrong = failure { () throws(CloudFailure) in try hetzner.provision(request, invalid.call) }
    #expect(wrong?.report.violations == [Violation(path: "placement.type", message: "is gone")])
  }

  @Test func `A rate limit waits seconds, not until the budget is whole`() throws {
    let cloud = ScriptedCloud([
      "POST /servers": [
        .json(
          429, #"{"error":{"code":"rate_limit_exceeded","message":"limit"}}"#,
          headers: ["ratelimit-reset": "1999999999"])
      ]
    ])
    let refused = failure { () throws(CloudFailure) in try hetzner.provision(request, cloud.call) }
    #expect(refused?.report.retryAfterMs == 5_000)
  }

  @Test func `A key object that is gone is made again, and the create sent once more`() throws {
    let cloud = ScriptedCloud([
      "POST /servers": [.hetzner(422, "invalid_input", "SSH key not found"), .json(201, Answer.created(42))],
      "GET /ssh_keys": [.page("ssh_keys", [])],
      "POST /ssh_keys": [.json(201, #"{"ssh_key":{"id":9,"name":"slipway-inst"}}"#)],
    ])
    let reply = try hetzner.provision(request, cloud.call)
    #expect(reply.externalId == "42")
    #expect(cloud.requests.map(\.path) == ["/servers", "/ssh_keys", "/ssh_keys", "/servers"])
    #expect(cloud.body(3)["ssh_keys"] as? [Int] == [9])
  }

  @Test func `A request with an id returns the server that it has`() throws {
    let cloud = ScriptedCloud([
      "GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42, attempt: Ask.attempt))}"#)]
    ])
    let reply = try hetzner.provision(try Ask.provision(externalId: "42"), cloud.call)
    #expect(reply.externalId == "42")
    #expect(cloud.lines == ["GET /servers/42"])
    let foreign = ScriptedCloud(["GET /servers/42": [.json(200, #"{"server":\#(Answer.server(42))}"#)]])
    let again = try Ask.provision(externalId: "42")
    #expect(failure { () throws(CloudFailure) in try hetzner.provision(again, foreign.call) }?.code == .nameTaken)
    let gone = ScriptedCloud(["GET /servers/42": [.hetzner(404, "not_found", "x")]])
    #expect(failure { () throws(CloudFailure) in try hetzner.provision(again, gone.call) }?.code == .notFound)
  }

  @Test func `User data that is too long is refused before anything is sent`() throws {
    let cloud = ScriptedCloud([:])
    let long = try Ask.provision(userData: String(repeating: "x", count: 32_769))
    #expect(failure { () throws(CloudFailure) in try hetzner.provision(long, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.lines.isEmpty)
  }

  @Test(arguments: ["", "{}", "{\"v\":2,\"actions\":[1]}", "\u{0}", "{\"v\":1}"])
  func `A cookie that cannot be read counts as none`(cookie: String) throws {
    #expect(Cookie(reading: cookie).key == nil)
    #expect(Cookie(reading: cookie).actions.isEmpty)
  }

  private var request: ProvisionRequest {
    ProvisionRequest(
      account: Ask.account, attemptId: Ask.attempt, operationId: "O", resourceId: "R", name: "vm",
      placement: Ask.placement(), imageId: "114690387", architecture: "x86_64", sshPublicKeys: [Ask.key],
      userData: "#cloud-config\n{}", cookie: #"{"v":1,"plugin":"0.1.0","key":5,"actions":[]}"#)
  }
}
