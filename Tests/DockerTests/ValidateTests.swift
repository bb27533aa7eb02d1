@testable import Docker
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ValidateTests {
  private let docker = DockerProvisioner()

  private func engine(_ more: [String: [CloudOutcome]] = [:], info: CloudOutcome = Answer.info()) -> ScriptedCloud {
    .engine(
      [
        "GET /info": [info], "GET /images/debian:12/json": [.json(200, #"{"Architecture":"amd64"}"#)],
        "GET /networks": [Answer.networks],
      ]
      .merging(more) { _, new in new })
  }

  private func validate(
    _ cloud: ScriptedCloud, _ spec: PlacementSpec, _ settings: [String: JSONValue] = [:]
  ) throws(CloudFailure) -> ValidateReply {
    try docker.validate(ValidateRequest(account: Ask.account(settings), placements: [spec]), cloud.call)
  }

  private func violations(_ cloud: ScriptedCloud, _ spec: PlacementSpec) -> [Violation] {
    failure { () throws(CloudFailure) in try validate(cloud, spec) }?.report.violations ?? []
  }

  @Test func `A size that the engine has room for holds, with its price`() throws {
    let cloud = engine()
    let reply = try validate(
      cloud, Ask.placement("c2-m3072", config: ["disk_gb": .integer(10)]),
      ["vcpu_hourly": .number(0.005), "gib_hourly": .string("0.0015"), "currency": .string("USD")])
    #expect(
      reply.placements == [
        ValidatedPlacement(
          index: 0, type: "c2-m3072", location: "box", imageId: "debian:12", architecture: "x86_64", vcpu: 2,
          memoryMb: 3_072, diskGb: 10,
          price: Price(hourly: "0.0145", currency: "USD", net: true, granularityS: 1))
      ])
    #expect(cloud.asked == ["GET /info", "GET /images/debian:12/json"])
    #expect(try validate(engine(), Ask.placement()).placements.first?.price?.hourly == "0")
  }

  @Test(arguments: [
    "c2", "m512", "c0-m512", "c1-m31", "c1.5-m512", "c01-m512", "c1-m512 ", "C1-M512", "c-m", "c99999-m512",
  ])
  func `A name that is no size is refused with the sizes that are`(type: String) {
    let found = violations(engine(), Ask.placement(type))
    #expect(found.map(\.path) == ["placements[0].type"])
    #expect(found.first?.allowed.contains("c1-m512") == true)
  }

  @Test func `Everything that does not fit is said at once`() {
    let found = violations(
      engine(), Ask.placement("c8-m99999", "bax", config: ["network": .string("host"), "privileged": .bool(true)]))
    #expect(
      found.map(\.path) == [
        "placements[0].config.network", "placements[0].config.privileged", "placements[0].type", "placements[0].type",
        "placements[0].location",
      ])
    #expect(found.last?.allowed == ["box"])
  }

  @Test(arguments: [
    "nosuchnet", "host", "Host", "HOST", "hOsT", "none", "None", "default", "Default", "container:x", "Container:x",
    "container:\(Answer.id)", Answer.hostNetwork, Answer.hostNetwork.uppercased(),
    String(Answer.hostNetwork.prefix(12)),
    "1", "1a", "Metal", "Bridge", "TENANTS", "secluded", "services", "ingress", "draft", "flat", "ns:/proc/1/ns/net",
    "",
    " tenants",
  ])
  func `A network that is not one of the engine's own is refused, and the ones that are, are listed`(name: String)
    throws
  {
    let config: [String: JSONValue] = ["network": .string(name)]
    let found = violations(engine(), Ask.placement(config: config))
    #expect(found.map(\.path) == ["placements[0].config.network"])
    #expect(found.first?.allowed.sorted() == ["bridge", "tenants", "wide"])
    // Nor does a create let it through, whatever was validated before.
    let cloud = engine()
    let refused = failure { () throws(CloudFailure) in
      try docker.provision(Ask.provision(config: config), cloud.call)
    }
    #expect(refused?.code == .invalidSpec && refused?.report.mayExist != true)
    #expect(cloud.requests.allSatisfy { !$0.changes })
  }

  @Test(arguments: ["bridge", "tenants", "wide"])
  func `A network of the engine holds`(name: String) throws {
    #expect(try validate(engine(), Ask.placement(config: ["network": .string(name)])).placements.count == 1)
  }

  @Test func `A limit that the kernel cannot keep is not sold`() throws {
    let blind = engine(info: Answer.info(limits: false))
    #expect(violations(blind, Ask.placement()).count == 2)
    let lame = engine(
      info: .json(200, #"{"Name":"box","NCPU":4,"MemTotal":8589934592,"PidsLimit":false,"SwapLimit":false}"#))
    #expect(
      try validate(lame, Ask.placement()).placements.first?.warnings
        == ["the engine's kernel cannot limit processes and swap"])
  }

  @Test func `An image that the engine has not is looked for in its registry, and nothing is pulled`() throws {
    let absent = ["GET /images/debian:12/json": [Answer.message(404, "No such image: debian:12")]]
    func cloud(_ answer: CloudOutcome) -> ScriptedCloud {
      engine(absent.merging(["GET /distribution/debian:12/json": [answer]]) { _, new in new })
    }
    let there = cloud(.json(200, #"{"Platforms":[{"architecture":"arm64","os":"linux"},{"architecture":"amd64"}]}"#))
    #expect(try validate(there, Ask.placement()).placements.count == 1)
    #expect(there.requests.allSatisfy { !$0.changes })
    let foreign = cloud(.json(200, #"{"Platforms":[{"architecture":"arm64"}]}"#))
    #expect(violations(foreign, Ask.placement()).first?.message.contains("for arm64, not for x86_64") == true)
    for refusal in [
      Answer.message(404, "manifest unknown"), Answer.message(401, "unauthorized"), Answer.message(403, "denied"),
    ] {
      #expect(violations(cloud(refusal), Ask.placement()).map(\.path) == ["placements[0].image"])
    }
    let unreached = cloud(Answer.message(500, "dial tcp: lookup registry-1.docker.io: no such host"))
    let warnings = try validate(unreached, Ask.placement()).placements.first?.warnings
    #expect(warnings?.first?.contains("could not be asked") == true)
    let wrong = engine(["GET /images/debian:12/json": [.json(200, #"{"Architecture":"arm64"}"#)]])
    #expect(violations(wrong, Ask.placement()).first?.message == "image 'debian:12' is for arm64, the engine is x86_64")
    #expect(violations(engine(), Ask.placement("c1-m512", "box", "debian")).first?.message.contains("no tag") == true)
  }

  @Test func `The catalog shows the engine's sizes, its name and its images`() throws {
    let cloud = engine([
      "GET /images/json": [
        .json(
          200,
          #"[{"Id":"sha256:1","RepoTags":["debian:12","debian:bookworm"]},{"Id":"sha256:2","RepoTags":null},"#
            + #"{"Id":"sha256:3","RepoTags":["<none>:<none>"]},{"Id":4}]"#)
      ]
    ])
    let reply = try docker.catalog(CatalogRequest(account: Ask.account()), cloud.call)
    #expect(reply.types.map(\.name).prefix(4) == ["c1-m512", "c1-m1024", "c1-m2048", "c1-m4096"])
    #expect(reply.types.map(\.name).last == "c4-m8192")
    #expect(reply.locations.map(\.name) == ["box"])
    #expect(reply.images.map(\.name) == ["debian:12", "debian:bookworm"])
  }

  @Test(
    arguments: [
      ("0.005", 5_000), ("1", 1_000_000), ("999999.999999", 999_999_999_999), ("0", 0),
      ("", nil), (".5", nil), ("1.", nil), ("-1", nil), ("1e3", nil), ("1.0000001", nil), ("1000000", nil), ("١", nil),
    ] as [(String, Int64?)])
  func `Prices are exact`(text: String, micros: Int64?) {
    #expect(Micros.read(text) == micros)
    if let number = Double(text), micros != nil { #expect(Micros.read(.number(number)) == micros) }
    if let micros { #expect(Micros.read(Micros.text(micros)) == micros) }
  }

  @Test(arguments: [
    JSONValue.number(-0.1), .number(.nan), .number(.infinity), .number(1e300), .number(0.0000001), .integer(-1),
    .integer(.max), .bool(true), .null,
  ])
  func `What is no price is none`(value: JSONValue) { #expect(Micros.read(value) == nil) }

  @Test(arguments: [
    ("127.0.0.1", true), ("255.255.255.255", true), ("::", true), ("::1", true), ("2001:db8::7", true),
    ("1:2:3:4:5:6:7:8", true), ("1.2.3", false), ("1.2.3.256", false), ("1.2.3.4.5", false), ("box", false),
    ("", false),
    ("1:2:3:4:5:6:7", false), ("1::2::3", false), (":::", false), ("12345::", false), ("1.2.3.4:22", false),
  ])
  func `Addresses are numeric`(text: String, isOne: Bool) {
    #expect(NumericAddress.isOne(text) == isOne)
  }
}
