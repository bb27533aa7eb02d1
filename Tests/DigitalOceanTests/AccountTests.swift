@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct AccountTests {
  private let ocean = DigitalOceanProvisioner()
  private let path = "/account/keys/\(Ask.fingerprint)"
  private let found = CloudOutcome.json(200, #"{"ssh_key":\#(Answer.key(9, name: "renamed"))}"#)
  private let selfTest = SelfTestRequest(account: Ask.account, installationKey: Ask.key)

  private func prepare(_ type: String = "s-1vcpu-1gb") -> PrepareRequest {
    PrepareRequest(account: Ask.account, placement: Ask.placement(type), installationKey: Ask.key)
  }

  @Test func `The key object is asked for by fingerprint, never by list, and once`() throws {
    let cloud = ScriptedCloud(["GET \(path)": [found]])
    for _ in 1...3 { _ = try ocean.prepare(prepare(), cloud.call) }
    #expect(Cookie(reading: try ocean.prepare(prepare(), cloud.call).cookie) == Cookie(gpu: false))
    #expect(Cookie(reading: try ocean.prepare(prepare("gpu-h100x1-80gb"), cloud.call).cookie) == Cookie(gpu: true))
    #expect(cloud.lines == ["GET \(path)"])
    #expect(Ask.fingerprint.split(separator: ":").count == 16)
  }

  @Test func `A missing key object is made, with our name`() throws {
    let cloud = ScriptedCloud([
      "GET \(path)": [.missing], "POST /account/keys": [.json(201, #"{"ssh_key":\#(Answer.key(9))}"#)],
    ])
    _ = try ocean.prepare(prepare(), cloud.call)
    #expect(cloud.body(1)["name"] as? String == "slipway-inst")
    #expect(cloud.body(1)["public_key"] as? String == Ask.key)
  }

  @Test(arguments: [
    CloudOutcome.invalid("SSH Key is already in use on your account"), .sentNoAnswer(reason: "cut"),
    .refused(500, "server_error", "x"), .json(201, "{"),
  ])
  func `A key object that somebody made meanwhile is read again`(outcome: CloudOutcome) throws {
    let cloud = ScriptedCloud(["GET \(path)": [.missing, found], "POST /account/keys": [outcome]])
    _ = try ocean.prepare(prepare(), cloud.call)
    #expect(cloud.requests.map(\.method) == [.get, .post, .get])
    let never = ScriptedCloud(["GET \(path)": [.missing], "POST /account/keys": [outcome]])
    let refused = failure { () throws(CloudFailure) in try DigitalOceanProvisioner().prepare(prepare(), never.call) }
    #expect(refused?.code == .nameTaken || refused?.code == .unavailable)
    #expect(refused?.report.mayExist == false)
    #expect(refused?.report.remedy?.isEmpty == false)
  }

  private func account(_ fields: String) -> ScriptedCloud {
    ScriptedCloud { request in
      request.path == "/account"
        ? .json(200, #"{"account":{"email":"x",\#(fields)}}"#, headers: ["ratelimit-remaining": "4998"])
        : request.query.contains("gpus") ? .page("droplets", [], total: 2) : .page("droplets", [], total: 7)
    }
  }

  @Test func `The account is known by its team, or else its user, and tells what is left`() throws {
    let cloud = account(#""uuid":"u1","droplet_limit":25,"status":"active","team":{"uuid":"t1","name":"x"}"#)
    let reply = try ocean.selfTest(selfTest, cloud.call)
    #expect(reply.accountIdentity == "team:t1")
    #expect(reply.credentialValid && reply.canWrite == nil && reply.apiVersion == "v2")
    #expect(reply.quotaLeft == ["requests": 4_998, "droplets": 16])
    #expect(cloud.requests.count == 3)
    let alone = account(#""uuid":"u1","droplet_limit":3,"status":"warning","status_message":"pay""#)
    #expect(try ocean.selfTest(selfTest, alone.call).accountIdentity == "account:u1")
    #expect(try ocean.selfTest(selfTest, alone.call).quotaLeft["droplets"] == 0)
  }

  @Test func `What scopes hide is unknown, not empty`() throws {
    let reply = try ocean.selfTest(selfTest, account(#""email_verified":true"#).call)
    #expect(reply.accountIdentity == nil && reply.credentialValid)
    #expect(reply.quotaLeft == ["requests": 4_998])
    let blind = ScriptedCloud { request in
      request.path == "/account"
        ? .json(200, #"{"account":{"uuid":"u1","droplet_limit":25}}"#) : .refused(403, "forbidden", "x")
    }
    #expect(try ocean.selfTest(selfTest, blind.call).quotaLeft.isEmpty)
  }

  @Test func `A locked account is told as such, with its reason`() throws {
    let cloud = account(#""uuid":"u1","status":"locked","status_message":"please verify""#)
    let refused = failure { () throws(CloudFailure) in try ocean.selfTest(selfTest, cloud.call) }
    #expect(refused?.code == .forbidden)
    #expect(refused?.report.message == "DigitalOcean locked the account: please verify")
  }

  @Test func `A bad token is told as such, with what to do`() throws {
    let cloud = ScriptedCloud { _ in .refused(401, "Unauthorized", "Unable to authenticate you") }
    let refused = failure { () throws(CloudFailure) in try ocean.selfTest(selfTest, cloud.call) }
    #expect(refused?.code == .unauthenticated)
    #expect(refused?.report.cloudMessage == "Unable to authenticate you")
    #expect(refused?.report.remedy?.contains("token") == true)
  }

  @Test func `A listing holds droplets, GPU droplets and keys of ours only`() throws {
    let gpu = "gpu-h100x1-80gb"
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/droplets" where request.query.hasPrefix("tag_name"):
        .page("droplets", [Answer.droplet(42, attempt: Ask.attempt), Answer.droplet(41, hidesTags: true)])
      case "/droplets":
        .page("droplets", [Answer.droplet(7, attempt: "GPU", size: gpu), Answer.droplet(8, size: gpu)])
      default: .page("ssh_keys", [Answer.key(9), Answer.key(10, name: "mine")])
      }
    }
    let reply = try ocean.list(ListRequest(account: Ask.account), cloud.call)
    #expect(
      Set(reply.objects.map { "\($0.kind) \($0.externalId)" }) == ["server 42", "server 41", "server 7", "ssh_key 9"])
    let server = reply.objects.first { $0.externalId == "42" }
    #expect(server?.attemptId == Ask.attempt && server?.operationId == "O" && server?.resourceId == "R")
    #expect(server?.createdAt == "2026-05-01T00:00:00Z")
    #expect(server?.type == "s-1vcpu-1gb" && server?.location == "fra1" && server?.state == .running)
    #expect(reply.total == 4 && reply.allPagesRead)
    #expect(
      cloud.lines == [
        "GET /droplets?tag_name=slipway-installation%3Ainst&page=1&per_page=200",
        "GET /droplets?type=gpus&page=1&per_page=200", "GET /account/keys?page=1&per_page=200",
      ])
  }

  @Test(
    arguments: [
      ([Answer.droplet(1), #"{"id":"x"}"#], 2, nil), ([Answer.droplet(1)], 2, nil),
      ([Answer.droplet(1)], 1, "https://x/v2/droplets?per_page=200"),
    ] as [([String], Int, String?)])
  func `A listing that cannot be read whole, or disagrees with its total, is not complete`(
    items: [String], total: Int, next: String?
  ) throws {
    let links = next.map { #"{"pages":{"next":"\#($0)"}}"# } ?? "{}"
    let page = #"{"droplets":[\#(items.joined(separator: ","))],"links":\#(links),"meta":{"total":\#(total)}}"#
    let cloud = ScriptedCloud { request in
      request.path == "/droplets" && !request.query.contains("gpus")
        ? .json(200, page) : .page(request.path == "/droplets" ? "droplets" : "ssh_keys", [])
    }
    let reply = try ocean.list(ListRequest(account: Ask.account), cloud.call)
    #expect(!reply.allPagesRead && reply.total == nil)
  }

  @Test func `A GPU droplet whose tags are hidden might be ours: the listing is not complete`() throws {
    let cloud = ScriptedCloud { request in
      request.query.contains("gpus")
        ? .page("droplets", [Answer.droplet(7, hidesTags: true)])
        : .page(request.path == "/droplets" ? "droplets" : "ssh_keys", [])
    }
    #expect(try ocean.list(ListRequest(account: Ask.account), cloud.call).allPagesRead == false)
  }

  @Test func `A page number that does not grow ends the listing`() throws {
    let cloud = ScriptedCloud { _ in .page("droplets", [Answer.droplet(1)], total: 2, next: 1) }
    let listing = try DigitalOceanAPI(call: cloud.call).list(Droplet.self, "/droplets")
    #expect(!listing.isComplete)
    #expect(cloud.requests.count == 1)
  }

  @Test func `The manifest names what the host must know`() {
    let manifest = DigitalOceanProvisioner.manifest
    #expect(manifest.uniqueNames == false)
    #expect(manifest.rate?.perHour == 5_000 && manifest.rate?.perSecond == 4)
    #expect(manifest.rate?.remainingHeader == "ratelimit-remaining")
    #expect(manifest.settleWindowS == 60 && manifest.lateWindowS == 86_400)
    #expect(manifest.routes["terminate"]?.map(\.path) == ["/droplets/{external_id}", "/droplets/{external_id}"])
    #expect(manifest.routes["poll"]?.allSatisfy { $0.method == "GET" } == true)
  }
}
