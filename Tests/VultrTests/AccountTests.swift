import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct AccountTests {
  private let vultr = VultrProvisioner()
  private let prepare = PrepareRequest(account: Ask.account, placement: Ask.placement(), installationKey: Ask.key)
  private let selfTest = SelfTestRequest(account: Ask.account, installationKey: Ask.key)
  /// The same key under another name and comment, among others.
  private let keys = [
    Answer.key(
      "k2", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIHTE5d5LOW0mPBrzb8vJSkuOOp0eDBNGLD1OxvtXKWC x", name: "renamed"),
    Answer.key("k1", Ask.otherKey), Answer.key("k0", Ask.key, created: "2027-01-01T00:00:00+00:00"),
  ]

  @Test func `The key object is found by its body, whatever its name, the oldest of several, and asked for once`()
    throws
  {
    let cloud = ScriptedCloud(["GET /ssh-keys": [.page("ssh_keys", keys)]])
    for _ in 1...3 { #expect(Cookie(reading: try vultr.prepare(prepare, cloud.call).cookie).key == "k2") }
    #expect(cloud.lines == ["GET /ssh-keys?per_page=500"])
  }

  @Test func `A missing key object is made, with our name`() throws {
    let cloud = ScriptedCloud([
      "GET /ssh-keys": [.page("ssh_keys", [keys[1]])],
      "POST /ssh-keys": [.json(201, #"{"ssh_key":\#(Answer.key("k9", Ask.key))}"#)],
    ])
    #expect(Cookie(reading: try vultr.prepare(prepare, cloud.call).cookie).key == "k9")
    #expect(cloud.body(1)["name"] as? String == "slipway-inst")
    #expect(cloud.body(1)["ssh_key"] as? String == Ask.key)
  }

  @Test(arguments: [CloudOutcome.sentNoAnswer(reason: "cut"), .vultr(500, "x"), .json(201, "{")])
  func `A key object whose making got no answer is looked for`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud([
      "GET /ssh-keys": [.page("ssh_keys", []), .page("ssh_keys", keys)], "POST /ssh-keys": [outcome],
    ])
    #expect(Cookie(reading: try vultr.prepare(prepare, cloud.call).cookie).key == "k2")
    let never = ScriptedCloud(["GET /ssh-keys": [.page("ssh_keys", [])], "POST /ssh-keys": [outcome]])
    let refused = failure { () throws(CloudFailure) in try VultrProvisioner().prepare(prepare, never.call) }
    #expect(refused?.code == .unavailable)
    #expect(refused?.report.mayExist == false)
  }

  @Test func `The account is known by our key object's id, and tells what the key may do`() throws {
    let account =
      #"{"account":{"name":"x","email":"x","acls":["subscriptions","provisioning","dns"],"balance":-100.55,"pending_charges":60.25}}"#
    let cloud = ScriptedCloud([
      "GET /ssh-keys": [.page("ssh_keys", keys), .page("ssh_keys", [])], "GET /account": [.json(200, account)],
    ])
    let reply = try vultr.selfTest(selfTest, cloud.call)
    #expect(reply.accountIdentity == "ssh-key:k2")
    #expect(reply.credentialValid && reply.canWrite == true)
    #expect(reply.scopes == ["subscriptions", "provisioning", "dns"])
    #expect(reply.quotaLeft == ["credit_cents": 4_030])
    #expect(reply.apiVersion == "v2")
    #expect(try vultr.selfTest(selfTest, cloud.call).accountIdentity == nil)
  }

  @Test(
    arguments: [
      (CloudOutcome.json(200, #"{"account":{"acls":["subscriptions_view","provisioning"]}}"#), false),
      (.json(200, #"{"account":{"acls":[]}}"#), nil), (.vultr(403, "no"), nil),
    ] as [(CloudOutcome, Bool?)])
  func `What the key may not do, or does not tell, is told`(account: CloudOutcome, canWrite: Bool?) throws {
    let cloud = ScriptedCloud(["GET /ssh-keys": [.page("ssh_keys", keys)], "GET /account": [account]])
    let reply = try vultr.selfTest(selfTest, cloud.call)
    #expect(reply.credentialValid)
    #expect(reply.canWrite == canWrite)
  }

  @Test func `A bad key is told as such, with what to do`() throws {
    let cloud = ScriptedCloud { _ in .vultr(401, "Invalid API token.") }
    let refused = failure { () throws(CloudFailure) in try vultr.selfTest(selfTest, cloud.call) }
    #expect(refused?.code == .unauthenticated)
    #expect(refused?.report.cloudMessage == "Invalid API token.")
    #expect(refused?.report.remedy?.contains("API key") == true)
  }

  @Test(arguments: ["", "ssh-ed25519", "ssh-ed25519 !!!", "hello world"])
  func `A key that is none is refused before anything is sent`(key: String) throws {
    let cloud = ScriptedCloud([:])
    let request = SelfTestRequest(account: Ask.account, installationKey: key)
    #expect(failure { () throws(CloudFailure) in try vultr.selfTest(request, cloud.call) }?.code == .invalidSpec)
    #expect(cloud.requests.isEmpty)
  }

  @Test func `A listing holds instances and keys of ours only`() throws {
    let cloud = ScriptedCloud([
      "GET /instances": [.page("instances", [Answer.instance(42, attempt: Ask.attempt), Answer.instance(43)])],
      "GET /ssh-keys": [.page("ssh_keys", keys)],
    ])
    let reply = try vultr.list(ListRequest(account: Ask.account), cloud.call)
    #expect(
      Set(reply.objects.map { "\($0.kind) \($0.externalId)" }) == [
        "server \(Answer.id(42))", "ssh_key k0", "ssh_key k1",
      ])
    let server = reply.objects.first { $0.kind == "server" }
    #expect(server?.attemptId == Ask.attempt)
    #expect(server?.createdAt == "2026-05-01T00:00:00Z")
    #expect(server?.type == "vc2-1c-1gb" && server?.location == "ams")
    #expect(reply.total == nil && reply.allPagesRead)
    #expect(cloud.lines.first == "GET /instances?tag=slipway-installation%3Ainst&per_page=500")
  }

  @Test func `A listing of which an object cannot be read, or that disagrees with its total, is not complete`() throws {
    for page in [CloudOutcome.page("instances", [#"{"id":7}"#]), .page("instances", [Answer.instance()], total: 2)] {
      let cloud = ScriptedCloud(["GET /instances": [page], "GET /ssh-keys": [.page("ssh_keys", [])]])
      #expect(try vultr.list(ListRequest(account: Ask.account), cloud.call).allPagesRead == false)
    }
  }

  /// Two pages whose totals only look ahead; the n-th reading leaves out what `missing` says.
  private func lookahead(missing: [Int: Int]) -> ScriptedCloud {
    var reading = 0
    return ScriptedCloud { request in
      guard request.path == "/instances" else { return .page("ssh_keys", []) }
      if request.query.hasSuffix("cursor=c1") {
        let left = [3, 4].filter { $0 != missing[reading] }
        return .page("instances", left.map { Answer.instance($0, attempt: "A\($0)") })
      }
      reading += 1
      return .page("instances", [1, 2].map { Answer.instance($0, attempt: "A\($0)") }, total: 3, next: "c1")
    }
  }

  @Test(arguments: [([:], true), ([1: 3], false), ([2: 4], false)] as [([Int: Int], Bool)])
  func `Where the totals tell nothing, two readings must agree`(missing: [Int: Int], isComplete: Bool) throws {
    let cloud = lookahead(missing: missing)
    #expect(try vultr.list(ListRequest(account: Ask.account), cloud.call).allPagesRead == isComplete)
    #expect(cloud.requests.count == 5)
  }

  @Test func `A full last page that names a next one, which is empty, is read to the end`() throws {
    let cloud = ScriptedCloud { request in
      guard request.path == "/instances" else { return .page("ssh_keys", []) }
      return request.query.hasSuffix("cursor=c1")
        ? .page("instances", []) : .page("instances", [Answer.instance(attempt: "A")], next: "c1")
    }
    let reply = try vultr.list(ListRequest(account: Ask.account), cloud.call)
    #expect(reply.allPagesRead && reply.objects.count == 1)
  }

  @Test func `The manifest names what the host must know`() {
    let manifest = VultrProvisioner.manifest
    #expect(manifest.uniqueNames == false)
    #expect(manifest.rate?.perSecond == 30)
    #expect(manifest.settleWindowS == 60 && manifest.lateWindowS == 86_400)
    #expect(manifest.routes["terminate"]?.map(\.path) == ["/instances/{external_id}", "/instances/{external_id}"])
    #expect(manifest.routes["poll"]?.allSatisfy { $0.method == "GET" } == true)
  }
}
