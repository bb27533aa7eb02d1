import CloudSim
import PluginFixture
import PluginKit
import PluginMessages
import Testing
@testable import Vultr

@Suite struct SimulationTests {
  private let vultr = VultrProvisioner()

  private func terminated(_ voyage: inout Voyage, _ sim: SimulatedVultr) throws {
    try voyage.land(vultr, sim)
    _ = try voyage.wait(for: .gone, vultr, sim)
  }

  @Test func `An instance lives its whole life`() throws {
    let sim = SimulatedVultr()
    var voyage = Voyage(1)
    let made = try voyage.embark(vultr, sim)
    #expect(made.secrets.map(\.name) == ["root_password"] && made.secrets[0].value.isEmpty == false)
    let running = try voyage.wait(for: .running, vultr, sim)
    #expect(running.addresses.ipv4 != nil && running.addresses.ipv6 != nil)
    #expect(running.createdAt == Instant.rfc3339(SimulatedVultr.start / 1_000))
    let instance = try #require(sim.cloud.instances.first)
    #expect(instance.label == voyage.name && instance.hostname == voyage.name && instance.system.os == 2136)
    #expect(instance.userData == "I2Nsb3VkLWNvbmZpZwp7fQ==")
    #expect(instance.authorizedKeys == [Voyage.key])
    #expect(instance.tags.contains("slipway-attempt:\(voyage.attempt)"))
    let list = try vultr.list(ListRequest(account: Ask.account), sim.call)
    #expect(list.allPagesRead)
    #expect(Set(list.objects.map(\.kind)) == ["server", "ssh_key"])
    #expect(list.objects.first { $0.kind == "server" }?.attemptId == voyage.attempt)
    let identity = try vultr.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), sim.call)
    #expect(identity.accountIdentity?.hasPrefix("ssh-key:") == true)
    #expect(identity.canWrite == true)
    try terminated(&voyage, sim)
    #expect(sim.cloud.instances.isEmpty)
    #expect(sim.cloud.frame.ledger.open.isEmpty)
  }

  @Test func `An instance is not ready before it is installed`() throws {
    let sim = SimulatedVultr()
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    var seen: [ObjectState] = []
    while seen.last != .running, seen.count < 100 {
      sim.nowMs += 1_000
      let result = try vultr.poll(PollRequest(account: Ask.account, entries: [voyage.entry]), sim.call).results[0]
      seen.append(result.observations[0].state)
      let stage = sim.cloud.instances[0].stage
      #expect((seen.last == .running) == (stage == .ready), "\(stage)")
    }
    #expect(seen.count >= 20 && seen.dropLast().allSatisfy { $0 == .pending })
  }

  @Test func `An instance without IPv4 comes up on IPv6`() throws {
    let sim = SimulatedVultr()
    var voyage = Voyage(1, Ask.placement(config: .object(["public_ipv4": .bool(false)])))
    try voyage.embark(vultr, sim)
    let running = try voyage.wait(for: .running, vultr, sim)
    #expect(running.addresses.ipv4 == nil && running.addresses.ipv6 != nil)
  }

  @Test func `Power is switched off and on`() throws {
    let sim = SimulatedVultr()
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    _ = try voyage.wait(for: .running, vultr, sim)
    for (action, state) in [("stop", ObjectState.stopped), ("start", .running), ("reboot", .running)] {
      let reply = try vultr.power(
        PowerRequest(
          account: Ask.account, attemptId: voyage.attempt, name: voyage.name, externalId: voyage.externalId ?? "",
          action: action, cookie: voyage.cookie), sim.call)
      voyage.dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
      _ = try voyage.wait(for: state, vultr, sim)
    }
  }

  @Test func `The catalog is read whole, within the limit of requests`() throws {
    let sim = SimulatedVultr()
    let catalog = try vultr.catalog(CatalogRequest(account: Ask.account), sim.call)
    #expect(catalog.types.count == sim.cloud.frame.world.catalog.plans.count)
    #expect(catalog.locations.count == sim.cloud.frame.world.catalog.regions.count)
    #expect(catalog.images.contains { $0.name == "debian-12" && $0.architecture == "x86_64" })
    #expect(!catalog.images.contains { $0.id == "164" })
  }

  @Test func `Every plan is priced, with and without an hourly price`() throws {
    for hourly in [true, false] {
      var settings = VultrSettings.fast
      settings.hourlyCosts = hourly
      let sim = SimulatedVultr(settings: settings)
      let reply = try vultr.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement()]), sim.call)
      #expect(reply.placements[0].price?.monthly == "5")
      #expect(reply.placements[0].price?.hourly == (hourly ? "0.007" : "0.007441"))
      #expect(reply.placements[0].warnings.isEmpty == hourly)
    }
  }

  @Test(arguments: [
    Ask.placement("vc2-99c"), Ask.placement("vc2-1c-1gb", "xyz"), Ask.placement("vc2-1c-1gb", "ams", "iso"),
  ])
  func `What the simulated market does not sell is refused`(placement: PlacementSpec) throws {
    let sim = SimulatedVultr()
    let request = ValidateRequest(account: Ask.account, placements: [placement])
    let refused = failure { () throws(CloudFailure) in try vultr.validate(request, sim.call) }
    #expect(refused?.code == .invalidSpec)
    #expect(refused?.report.violations?.first?.allowed.isEmpty == false)
  }

  @Test(arguments: [
    Fault.Kind.dropAnswer, .respond(status: 503, code: "", message: "x", body: nil, headers: [], execute: true),
    .truncate(bytes: 40),
  ])
  func `A create whose answer was lost is found by label, once`(kind: Fault.Kind) throws {
    let sim = SimulatedVultr()
    sim.cloud.frame.faults.add(Fault(kind, method: "POST", path: "/v2/instances$"))
    var voyage = Voyage(1)
    let lost = failure { () throws(CloudFailure) in try voyage.embark(vultr, sim) }
    #expect(lost?.code == .unknownOutcome && lost?.report.mayExist == true)
    let look = try vultr.poll(PollRequest(account: Ask.account, entries: [voyage.entry]), sim.call)
    #expect(look.results[0].scope == .byName && look.results[0].allPagesRead)
    #expect(look.results[0].observations.map(\.externalId) == sim.cloud.instances.map(\.id))
    #expect(sim.cloud.instances.count == 1)
  }

  @Test func `A create that was executed twice shows both`() throws {
    let sim = SimulatedVultr()
    sim.cloud.frame.faults.add(Fault(.twice(ms: 3_000), method: "POST", path: "/v2/instances$"))
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    sim.nowMs += 10_000
    var twins = voyage
    twins.externalId = nil
    let look = try vultr.poll(PollRequest(account: Ask.account, entries: [twins.entry]), sim.call).results[0]
    #expect(Set(look.observations.map(\.externalId)) == Set(sim.cloud.instances.map(\.id)))
    #expect(look.observations.count == 2)
  }

  @Test func `An instance whose creation fails is gone`() throws {
    let sim = SimulatedVultr()
    sim.cloud.frame.faults.add(
      Fault(.createFails(ms: 3_000, code: "", message: ""), method: "POST", path: "/v2/instances$"))
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    _ = try voyage.wait(for: .gone, vultr, sim)
  }

  @Test func `Out of stock and over the limit say what they are, and nothing is made`() throws {
    let sim = SimulatedVultr()
    sim.cloud.frame.faults.add(Fault(.stockOut(ms: 60_000), method: "POST", path: "/v2/instances$"))
    var voyage = Voyage(1)
    #expect(failure { () throws(CloudFailure) in try voyage.embark(vultr, sim) }?.code == .noCapacity)
    sim.nowMs += 300_000
    sim.cloud.settings.serverLimit = 0
    let full = failure { () throws(CloudFailure) in try voyage.embark(vultr, sim) }
    #expect(full?.code == .quota && full?.report.limit == "instances" && full?.report.mayExist == false)
    sim.cloud.frame.faults.add(Fault(.rateLimit(seconds: 3)))
    let limited = failure { () throws(CloudFailure) in try voyage.embark(vultr, sim) }
    #expect(limited?.code == .rateLimited && limited?.report.retryAfterMs == 2_000)
    #expect(sim.cloud.instances.isEmpty)
  }

  @Test func `A locked instance is busy, one that is ending is terminating, and one that is gone is gone`() throws {
    let sim = SimulatedVultr()
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    #expect(failure { () throws(CloudFailure) in try voyage.land(vultr, sim) }?.code == .busy)
    voyage.expect = "present"
    _ = try voyage.wait(for: .running, vultr, sim)
    sim.cloud.frame.faults.add(Fault(.lock(ms: 20_000), method: "DELETE", path: "/v2/instances/{}$"))
    #expect(failure { () throws(CloudFailure) in try voyage.land(vultr, sim) }?.code == .busy)
    sim.nowMs += 30_000
    try voyage.land(vultr, sim)
    try voyage.land(vultr, sim)
    _ = try voyage.wait(for: .gone, vultr, sim)
    let request = TerminateRequest(
      account: Ask.account, attemptId: voyage.attempt, name: voyage.name, externalId: voyage.externalId ?? "")
    #expect(try vultr.terminate(request, sim.call).state == "gone")
  }

  @Test func `A key object that was deleted is made again for the next create`() throws {
    let sim = SimulatedVultr()
    var first = Voyage(1)
    try first.embark(vultr, sim)
    sim.cloud.frame.world.keys = Table()
    var second = Voyage(2)
    try second.embark(vultr, sim)
    #expect(sim.cloud.instances.map(\.authorizedKeys) == [[Voyage.key], [Voyage.key]])
    #expect(sim.cloud.frame.world.keys.rows.count == 1)
  }

  @Test func `A bad key, a key that may only look, and a key from elsewhere are told apart`() throws {
    var voyage = Voyage(1)
    let selfTest = SelfTestRequest(account: Ask.account, installationKey: Ask.key)
    let bad = SimulatedVultr(token: "bad")
    #expect(failure { () throws(CloudFailure) in try voyage.embark(vultr, bad) }?.code == .unauthenticated)
    let viewer = SimulatedVultr(token: "viewer")
    #expect(failure { () throws(CloudFailure) in try voyage.embark(vultr, viewer) }?.code == .forbidden)
    #expect(try vultr.selfTest(selfTest, viewer.call).canWrite == false)
    let sim = SimulatedVultr()
    sim.cloud.frame.tokens["good"]?.sources = [try #require(SourceNetwork("198.51.100.0/24"))]
    let elsewhere = failure { () throws(CloudFailure) in try vultr.selfTest(selfTest, sim.call) }
    #expect(elsewhere?.code == .forbidden)
    #expect(elsewhere?.report.remedy?.contains("allow 203.0.113.10 ") == true)
  }

  @Test(arguments: [(false, false), (false, true), (true, false), (true, true)])
  func `A listing of more than a page is whole, unless something was deleted while it was read`(
    lookahead: Bool, offset: Bool
  ) throws {
    var settings = VultrSettings.fast
    (settings.totalIsLookahead, settings.offsetCursors) = (lookahead, offset)
    let sim = SimulatedVultr(settings: settings)
    for number in 0..<510 {
      _ = try sim.cloud.plant([
        "name": .string("n\(number)"), "tags": ["slipway-installation:inst", .string("slipway-attempt:A\(number)")],
      ])
    }
    let whole = try vultr.list(ListRequest(account: Ask.account), sim.call)
    #expect(whole.allPagesRead && whole.objects.count == 510)
    sim.cloud.frame.faults.add(Fault(.deleteListed, method: "GET", path: "/v2/instances$"))
    let torn = try vultr.list(ListRequest(account: Ask.account), sim.call)
    #expect(!torn.allPagesRead)
    #expect(try vultr.list(ListRequest(account: Ask.account), sim.call).allPagesRead)
  }

  @Test func `Answers with fields that nobody knows are read all the same`() throws {
    let sim = SimulatedVultr()
    sim.cloud.frame.faults.add(Fault(.extraFields, count: nil))
    var voyage = Voyage(1)
    try voyage.embark(vultr, sim)
    _ = try voyage.wait(for: .running, vultr, sim)
    try terminated(&voyage, sim)
  }

  /// Create, the look before the delete, the delete, and the 404 that proves its end: no listing of Vultr's
  /// proves that, so four requests are the least. Everything else is shared.
  @Test func `A hundred instances over ten minutes cost four requests each, and shared looks`() throws {
    let sim = SimulatedVultr()
    let run = try Hundred(vultr, sim, Voyage.init(_:))
    let slowest = run.toRunning.max() ?? 0
    let listings = sim.lines.filter { $0 == "GET /instances" || $0.contains("/regions/") || $0 == "GET /plans" }.count
    print("100 instances: \(sim.requests) requests, \(listings) of them shared; \(slowest) ms to running at most")
    #expect(run.gone == 100 && run.toRunning.count == 100)
    #expect(sim.cloud.frame.ledger.open.isEmpty)
    #expect(sim.requests - listings <= 420, "\(sim.requests) requests")
    #expect(sim.requests <= 500, "\(sim.requests) requests")
    #expect(slowest <= 75_000)
  }
}
