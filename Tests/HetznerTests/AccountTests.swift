@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct AccountTests {
  private let hetzner = HetznerProvisioner()
  private let prepare = PrepareRequest(account: Ask.account, placement: Ask.placement(), installationKey: Ask.key)
  private let made =
    #"{"id":9,"name":"slipway-inst","fingerprint":"x","public_key":"k","labels":{},"created":"2026-05-01T00:00:00Z"}"#

  @Test func `The key object is found by fingerprint, whatever its name, and asked for once`() throws {
    let cloud = ScriptedCloud(["GET /ssh_keys": [.page("ssh_keys", [made])]])
    for _ in 1...3 { #expect(Cookie(reading: try hetzner.prepare(prepare, cloud.call).cookie).key == 9) }
    let query = try #require(cloud.lines.first)
    #expect(query.hasPrefix("GET /ssh_keys?fingerprint="))
    #expect(query.contains("%3A"))
    #expect(cloud.requests.count == 1)
  }

  @Test func `A missing key object is made, with our name and label`() throws {
    let cloud = ScriptedCloud([
      "GET /ssh_keys": [.page("ssh_keys", [])], "POST /ssh_keys": [.json(201, #"{"ssh_key":\#(made)}"#)],
    ])
    #expect(Cookie(reading: try hetzner.prepare(prepare, cloud.call).cookie).key == 9)
    #expect(cloud.body(1)["name"] as? String == "slipway-inst")
    #expect(cloud.body(1)["public_key"] as? String == Ask.key)
    #expect(cloud.body(1)["labels"] as? [String: String] == ["slipway": "1", "slipway-installation": "inst"])
  }

  @Test(arguments: [
    CloudOutcome.hetzner(409, "uniqueness_error", "SSH key with the same fingerprint already exists"),
    .sentNoAnswer(reason: "cut"), .hetzner(500, "server_error", "x"), .json(201, "{"),
  ])
  func `A key object that somebody made meanwhile is read again`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud([
      "GET /ssh_keys": [.page("ssh_keys", []), .page("ssh_keys", [made])], "POST /ssh_keys": [outcome],
    ])
    #expect(Cookie(reading: try hetzner.prepare(prepare, cloud.call).cookie).key == 9)
    let never = ScriptedCloud(["GET /ssh_keys": [.page("ssh_keys", [])], "POST /ssh_keys": [outcome]])
    let refused = failure { () throws(CloudFailure) in try HetznerProvisioner().prepare(prepare, never.call) }
    #expect(refused?.code == .nameTaken || refused?.code == .unavailable)
    #expect(refused?.report.mayExist == false)
  }

  @Test func `The account is known by our key object's id`() throws {
    let cloud = ScriptedCloud([
      "GET /ssh_keys": [
        .json(200, #"{"ssh_keys":[\#(made)],"meta":{}}"#, headers: ["ratelimit-remaining": "3599"]),
        .page("ssh_keys", []),
      ]
    ])
    let request = SelfTestRequest(account: Ask.account, installationKey: Ask.key)
    let reply = try hetzner.selfTest(request, cloud.call)
    #expect(reply.accountIdentity == "ssh-key:9")
    #expect(reply.credentialValid)
    #expect(reply.canWrite == nil)
    #expect(reply.quotaLeft == ["requests": 3_599])
    #expect(try hetzner.selfTest(request, cloud.call).accountIdentity == nil)
  }

  @Test func `A bad token is told as such, with what to do`() throws {
    let cloud = ScriptedCloud { _ in .hetzner(401, "unauthorized", "the token you have provided is invalid") }
    let request = SelfTestRequest(account: Ask.account, installationKey: Ask.key)
    let refused = failure { () throws(CloudFailure) in try hetzner.selfTest(request, cloud.call) }
    #expect(refused?.code == .unauthenticated)
    #expect(refused?.report.cloudMessage == "the token you have provided is invalid")
    #expect(refused?.report.remedy?.contains("token") == true)
  }

  @Test(arguments: ["", "ssh-ed25519", "ssh-ed25519 !!!", "hello world"])
  func `A key that is none is refused before anything is sent`(key: String) throws {
    let cloud = ScriptedCloud([:])
    let request = SelfTestRequest(account: Ask.account, installationKey: key)
    #expect(failure { () throws(CloudFailure) in try hetzner.selfTest(request, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test func `A listing holds servers, keys and addresses of ours, with the cloud's count`() throws {
    let address = #"{"id":3,"name":"ip","ip":"192.0.2.9","type":"ipv4","created":"2026-05-01T00:00:00Z","labels":{}}"#
    let cloud = ScriptedCloud([
      "GET /servers": [.page("servers", [Answer.server(42, attempt: Ask.attempt)])],
      "GET /ssh_keys": [.page("ssh_keys", [made])], "GET /primary_ips": [.page("primary_ips", [address])],
    ])
    let reply = try hetzner.list(ListRequest(account: Ask.account), cloud.call)
    #expect(Set(reply.objects.map { "\($0.kind) \($0.externalId)" }) == ["server 42", "ssh_key 9", "address 3"])
    #expect(reply.objects.first { $0.kind == "server" }?.attemptId == Ask.attempt)
    #expect(reply.total == 3 && reply.allPagesRead)
    #expect(cloud.lines.allSatisfy { $0.contains("label_selector=slipway-installation%3Dinst") })
  }

  @Test func `A listing that disagrees with its total is not complete`() throws {
    let cloud = ScriptedCloud([
      "GET /servers": [.page("servers", [Answer.server(42)], total: 2)], "GET /ssh_keys": [.page("ssh_keys", [])],
      "GET /primary_ips": [.page("primary_ips", [])],
    ])
    #expect(try hetzner.list(ListRequest(account: Ask.account), cloud.call).allPagesRead == false)
  }

  @Test func `A page number that does not grow ends the listing`() throws {
    let cloud = ScriptedCloud { _ in .page("servers", [Answer.server(1)], total: 2, next: 1) }
    let listing = try HetznerAPI(call: cloud.call).list(Server.self, "/servers")
    #expect(!listing.isComplete)
    #expect(cloud.requests.count == 1)
  }
}
