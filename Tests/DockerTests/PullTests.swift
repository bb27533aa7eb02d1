@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct PullTests {
  private let docker = DockerProvisioner()
  private let absent = Answer.message(404, "No such image: debian:12")
  private let present = CloudOutcome.json(200, #"{"Id":"sha256:1","Architecture":"amd64"}"#)

  private func prepare(_ cloud: ScriptedCloud, _ image: String = "debian:12") -> CloudFailure? {
    failure { () throws(CloudFailure) in
      try docker.prepare(
        PrepareRequest(account: Ask.account(), placement: Ask.placement("", "", image), installationKey: Ask.key),
        cloud.call)
    }
  }

  private func engine(_ stream: CloudOutcome, image: [CloudOutcome]? = nil) -> ScriptedCloud {
    .engine(["GET /images/debian:12/json": image ?? [absent, present], "POST /images/create": [stream]])
  }

  private static let lines = """
    {"status":"Pulling from library/debian","id":"12"}\r
    {"status":"Pulling fs layer","progressDetail":{},"id":"é1"}\r
    {"status":"Pulling fs layer","progressDetail":{},"id":"b2"}\r
    {"status":"Downloading","progressDetail":{"current":50,"total":100},"progress":"[==> ]","id":"é1"}\r
    {"status":"Downloading","progressDetail":{"current":51,"total":100},"id":"é1"}\r
    {"status":"Download complete","progressDetail":{},"id":"é1"}\r
    {"status":"Extracting","progressDetail":{"current":9223372036854775807,"total":1},"id":"é1"}\r
    {"status":"Pull complete","progressDetail":{},"id":"é1"}\r
    {"status":"Already exists","progressDetail":{},"id":"b2"}\r
    not json
    {"status":"Digest: sha256:1"}\r

    """

  @Test func `An image that is there is not pulled, and no image means no request`() {
    let cloud = engine(.json(500, ""), image: [present])
    #expect(prepare(cloud) == nil)
    #expect(cloud.asked == ["GET /images/debian:12/json"])
    let none = ScriptedCloud([:])
    #expect(prepare(none, "") == nil)
    #expect(none.lines.isEmpty)
  }

  @Test(arguments: [1, 5, 1 << 20]) func `A missing image is pulled by tag, with progress`(pieceSize: Int) {
    let cloud = engine(.json(200, Self.lines))
    cloud.pieceSize = pieceSize
    #expect(prepare(cloud) == nil)
    #expect(
      cloud.asked == [
        "GET /images/debian:12/json", "POST /images/create?fromImage=debian&tag=12", "GET /images/debian:12/json",
      ])
    #expect(cloud.told.last == "1000 pulling debian:12: 2 of 2 layers")
    if pieceSize < 10 {
      #expect(cloud.told.count == 5)
      #expect(cloud.told.contains("175 pulling debian:12: 0 of 2 layers"))
    }
  }

  @Test(
    arguments: [
      ("pull access denied for nope, repository does not exist or may require 'docker login'", .invalidSpec),
      ("manifest for debian:12 not found: manifest unknown: manifest unknown", .invalidSpec),
      ("no matching manifest for linux/arm64/v8 in the manifest list entries", .invalidSpec),
      ("toomanyrequests: You have reached your pull rate limit", .rateLimited),
      ("failed to register layer: no space left on device", .noCapacity),
      ("Get https://registry-1.docker.io/v2/: dial tcp: lookup: server misbehaving", .unavailable),
    ] as [(String, FailureCode)])
  func `An error inside the stream of a 200 is found`(message: String, code: FailureCode) {
    for line in [#"{"errorDetail":{"message":"\#(message)"},"error":"\#(message)"}"#, #"{"error":"\#(message)"}"#] {
      for end in ["", "\r\n"] {
        let stream = #"{"status":"Pulling fs layer","progressDetail":{},"id":"a"}"# + "\r\n" + line + end
        let failed = prepare(engine(.json(200, stream)))
        #expect(failed?.code == code)
        #expect(failed?.report.message.contains(message) == true)
        #expect(failed?.report.mayExist == false)
      }
    }
  }

  @Test func `A stream that breaks, or an image that does not come, is asked for again`() {
    let cut = engine(.json(200, Self.lines))
    cut.cutAfter = 300
    #expect(prepare(cut)?.code == .unavailable)
    #expect(prepare(engine(.json(200, Self.lines), image: [absent]))?.code == .unavailable)
    #expect(prepare(engine(Answer.message(500, "proxy trouble")))?.code == .unavailable)
    #expect(prepare(engine(Answer.message(404, "pull access denied for debian")))?.code == .invalidSpec)
  }

  @Test(arguments: [
    ("debian", "has no tag"), ("localhost:5000/debian", "has no tag"), ("", "expected a name"),
    ("debian:", "cannot be one"), ("Debian:12", "expected a name"), ("a//b:1", "expected a name"),
    ("../x:1", "expected a name"), ("a/../b:1", "expected a name"), ("debian:12@sha256:12", "cannot be one"),
    ("sha256:\(Answer.id)", "by its id"), ("a/b/c/d/e/f/g:1", "expected a name"), ("debian:1 2", "cannot be one"),
    ("x:99999/a:1", "expected a name"), ("-a:1", "expected a name"), ("a:b:c", "expected a name"),
  ])
  func `What would be all tags, or no image, is refused before anything is sent`(image: String, why: String) {
    guard !image.isEmpty else { return }
    let cloud = ScriptedCloud([:])
    let refused = prepare(cloud, image)
    #expect(refused?.code == .invalidSpec)
    #expect(refused?.report.message.contains(why) == true, "\(refused?.report.message ?? "")")
    #expect(cloud.lines.isEmpty)
  }

  @Test(arguments: [
    ("debian:12", "debian", "12"), ("registry.example:5000/team/app:v1.2", "registry.example:5000/team/app", "v1.2"),
    ("localhost/a:1", "localhost/a", "1"), ("ghcr.io/a/b__c:_x", "ghcr.io/a/b__c", "_x"),
    ("debian:12@sha256:\(Answer.id)", "debian", "sha256:\(Answer.id)"),
  ])
  func `A reference is a name and a tag or digest`(text: String, name: String, version: String) throws {
    let reference = try ImageReference(text)
    #expect(reference.name == name)
    #expect(reference.version == version)
  }

  @Test func `The manifest has a route for every name that can be pulled`() throws {
    for text in ["a:1", "r.example/a/b/c/d/e:1"] {
      let path = "/{}/images/\(try ImageReference(text).text)/json"
      let segments = path.split(separator: "/").count
      let routes = PluginManifest.docker.routes["prepare"] ?? []
      #expect(routes.contains { $0.path.hasPrefix("/{}/images/") && $0.path.split(separator: "/").count == segments })
    }
  }
}
