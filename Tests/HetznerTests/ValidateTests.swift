@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ValidateTests {
  private let hetzner = HetznerProvisioner()

  /// A market with three types and three images; `name=` and `architecture=` filter as Hetzner does.
  private func market(_ cx22: [(String, Bool, String?)] = [("fsn1", true, nil), ("nbg1", true, nil)]) -> ScriptedCloud {
    ScriptedCloud { request in
      switch request.path {
      case "/server_types":
        let all = [
          ("cx22", Answer.type("cx22", locations: cx22)), ("cpx11", Answer.type("cpx11")),
          ("cax11", Answer.type("cax11", architecture: "arm")),
        ]
        return .page("server_types", all.filter { request.matches("name", $0.0) }.map(\.1))
      case "/locations":
        return .page(
          "locations",
          ["fsn1", "nbg1", "ash"].enumerated().map {
            #"{"id":\#($0),"name":"\#($1)","city":"C","country":"DE","network_zone":"eu-central"}"#
          })
      case "/images":
        let all = [
          ("debian-12", "x86", Answer.image(1, "debian-12")), ("debian-12", "arm", Answer.image(2, "debian-12", "arm")),
          ("ubuntu-24.04", "x86", Answer.image(3, "ubuntu-24.04")),
          ("debian-11", "x86", Answer.image(4, "debian-11", deprecated: "2026-04-01T00:00:00+00:00")),
        ]
        return .page(
          "images", all.filter { request.matches("name", $0.0) && request.matches("architecture", $0.1) }.map(\.2))
      default: return nil
      }
    }
  }

  private func judge(_ cloud: ScriptedCloud, _ placements: PlacementSpec...) throws(CloudFailure) -> ValidateReply {
    try hetzner.validate(ValidateRequest(account: Ask.account, placements: placements), cloud.call)
  }

  @Test func `A placement that holds is resolved and priced`() throws {
    let cloud = market()
    let reply = try judge(cloud, Ask.placement())
    #expect(
      reply.placements == [
        ValidatedPlacement(
          index: 0, type: "cx22", location: "fsn1", imageId: "1", architecture: "x86_64", vcpu: 2, memoryMb: 4096,
          diskGb: 40,
          price: Price(
            hourly: "0.0060000000", monthly: "3.7900000000", currency: "EUR", granularityS: 3600, minimumS: 3600,
            monthlyCap: "3.7900000000"))
      ])
    #expect(cloud.requests.count == 2)
    #expect(cloud.requests.allSatisfy { $0.cacheTtlS >= 60 })
  }

  @Test func `The image is the one of the type's architecture`() throws {
    let reply = try judge(market(), Ask.placement("cax11"))
    #expect(reply.placements.first?.imageId == "2")
    #expect(reply.placements.first?.architecture == "arm64")
  }

  @Test(arguments: [
    (Ask.placement("cx21"), "placements[0].type", ["cx22", "cax11", "cpx11"]),
    (Ask.placement("cx22", "fsn2"), "placements[0].location", ["fsn1", "nbg1"]),
    (Ask.placement("cx22", "fsn1", "debian-13"), "placements[0].image", ["debian-11", "debian-12", "ubuntu-24.04"]),
    (Ask.placement("cax11", "fsn1", "ubuntu-24.04"), "placements[0].image", ["debian-12"]),
  ])
  func `What does not exist is refused, with what would have been right`(
    placement: PlacementSpec, path: String, allowed: [String]
  ) throws {
    let refused = try #require(failure { () throws(CloudFailure) in try judge(market(), placement) })
    #expect(refused.code == .invalidSpec)
    #expect(refused.report.violations?.map(\.path) == [path])
    #expect(refused.report.violations?.first?.allowed == allowed)
  }

  @Test(arguments: [
    ("ash", "placements[0].location: 'cx22' is not sold in 'ash'"),
    ("fsn9", "placements[0].location: Hetzner has no location 'fsn9'"),
  ])
  func `A place that does not exist is told from one where the type is not sold`(place: String, message: String) {
    let refused = failure { () throws(CloudFailure) in try judge(market(), Ask.placement("cx22", place)) }
    #expect(refused?.code == .invalidSpec)
    #expect(refused?.report.message == message)
  }

  @Test func `An image of another architecture is named as such`() throws {
    let refused = failure { () throws(CloudFailure) in
      try judge(market(), Ask.placement("cax11", "fsn1", "ubuntu-24.04"))
    }
    #expect(
      refused?.report.message
        == "placements[0].image: image 'ubuntu-24.04' is for x86_64, but server type 'cax11' is arm64")
  }

  @Test func `Out of stock everywhere is no capacity, somewhere leaves the others`() throws {
    let cloud = market([("fsn1", false, nil), ("nbg1", true, nil)])
    #expect(failure { () throws(CloudFailure) in try judge(cloud, Ask.placement()) }?.code == .noCapacity)
    let reply = try judge(cloud, Ask.placement(), Ask.placement("cx22", "nbg1"))
    #expect(reply.placements.map(\.index) == [1])
  }

  @Test func `A coming end is a warning with its date, a past one an error`() throws {
    let coming = try judge(market([("fsn1", true, "2099-01-31T00:00:00+00:00")]), Ask.placement())
    #expect(
      coming.placements.first?.warnings == [
        "cx22 in fsn1 is deprecated and cannot be bought after 2099-01-31T00:00:00Z"
      ])
    let past = failure { () throws(CloudFailure) in
      try judge(market([("fsn1", true, "2026-01-31T00:00:00+00:00")]), Ask.placement())
    }
    #expect(past?.code == .invalidSpec)
    #expect(past?.report.violations?.first?.allowed == ["cpx11"])
    let image = try judge(market(), Ask.placement("cx22", "fsn1", "debian-11"))
    #expect(image.placements.first?.warnings.first?.contains("2026-04-01") == true)
  }

  @Test func `A server that nothing could reach is refused`() throws {
    let config = JSONValue.object(["public_ipv4": .bool(false), "public_ipv6": .bool(false)])
    let refused = failure { () throws(CloudFailure) in try judge(market(), Ask.placement(config: config)) }
    #expect(refused?.report.violations?.first?.path == "placements[0].config")
  }

  @Test func `The catalog reads every page`() throws {
    let cloud = ScriptedCloud { request in
      switch (request.path, request.matches("page", "1")) {
      case ("/server_types", true): .page("server_types", [Answer.type("cx22")], total: 2, next: 2, last: 2)
      // The last page: no last_page.
      case ("/server_types", false): .page("server_types", [Answer.type("cx32")], total: 2)
      case ("/locations", _):
        .page("locations", [#"{"id":1,"name":"fsn1","city":"Falkenstein","country":"DE","network_zone":"eu-central"}"#])
      case ("/images", _): .page("images", [Answer.image(1, "debian-12")])
      default: nil
      }
    }
    let catalog = try hetzner.catalog(CatalogRequest(account: Ask.account), cloud.call)
    #expect(catalog.types.map(\.name) == ["cx22", "cx32"])
    #expect(catalog.types.first?.offers.first?.price?.hourly == "0.0060000000")
    #expect(catalog.locations == [CatalogLocation(name: "fsn1", city: "Falkenstein", country: "DE")])
    #expect(catalog.images.map(\.id) == ["1"])
  }
}
