@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct ValidateTests {
  private let ocean = DigitalOceanProvisioner()

  /// Three sizes, three regions and a few images, which are asked for by slug.
  private func market(
    sizes: [String] = [
      Answer.size(), Answer.size("s-2vcpu-2gb", disk: 60), Answer.size("gpu-h100x1-80gb", regions: [], disk: 720),
    ],
    regions: [String] = [Answer.region("fra1"), Answer.region("nyc3"), Answer.region("sfo1", available: false)],
    image: String = Answer.image()
  ) -> ScriptedCloud {
    ScriptedCloud { request in
      switch request.path {
      case "/sizes": .page("sizes", sizes)
      case "/regions": .page("regions", regions)
      case "/images/debian-12-x64": .json(200, #"{"image":\#(image)}"#)
      case "/images/123456": .json(200, #"{"image":\#(Answer.image(nil, id: 123_456))}"#)
      case "/images/docker-20-04": .json(200, #"{"image":\#(Answer.image("docker-20-04", minDisk: 25))}"#)
      case "/images/retired-1-x64": .json(200, #"{"image":\#(Answer.image("retired-1-x64", status: "retired"))}"#)
      case "/images":
        .page(
          "images", [Answer.image(), Answer.image("ubuntu-24-04-x64", id: 8), Answer.image("rockylinux-9-x64", id: 9)])
      case _ where request.path.hasPrefix("/images/"): .missing
      default: nil
      }
    }
  }

  private func judge(_ cloud: ScriptedCloud, _ placements: PlacementSpec...) throws(CloudFailure) -> ValidateReply {
    try ocean.validate(ValidateRequest(account: Ask.account, placements: placements), cloud.call)
  }

  @Test func `A placement that holds is resolved and priced, with three cached requests`() throws {
    let cloud = market()
    let reply = try judge(cloud, Ask.placement())
    #expect(
      reply.placements == [
        ValidatedPlacement(
          index: 0, type: "s-1vcpu-1gb", location: "fra1", imageId: "debian-12-x64", architecture: "x86_64", vcpu: 1,
          memoryMb: 1024, diskGb: 25,
          price: Price(
            hourly: "0.00893", monthly: "6", currency: "USD", granularityS: 1, minimumS: 4_032, monthlyCap: "6"))
      ])
    #expect(
      cloud.lines == [
        "GET /sizes?page=1&per_page=200", "GET /regions?page=1&per_page=200", "GET /images/debian-12-x64",
      ])
    #expect(cloud.requests.allSatisfy { $0.cacheTtlS >= 60 })
  }

  @Test(arguments: [
    ("0.00743999984115362", "0.00744", 4_839), ("0.1", "0.1", 360), ("3.39", "3.39", 60), ("1", "1", 60),
  ])
  func `A price that went through binary floating point is rounded, and a cent is the least`(
    stated: String, hourly: String, minimum: Int
  ) throws {
    let cloud = market(sizes: [Answer.size(hourly: stated)])
    let price = try judge(cloud, Ask.placement()).placements.first?.price
    #expect(price?.hourly == hourly)
    #expect(price?.minimumS == minimum)
  }

  @Test func `A size without a readable price is sold without one, and says so`() throws {
    let reply = try judge(market(sizes: [Answer.size(hourly: #""free""#)]), Ask.placement())
    #expect(reply.placements[0].price == nil)
    #expect(reply.placements[0].warnings == ["DigitalOcean states no price for s-1vcpu-1gb"])
  }

  @Test(arguments: [
    ("debian-12", "debian-12-x64"), ("debian-12-x64", "debian-12-x64"), ("123456", "123456"),
    ("docker-20-04", "docker-20-04"),
  ])
  func `Images are named as elsewhere, by slug, or by number`(name: String, id: String) throws {
    #expect(try judge(market(), Ask.placement(image: name)).placements.first?.imageId == id)
  }

  @Test(arguments: [
    ("debian-12", "debian-12-x64"), ("ubuntu-24.04", "ubuntu-24-04-x64"), ("rocky-9", "rockylinux-9-x64"),
    ("alma-9", "almalinux-9-x64"), ("centos-stream-9", "centos-stream-9-x64"), ("fedora-42", "fedora-42-x64"),
  ])
  func `A name leads to its slug and back`(name: String, slug: String) {
    #expect(ImageName.slugs(name).first == slug)
    #expect(ImageName.of(slug: slug) == name)
  }

  @Test(arguments: [
    (Ask.placement("s-1vcpu-1g"), "placements[0].type", ["s-1vcpu-1gb", "s-2vcpu-2gb"]),
    (Ask.placement("s-1vcpu-1gb", "fra2"), "placements[0].location", ["fra1", "nyc3"]),
    (Ask.placement(image: "debain-12"), "placements[0].image", ["debian-12", "rocky-9", "ubuntu-24.04"]),
    (Ask.placement(image: ".."), "placements[0].image", ["rocky-9", "debian-12", "ubuntu-24.04"]),
    (Ask.placement(image: "retired-1"), "placements[0].image", []),
  ])
  func `What does not exist is refused, with what would have been right`(
    placement: PlacementSpec, path: String, allowed: [String]
  ) throws {
    let refused = try #require(failure { () throws(CloudFailure) in try judge(market(), placement) })
    #expect(refused.code == .invalidSpec)
    #expect(refused.report.violations?.map(\.path) == [path])
    #expect(refused.report.violations?.first?.allowed == allowed)
    #expect(refused.report.mayExist == false)
  }

  @Test func `Everything that is wrong is told at once`() throws {
    let cloud = market()
    let refused = failure { () throws(CloudFailure) in try judge(cloud, Ask.placement("x", "y", "z"), Ask.placement()) }
    #expect(
      refused?.report.violations?.map(\.path) == [
        "placements[0].type", "placements[0].location", "placements[0].image",
      ])
  }

  @Test func `A size must be sold in the region, have a disk for the image, and the image be there`() throws {
    func refusal(_ cloud: ScriptedCloud) -> Violation? {
      failure { () throws(CloudFailure) in try judge(cloud, Ask.placement()) }?.report.violations?.first
    }
    let elsewhere = refusal(market(sizes: [Answer.size(regions: ["nyc3", "sfo1"])]))
    #expect(elsewhere?.path == "placements[0].location" && elsewhere?.allowed == ["nyc3"])
    #expect(elsewhere?.message == "'s-1vcpu-1gb' is not sold in 'fra1'")
    let small = refusal(market(image: Answer.image(minDisk: 30)))
    #expect(small?.path == "placements[0].type" && small?.allowed == ["s-2vcpu-2gb"])
    #expect(small?.message == "image 'debian-12' needs a disk of 30 GB; 's-1vcpu-1gb' has 25")
    let away = refusal(market(image: Answer.image(regions: ["nyc3", "ams3"])))
    #expect(away?.path == "placements[0].image")
    #expect(away?.message == "image 'debian-12' is not in 'fra1', only in: ams3, nyc3")
    let v4 = refusal(market(regions: [Answer.region("fra1", features: ["metadata"])]))
    #expect(v4?.path == "placements[0].config.public_ipv6")
  }

  @Test(arguments: [
    (Answer.size(available: false), Answer.region("fra1")), (Answer.size(), Answer.region("fra1", available: false)),
    (Answer.size(), Answer.region("fra1", sizes: ["other"])), (Answer.size(regions: []), Answer.region("fra1")),
  ])
  func `Both flags and both memberships must hold, or it is out of stock`(size: String, region: String) throws {
    let cloud = market(sizes: [size], regions: [region])
    let refused = failure { () throws(CloudFailure) in try judge(cloud, Ask.placement()) }
    #expect(refused?.code == .noCapacity)
    #expect(refused?.report.mayExist == false)
  }

  @Test func `Out of stock somewhere leaves the others`() throws {
    let cloud = market(
      sizes: [Answer.size()], regions: [Answer.region("fra1", available: false), Answer.region("nyc3")])
    let reply = try judge(cloud, Ask.placement(), Ask.placement("s-1vcpu-1gb", "nyc3"))
    #expect(reply.placements.map(\.index) == [1])
  }

  @Test func `What a token may not see is unknown, and forbids nothing`() throws {
    let cloud = ScriptedCloud { request in
      switch request.path {
      case "/sizes": .page("sizes", [#"{"slug":"s-1vcpu-1gb","memory":1024,"vcpus":1,"disk":25}"#])
      case "/regions": .page("regions", [#"{"slug":"fra1"}"#])
      default: .json(200, #"{"image":{"id":7,"slug":"debian-12-x64"}}"#)
      }
    }
    let held = try judge(cloud, Ask.placement()).placements.first
    #expect(held?.imageId == "debian-12-x64" && held?.price == nil)
  }

  @Test func `The catalog reads every page, by number and not by the link's host`() throws {
    let cloud = ScriptedCloud { request in
      switch (request.path, request.matches("page", "1")) {
      case ("/sizes", true): .page("sizes", [Answer.size()], total: 2, next: 2, last: 2)
      case ("/sizes", false): .page("sizes", [Answer.size("s-2vcpu-2gb", regions: ["sfo1", "fra1"])], total: 2)
      case ("/regions", _): .page("regions", [Answer.region("fra1"), Answer.region("sfo1", available: false)])
      case ("/images", _) where request.query.contains("distribution"): .page("images", [Answer.image()])
      case ("/images", _): .page("images", [Answer.image("docker-20-04", id: 8)])
      default: nil
      }
    }
    let catalog = try ocean.catalog(CatalogRequest(account: Ask.account), cloud.call)
    #expect(catalog.types.map(\.name) == ["s-1vcpu-1gb", "s-2vcpu-2gb"])
    #expect(catalog.types.last?.offers.map(\.location) == ["fra1", "sfo1"])
    #expect(catalog.types.last?.offers.map(\.available) == [true, false])
    #expect(catalog.types.first?.offers.first?.price?.hourly == "0.00893")
    #expect(catalog.locations.first == CatalogLocation(name: "fra1", city: "Region fra1"))
    #expect(catalog.images.map(\.name) == ["debian-12", "docker-20-04"])
    #expect(catalog.images.map(\.id) == ["debian-12-x64", "docker-20-04"])
  }
}

extension Ask {
  fileprivate static func placement(image: String) -> PlacementSpec { placement("s-1vcpu-1gb", "fra1", image) }
}
