import CloudSim
@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct SimulationTests {
  private let ocean = DigitalOceanProvisioner()

  private func look(_ sim: SimulatedDigitalOcean, _ voyages: [Voyage]) throws(CloudFailure) -> [PollResult] {
    try ocean.poll(PollRequest(account: Ask.account, entries: voyages.map(\.entry)), sim.call).results
  }

  /// A voyage whose droplet runs.
  private func underWay(_ sim: SimulatedDigitalOcean, _ number: Int = 1) throws -> Voyage {
    var voyage = Voyage(number)
    try voyage.embark(ocean, sim)
    _ = try voyage.wait(for: .running, ocean, sim)
    return voyage
  }

  private func terminated(_ voyage: inout Voyage, _ sim: SimulatedDigitalOcean) throws {
    try voyage.land(ocean, sim)
    _ = try voyage.wait(for: .gone, ocean, sim)
  }

  @Test func `A droplet lives its whole life`() throws {
    let sim = SimulatedDigitalOcean()
    var voyage = Voyage(1)
    try voyage.embark(ocean, sim)
    let running = try voyage.wait(for: .running, ocean, sim)
    #expect(running.addresses.ipv4 != nil && running.addresses.ipv6 != nil)
    #expect(running.createdAt == Instant.rfc3339(SimulatedDigitalOcean.start / 1_000))
    let droplet = try #require(sim.cloud.droplets.first)
    #expect(droplet.name == voyage.name && droplet.image.slug == "debian-12-x64")
    #expect(droplet.userData == "#cloud-config\n{}" && droplet.authorizedKeys == [Voyage.key])
    #expect(
      droplet.tags == ["slipway-installation:inst", "slipway-vm:\(voyage.attempt):\(voyage.attempt):\(voyage.attempt)"])
    sim.nowMs += 5_000
    let list = try ocean.list(ListRequest(account: Ask.account), sim.call)
    #expect(list.allPagesRead)
    #expect(Set(list.objects.map(\.kind)) == ["server", "ssh_key"])
    #expect(list.objects.first { $0.kind == "server" }?.attemptId == voyage.attempt)
    let identity = try ocean.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), sim.call)
    #expect(identity.accountIdentity?.hasPrefix("team:") == true)
    #expect(identity.quotaLeft["droplets"] == 999 && (identity.quotaLeft["requests"] ?? 0) > 4_900)
    try terminated(&voyage, sim)
    #expect(sim.cloud.droplets.isEmpty && sim.cloud.frame.ledger.open.isEmpty)
  }

  @Test func `A GPU droplet lives its whole life`() throws {
    let sim = SimulatedDigitalOcean()
    var voyage = Voyage(1, Ask.placement("gpu-4000adax1-20gb", "tor1"))
    try voyage.embark(ocean, sim)
    var lost = voyage
    lost.externalId = nil
    sim.nowMs += 5_000
    #expect(try look(sim, [lost])[0].observations.map(\.externalId) == [voyage.externalId])
    _ = try voyage.wait(for: .running, ocean, sim)
    sim.nowMs += 5_000
    let list = try ocean.list(ListRequest(account: Ask.account), sim.call)
    #expect(list.allPagesRead && list.objects.contains { $0.externalId == voyage.externalId })
    try terminated(&voyage, sim)
    #expect(sim.cloud.droplets.isEmpty)
  }

  @Test func `A token with few scopes sees and ends its droplets all the same`() throws {
    let sim = SimulatedDigitalOcean(token: "narrow")
    var voyages = try (1...4).map { try underWay(sim, $0) }
    #expect(try look(sim, voyages).allSatisfy { $0.observations.map(\.state) == [.running] })
    for index in voyages.indices { try terminated(&voyages[index], sim) }
    #expect(sim.cloud.droplets.isEmpty)
    let refused = failure { () throws(CloudFailure) in try ocean.list(ListRequest(account: Ask.account), sim.call) }
    #expect(refused?.code == .forbidden && refused?.report.remedy?.contains("tag") == true)
  }

  @Test func `A bad token and one that may only read are told apart`() throws {
    var voyage = Voyage(1)
    let bad = SimulatedDigitalOcean(token: "bad")
    #expect(failure { () throws(CloudFailure) in try voyage.embark(ocean, bad) }?.code == .unauthenticated)
    let viewer = SimulatedDigitalOcean(token: "viewer")
    #expect(failure { () throws(CloudFailure) in try voyage.embark(ocean, viewer) }?.code == .forbidden)
  }

  @Test func `Power is switched off and on`() throws {
    let sim = SimulatedDigitalOcean()
    var voyage = try underWay(sim)
    for (action, state) in [("stop", ObjectState.stopped), ("start", .running), ("reboot", .running)] {
      let reply = try ocean.power(
        PowerRequest(
          account: Ask.account, attemptId: voyage.attempt, name: voyage.name, externalId: voyage.externalId ?? "",
          action: action, cookie: voyage.cookie), sim.call)
      voyage.dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
      _ = try voyage.wait(for: state, ocean, sim)
      sim.nowMs += 10_000
    }
  }

  @Test func `The catalog is read whole, and what it sells can be bought`() throws {
    let sim = SimulatedDigitalOcean()
    let catalog = try ocean.catalog(CatalogRequest(account: Ask.account), sim.call)
    #expect(catalog.types.count == sim.cloud.frame.world.catalog.sizes.count)
    #expect(catalog.locations.count == sim.cloud.frame.world.catalog.regions.count)
    #expect(catalog.images.count == sim.cloud.frame.world.catalog.images.count)
    #expect(catalog.images.contains { $0.name == "ubuntu-24.04" && $0.id == "ubuntu-24-04-x64" })
    for type in catalog.types {
      for offer in type.offers.filter(\.available).prefix(2) {
        // Every image that is everywhere and fits on the smallest disk.
        let spec = Ask.placement(type.name, offer.location, "debian-12")
        let reply = try ocean.validate(ValidateRequest(account: Ask.account, placements: [spec]), sim.call)
        #expect(reply.placements.first?.price == offer.price && offer.price != nil, "\(type.name)")
      }
    }
  }

  @Test(arguments: [
    (Ask.placement("s-9vcpu-9gb"), FailureCode.invalidSpec), (Ask.placement("c-2", "atl1"), .invalidSpec),
    (Ask.placement("s-1vcpu-1gb", "fra9"), .invalidSpec),
    (Ask.placement("s-1vcpu-1gb", "fra1", "debian-1"), .invalidSpec),
    (Ask.placement("s-1vcpu-512mb-10gb", "fra1", "fedora-42"), .invalidSpec),
    (Ask.placement("s-1vcpu-1gb", "lon1", "ubuntu-25.04"), .invalidSpec),
    (Ask.placement("s-1vcpu-1gb", "nyc2"), .noCapacity), (Ask.placement("s-16vcpu-32gb-intel"), .noCapacity),
    (Ask.placement("gpu-mi300x1-192gb", "nyc3"), .noCapacity),
  ])
  func `What the simulated market does not sell is refused`(placement: PlacementSpec, code: FailureCode) throws {
    let sim = SimulatedDigitalOcean()
    let request = ValidateRequest(account: Ask.account, placements: [placement])
    let refused = failure { () throws(CloudFailure) in try ocean.validate(request, sim.call) }
    #expect(refused?.code == code)
    if code == .invalidSpec, placement.image != "ubuntu-25.04" {
      #expect(refused?.report.violations?.first?.allowed.isEmpty == false)
    }
  }

  @Test func `A hundred validations cost a handful of requests`() throws {
    let sim = SimulatedDigitalOcean()
    for _ in 1...100 {
      _ = try ocean.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement()]), sim.call)
    }
    #expect(sim.requests == 3)
  }

  @Test(arguments: [
    Fault.Kind.dropAnswer, .respond(status: 503, code: "x", message: "x", body: nil, headers: [], execute: true),
    .truncate(bytes: 20),
  ])
  func `A create whose answer was lost is found by name, although the listing by name is late`(kind: Fault.Kind) throws
  {
    let sim = SimulatedDigitalOcean()
    sim.cloud.frame.faults.add(Fault(kind, method: "POST", path: "/v2/droplets$"))
    var voyage = Voyage(1)
    let lost = failure { () throws(CloudFailure) in try voyage.embark(ocean, sim) }
    #expect(lost?.code == .unknownOutcome && lost?.report.mayExist == true)
    #expect(try look(sim, [voyage])[0].observations.isEmpty)
    sim.nowMs += 5_000
    let found = try look(sim, [voyage])[0]
    #expect(found.scope == .byName && found.allPagesRead)
    #expect(found.observations.map(\.externalId) == sim.cloud.droplets.map { String($0.id) })
    #expect(sim.cloud.droplets.count == 1)
  }

  @Test func `A create that was executed twice shows both`() throws {
    let sim = SimulatedDigitalOcean()
    sim.cloud.frame.faults.add(Fault(.twice(ms: 3_000), method: "POST", path: "/v2/droplets$"))
    var voyage = Voyage(1)
    try voyage.embark(ocean, sim)
    sim.nowMs += 10_000
    var twins = voyage
    twins.externalId = nil
    #expect(Set(try look(sim, [twins])[0].observations.map(\.externalId)).count == 2)
    // Among many, in a listing of all: neither shows its tags yet.
    var others = (2...4).map(Voyage.init(_:))
    others.append(twins)
    #expect(try look(sim, others).map(\.observations.count) == [0, 0, 0, 2])
  }

  @Test func `A droplet that is not shown yet is pending, and one whose creation fails has failed`() throws {
    let sim = SimulatedDigitalOcean()
    sim.cloud.frame.faults.add(Fault(.hidden(ms: 8_000), method: "POST", path: "/v2/droplets$"))
    var hidden = Voyage(1)
    try hidden.embark(ocean, sim)
    #expect(try look(sim, [hidden])[0].observations.map(\.state) == [.pending])
    _ = try hidden.wait(for: .running, ocean, sim)
    let fault = Fault(.createFails(ms: 3_000, code: "", message: ""), method: "POST", path: "/v2/droplets$", count: 4)
    sim.cloud.frame.faults.add(fault)
    var failing = (2...5).map(Voyage.init(_:))
    for index in failing.indices { try failing[index].embark(ocean, sim) }
    #expect(try look(sim, failing).allSatisfy { $0.observations.map(\.state) == [.pending] })
    sim.nowMs += 4_000
    #expect(try look(sim, failing).allSatisfy { $0.observations.map(\.state) == [.failed] })
    #expect(try look(sim, [failing[0]])[0].observations.map(\.state) == [.failed])
    failing[0].expect = "absent"
    #expect(try look(sim, [failing[0]])[0].observations.map(\.state) == [.gone])
  }

  @Test func `Out of stock, over the limit and over the budget say what they are, and nothing is made`() throws {
    let sim = SimulatedDigitalOcean()
    sim.cloud.frame.faults.add(Fault(.stockOut(ms: 60_000), method: "POST", path: "/v2/droplets$"))
    var voyage = Voyage(1)
    #expect(failure { () throws(CloudFailure) in try voyage.embark(ocean, sim) }?.code == .noCapacity)
    sim.nowMs += 300_000
    sim.cloud.settings.dropletLimit = 0
    let full = failure { () throws(CloudFailure) in try voyage.embark(ocean, sim) }
    #expect(full?.code == .quota && full?.report.limit == "droplets" && full?.report.mayExist == false)
    sim.cloud.frame.faults.add(Fault(.rateLimit(seconds: 30)))
    let limited = failure { () throws(CloudFailure) in try voyage.embark(ocean, sim) }
    #expect(limited?.code == .rateLimited && (limited?.report.retryAfterMs ?? 0) >= 30_000)
    #expect(sim.cloud.droplets.isEmpty)
  }

  @Test func `When the hour is spent, the wait ends when its oldest request leaves the window`() throws {
    let sim = SimulatedDigitalOcean()
    sim.cloud.settings.hourLimit = 5
    var voyage = Voyage(1)
    sim.nowMs += 1_000
    let limited = failure { () throws(CloudFailure) in try voyage.embark(ocean, sim) }
    let wait = try #require(limited?.report.retryAfterMs)
    #expect(limited?.code == .rateLimited && wait > 3_590_000 && wait <= 3_600_000)
    sim.nowMs += wait
    try voyage.embark(ocean, sim)
  }

  @Test func `A droplet with a pending event is busy, and one that is gone is gone`() throws {
    let sim = SimulatedDigitalOcean()
    var voyage = Voyage(1)
    try voyage.embark(ocean, sim)
    // Just created: its create action still runs, and it shows no tags.
    #expect(failure { () throws(CloudFailure) in try voyage.land(ocean, sim) }?.code == .busy)
    voyage.expect = "present"
    _ = try voyage.wait(for: .running, ocean, sim)
    sim.cloud.frame.faults.add(Fault(.lock(ms: 20_000), method: "DELETE", path: "/v2/droplets/{}$"))
    #expect(failure { () throws(CloudFailure) in try voyage.land(ocean, sim) }?.code == .busy)
    sim.nowMs += 30_000
    try terminated(&voyage, sim)
    let request = TerminateRequest(
      account: Ask.account, attemptId: voyage.attempt, name: voyage.name, externalId: voyage.externalId ?? "")
    #expect(try ocean.terminate(request, sim.call).state == "gone")
  }

  @Test func `A key object that was deleted is made again, and one that is too young is waited for`() throws {
    let sim = SimulatedDigitalOcean()
    var first = Voyage(1)
    try first.embark(ocean, sim)
    sim.cloud.frame.world.keys = Table()
    var second = Voyage(2)
    try second.embark(ocean, sim)
    #expect(sim.cloud.droplets.map(\.authorizedKeys) == [[Voyage.key], [Voyage.key]])
    sim.cloud.frame.world.keys = Table()
    sim.cloud.settings.keyUse = Span(5_000)
    var third = Voyage(3)
    #expect(failure { () throws(CloudFailure) in try third.embark(ocean, sim) }?.code == .busy)
    sim.nowMs += 6_000
    try third.embark(ocean, sim)
    #expect(sim.cloud.frame.world.keys.rows.count == 1 && sim.cloud.droplets.count == 3)
  }

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func `A listing of more than a page is whole, unless something was deleted while it was read`(
    nextOnFullPage: Bool, omitLastPage: Bool
  ) throws {
    var settings = DigitalOceanSettings.fast
    (settings.nextOnFullPage, settings.omitLastPage) = (nextOnFullPage, omitLastPage)
    let sim = SimulatedDigitalOcean(settings: settings)
    for number in 0..<400 {
      _ = try sim.cloud.plant([
        "name": .string("n\(number)"), "tags": ["slipway-installation:inst", .string("slipway-vm:A\(number):O:R")],
      ])
    }
    let whole = try ocean.list(ListRequest(account: Ask.account), sim.call)
    #expect(whole.allPagesRead && whole.objects.count == 400 && whole.total == 400)
    sim.cloud.frame.faults.add(Fault(.deleteListed, method: "GET", path: "/v2/droplets$"))
    #expect(try ocean.list(ListRequest(account: Ask.account), sim.call).allPagesRead == false)
    #expect(try ocean.list(ListRequest(account: Ask.account), sim.call).allPagesRead)
  }

  @Test func `Answers with fields that nobody knows are read all the same`() throws {
    let sim = SimulatedDigitalOcean()
    sim.cloud.frame.faults.add(Fault(.extraFields, count: nil))
    var voyage = try underWay(sim)
    try terminated(&voyage, sim)
  }
}
