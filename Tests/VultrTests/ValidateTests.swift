import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct ValidateTests {
  private let vultr = VultrProvisioner()

  private static let systems = [
    Answer.system(159, "Custom", "iso"), Answer.system(164, "Snapshot", "snapshot"),
    Answer.system(180, "Backup", "backup"), Answer.system(186, "Application", "application"),
    Answer.system(2136, "Debian 12 x64 (bookworm)", "debian"), Answer.system(477, "Debian 11 x64 (bullseye)", "debian"),
    Answer.system(127, "Debian 12 i386", "debian", arch: "i386"), Answer.system(2284, "Ubuntu 24.04 LTS x64", "ubuntu"),
  ]

  private func market(
    _ plans: [String] = [
      Answer.plan("vc2-1c-1gb"), Answer.plan("vc2-1c-2gb"), Answer.plan("vhf-1c-1gb", locations: ["ewr"]),
    ], stock: [String: [String]] = ["ams": ["vc2-1c-1gb"], "ewr": ["vc2-1c-2gb", "vhf-1c-1gb"]]
  ) -> ScriptedCloud {
    ScriptedCloud { request in
      switch request.path {
      case "/plans": return .page("plans", plans)
      case "/os": return .page("os", Self.systems)
      case "/regions":
        return .page(
          "regions",
          [
            #"{"id":"ams","city":"Amsterdam","country":"NL","continent":"Europe","options":["kubernetes"]}"#,
            #"{"id":"ewr","city":"New Jersey","country":"US","continent":"North America","options":[]}"#,
          ])
      default:
        let parts = request.path.split(separator: "/")
        guard parts.count == 3, parts[2] == "availability", let plans = stock[String(parts[1])] else { return nil }
        return .json(200, #"{"available_plans":[\#(plans.map { "\"\($0)\"" }.joined(separator: ","))]}"#)
      }
    }
  }

  private func judge(_ cloud: ScriptedCloud, _ placements: PlacementSpec...) throws(CloudFailure) -> ValidateReply {
    try vultr.validate(ValidateRequest(account: Ask.account, placements: placements), cloud.call)
  }

  @Test func `A placement that holds is resolved and priced`() throws {
    let cloud = market()
    #expect(
      try judge(cloud, Ask.placement()).placements == [
        ValidatedPlacement(
          index: 0, type: "vc2-1c-1gb", location: "ams", imageId: "2136", architecture: "x86_64", vcpu: 1,
          memoryMb: 1024, diskGb: 50,
          price: Price(
            hourly: "0.007", monthly: "5", currency: "USD", granularityS: 3600, minimumS: 3600, monthlyCap: "5"))
      ])
    #expect(
      cloud.lines == ["GET /plans?per_page=500", "GET /os?per_page=500", "GET /regions/ams/availability"])
    #expect(cloud.requests.allSatisfy { $0.cacheTtlS >= 60 })
  }

  @Test func `A plan without an hourly price is priced by its month, and says so`() throws {
    let reply = try judge(market([Answer.plan("vc2-1c-1gb", hourly: nil)]), Ask.placement()).placements[0]
    #expect(reply.price?.hourly == "0.007441")
    #expect(reply.warnings.first?.contains("672nd") == true)
  }

  @Test(arguments: [
    (Ask.placement("vc2-1c-1g"), "placements[0].type", ["vc2-1c-1gb", "vc2-1c-2gb", "vhf-1c-1gb"]),
    (Ask.placement("vc2-1c-1gb", "ams1"), "placements[0].location", ["ams", "ewr"]),
    (Ask.placement("vhf-1c-1gb", "ams"), "placements[0].location", ["ewr"]),
    (
      Ask.placement("vc2-1c-1gb", "ams", "debian-13"), "placements[0].image",
      ["debian-11", "debian-12", "ubuntu-24.04"]
    ),
    (
      Ask.placement("vc2-1c-1gb", "ams", "snapshot"), "placements[0].image", ["debian-11", "debian-12", "ubuntu-24.04"]
    ),
  ])
  func `What does not exist is refused, with what would have been right`(
    placement: PlacementSpec, path: String, allowed: [String]
  ) throws {
    let refused = try #require(failure { () throws(CloudFailure) in try judge(market(), placement) })
    #expect(refused.code == .invalidSpec)
    #expect(refused.report.violations?.map(\.path) == [path])
    #expect(refused.report.violations?.first?.allowed.sorted() == allowed)
  }

  @Test func `Stock is what the region says now, not where the plan can exist`() throws {
    let cloud = market()
    let away = failure { () throws(CloudFailure) in try judge(cloud, Ask.placement("vc2-1c-1gb", "ewr")) }
    #expect(away?.code == .noCapacity)
    #expect(away?.report.message == "vc2-1c-1gb is out of stock in ewr")
    let reply = try judge(cloud, Ask.placement("vc2-1c-1gb", "ewr"), Ask.placement())
    #expect(reply.placements.map(\.index) == [1])
    let nowhere = market([Answer.plan("vc2-1c-1gb", locations: [])])
    #expect(failure { () throws(CloudFailure) in try judge(nowhere, Ask.placement()) }?.code == .noCapacity)
  }

  @Test func `A plan that is not sold by the hour is refused`() throws {
    let cloud = market([Answer.plan("vdc-1", onDemand: false), Answer.plan("vc2-1c-1gb")])
    let refused = failure { () throws(CloudFailure) in try judge(cloud, Ask.placement("vdc-1")) }
    #expect(refused?.report.violations?.first?.allowed == ["vc2-1c-1gb"])
  }

  @Test func `An instance that nothing could reach is refused`() throws {
    let config = JSONValue.object(["public_ipv4": .bool(false), "public_ipv6": .bool(false)])
    let refused = failure { () throws(CloudFailure) in try judge(market(), Ask.placement(config: config)) }
    #expect(refused?.report.violations?.first?.path == "placements[0].config")
  }

  @Test(arguments: [
    ("Debian 12 x64 (bookworm)", "debian", "debian-12"), ("Ubuntu 24.04 LTS x64", "ubuntu", "ubuntu-24.04"),
    ("Ubuntu 23.10 x64", "ubuntu", "ubuntu-23.10"), ("CentOS 9 Stream x64", "centos", "centos-stream-9"),
    ("CentOS 7 x64", "centos", "centos-7"), ("CentOS 7 SELinux x64", "centos", "centos-7-selinux"),
    ("AlmaLinux 9 x64", "almalinux", "alma-9"), ("Rocky Linux 9 x64", "rockylinux", "rocky-9"),
    ("Rocky Linux x64", "rockylinux", "rocky"), ("Fedora 40 x64", "fedora", "fedora-40"),
    ("Fedora CoreOS Stable", "fedora-coreos", "fedora-coreos-stable"), ("Arch Linux x64", "archlinux", "arch"),
    ("Alpine Linux x64", "alpinelinux", "alpine"), ("openSUSE Leap 15 x64", "opensuse", "opensuse-leap-15"),
    ("Flatcar Container Linux LTS x64", "flatcar", "flatcar-lts"), ("FreeBSD 14 x64", "freebsd", "freebsd-14"),
    ("Windows 2022 Standard x64", "windows", "windows-2022-standard"),
    ("Windows Core 2022 Standard x64", "windows", "windows-core-2022-standard"), ("", "odd", "odd"),
  ])
  func `Images have the names that offerings use on any cloud`(name: String, family: String, image: String) {
    #expect(OperatingSystem(id: 1, name: name, arch: "x64", family: family).image == image)
  }

  @Test func `The catalog tells what each region has in stock`() throws {
    let catalog = try vultr.catalog(CatalogRequest(account: Ask.account), market().call)
    #expect(catalog.types.map(\.name) == ["vc2-1c-1gb", "vc2-1c-2gb", "vhf-1c-1gb"])
    #expect(catalog.types[0].offers.map { "\($0.location) \($0.available)" } == ["ams true", "ewr false"])
    #expect(catalog.types[0].offers[0].price?.hourly == "0.007")
    #expect(catalog.locations.first == CatalogLocation(name: "ams", city: "Amsterdam", country: "NL"))
    #expect(catalog.images.map(\.name) == ["debian-11", "debian-12", "debian-12", "ubuntu-24.04"])
    #expect(catalog.images.map(\.architecture) == ["x86_64", "i386", "x86_64", "x86_64"])
  }

  @Test func `A catalog that meets the limit of requests tells what it knows`() throws {
    let full = market()
    let cloud = ScriptedCloud { request in
      request.path == "/regions/ewr/availability" ? .vultr(429, "x") : full.perform(request)
    }
    let catalog = try vultr.catalog(CatalogRequest(account: Ask.account), cloud.call)
    #expect(catalog.types[1].offers.map { "\($0.location) \($0.available)" } == ["ams false", "ewr true"])
    let down = ScriptedCloud { _ in .vultr(429, "x") }
    let refused = failure { () throws(CloudFailure) in
      try vultr.catalog(CatalogRequest(account: Ask.account), down.call)
    }
    #expect(refused?.code == .rateLimited)
  }

  @Test func `Every page is read until the cursor is empty, whatever the total says`() throws {
    let cloud = ScriptedCloud { request in
      guard request.path == "/regions" else { return nil }
      // A lookahead, as seen live: one more than the page holds.
      if request.query.hasSuffix("cursor=bmV4dA%3D%3D") { return .page("regions", [#"{"id":"c"}"#], total: 1) }
      return .page("regions", [#"{"id":"a"}"#, #"{"id":"b"}"#], total: 3, next: "bmV4dA==")
    }
    let listing = try VultrAPI(call: cloud.call).list(Region.self, "/regions")
    #expect(listing.items.keys.sorted() == ["a", "b", "c"])
    #expect(cloud.lines == ["GET /regions?per_page=500", "GET /regions?per_page=500&cursor=bmV4dA%3D%3D"])
  }
}
