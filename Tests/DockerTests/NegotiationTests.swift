@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct NegotiationTests {
  private let docker = DockerProvisioner()

  private func selfTest(_ cloud: ScriptedCloud) throws(CloudFailure) -> SelfTestReply {
    try docker.selfTest(SelfTestRequest(account: Ask.account(), installationKey: Ask.key), cloud.call)
  }

  @Test(arguments: [("1.41", "1.41"), ("1.44", "1.44"), ("1.51", "1.51"), ("1.52", "1.51"), ("1.99", "1.51")])
  func `The older of the engine's newest version and ours is spoken`(theirs: String, spoken: String) throws {
    let cloud = ScriptedCloud([
      "HEAD /_ping": [Answer.ping(theirs)], "GET /v\(spoken)/info": [Answer.info()],
    ])
    let reply = try selfTest(cloud)
    #expect(cloud.lines == ["HEAD /_ping", "GET /v\(spoken)/info"])
    #expect(reply.accountIdentity == "engine:BWI4:UWKC /var/lib/docker")
    #expect(reply.apiVersion == "\(spoken) (Docker 20.10.24)")
  }

  @Test func `It is negotiated once, and anew when another engine answers`() throws {
    let old = ScriptedCloud.engine(["GET /info": [Answer.info()]])
    _ = try selfTest(old)
    _ = try selfTest(old)
    #expect(old.lines == ["HEAD /_ping", "GET /v1.41/info", "GET /v1.41/info"])
    let new = ScriptedCloud([
      "HEAD /_ping": [Answer.ping("1.52")], "GET /v1.51/info": [Answer.info()],
      "GET /v1.41/info": [
        Answer.message(
          400, "client version 1.41 is too old. Minimum supported API version is 1.44, please upgrade your client")
      ],
    ])
    _ = try selfTest(new)
    #expect(new.lines == ["GET /v1.41/info", "HEAD /_ping", "GET /v1.51/info"])
    let older = ScriptedCloud([
      "HEAD /_ping": [Answer.ping("1.43")], "GET /v1.43/info": [Answer.info()],
      "GET /v1.51/info": [
        Answer.message(400, "client version 1.51 is too new. Maximum supported API version is 1.43")
      ],
    ])
    _ = try selfTest(older)
    #expect(older.lines == ["GET /v1.51/info", "HEAD /_ping", "GET /v1.43/info"])
  }

  @Test func `A create that met another engine is sent in its version, and makes one container`() throws {
    docker.versions["acc"] = .newest
    let cloud = ScriptedCloud([
      "HEAD /_ping": [Answer.ping()],
      "POST /v1.51/containers/create": [Answer.message(400, "client version 1.51 is too new. Maximum is 1.41")],
      "POST /v1.41/containers/create": [.json(201, #"{"Id":"\#(Answer.id)","Warnings":[]}"#)],
      "PUT /v1.41/containers/\(Answer.id)/archive": [.json(200, "")],
      "POST /v1.41/containers/\(Answer.id)/start": [.json(204, "")],
    ])
    #expect(try docker.provision(Ask.provision(), cloud.call).externalId == Answer.id)
    #expect(cloud.lines.filter { $0.contains("create") }.count == 2)
  }

  @Test func `HEAD that gets no version is asked again by GET`() throws {
    for head in [CloudOutcome.json(405, ""), .json(404, ""), .json(200, "")] {
      let cloud = ScriptedCloud([
        "HEAD /_ping": [head], "GET /_ping": [Answer.ping()], "GET /v1.41/info": [Answer.info()],
      ])
      _ = try DockerProvisioner().selfTest(SelfTestRequest(account: Ask.account(), installationKey: ""), cloud.call)
      #expect(cloud.lines == ["HEAD /_ping", "GET /_ping", "GET /v1.41/info"])
    }
  }

  @Test(arguments: ["1.40", "0.9", "x", "1", "", "1.41.2", "99999.1"])
  func `An engine that is too old, or none at all, is named as that`(version: String) throws {
    let cloud = ScriptedCloud(["HEAD /_ping": [Answer.ping(version)], "GET /_ping": [Answer.ping(version)]])
    let refused = failure { () throws(CloudFailure) in try selfTest(cloud) }
    #expect(refused?.code == (APIVersion(version) == nil ? .unavailable : .unsupported))
    #expect(refused?.report.mayExist == false)
    #expect(refused?.report.remedy?.isEmpty == false)
    #expect(cloud.lines.allSatisfy { $0.hasSuffix("/_ping") })
  }

  @Test(
    arguments: [(401, .unauthenticated), (404, .notFound), (429, .rateLimited), (500, .unavailable)]
      as [(Int, FailureCode)])
  func `What stands before the engine is told by its own answer`(status: Int, code: FailureCode) throws {
    let cloud = ScriptedCloud(["HEAD /_ping": [.json(status, "")], "GET /_ping": [.json(status, "<html>")]])
    #expect(failure { () throws(CloudFailure) in try selfTest(cloud) }?.code == code)
  }

  @Test func `An engine whose oldest version is newer than ours is named as that, after one more negotiation`() throws {
    let cloud = ScriptedCloud([
      "HEAD /_ping": [Answer.ping("1.70")],
      "GET /v1.51/info": [Answer.message(400, "client version 1.51 is too old. Minimum supported API version is 1.60")],
    ])
    let refused = failure { () throws(CloudFailure) in try selfTest(cloud) }
    #expect(refused?.code == .unsupported)
    #expect(refused?.report.message.contains("1.60") == true)
    #expect(cloud.requests.count == 3)
  }

  @Test func `A self test asks for the engine and changes nothing`() throws {
    let cloud = ScriptedCloud.engine(["GET /info": [Answer.info()]])
    _ = try selfTest(cloud)
    #expect(cloud.requests.allSatisfy { !$0.changes })
    let windows = ScriptedCloud.engine(["GET /info": [.json(200, #"{"ID":"x","OSType":"windows"}"#)]])
    #expect(failure { () throws(CloudFailure) in try selfTest(windows) }?.code == .unsupported)
    let settings = SelfTestRequest(
      account: Ask.account(["address": .string("box.example"), "vcpu_hourly": .string("1e9")]), installationKey: "")
    let refused = failure { () throws(CloudFailure) in try docker.selfTest(settings, cloud.call) }
    #expect(refused?.report.violations?.map(\.path) == ["settings.address", "settings.vcpu_hourly"])
  }
}
