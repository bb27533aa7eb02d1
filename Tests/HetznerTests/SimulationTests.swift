import CloudSim
import HTTP
@testable import Hetzner
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct SimulationTests {
  private let hetzner = HetznerProvisioner()

  private func wait(_ voyage: inout Voyage, for state: ObjectState, _ sim: SimulatedHetzner) throws -> ObjectObservation
  {
    try voyage.wait(for: state, hetzner, sim)
  }

  @Test func `A server lives its whole life`() throws {
    let sim = SimulatedHetzner()
    var voyage = Voyage(1)
    try voyage.embark(hetzner, sim)
    let running = try wait(&voyage, for: .running, sim)
    #expect(running.addresses.ipv4 != nil && running.addresses.ipv6?.hasSuffix("::1") == true)
    #expect(running.createdAt == Instant.rfc3339(SimulatedHetzner.start / 1_000))
    #expect(sim.cloud.servers.map(\.name) == [voyage.name])
    let list = try hetzner.list(ListRequest(account: Ask.account), sim.call)
    #expect(list.allPagesRead)
    #expect(Set(list.objects.map(\.kind)) == ["server", "ssh_key"])
    #expect(list.objects.first { $0.kind == "server" }?.attemptId == voyage.attempt)
    let identity = try hetzner.selfTest(SelfTestRequest(account: Ask.account, installationKey: Ask.key), sim.call)
    #expect(identity.accountIdentity?.hasPrefix("ssh-key:") == true)
    try voyage.land(hetzner, sim)
    _ = try wait(&voyage, for: .gone, sim)
    #expect(sim.cloud.servers.isEmpty)
    #expect(sim.cloud.frame.ledger.open.isEmpty)
  }

  @Test func `Power is switched off and on`() throws {
    let sim = SimulatedHetzner()
    var voyage = Voyage(1)
    try voyage.embark(hetzner, sim)
    _ = try wait(&voyage, for: .running, sim)
    for (action, state) in [("stop", ObjectState.stopped), ("start", .running), ("reboot", .running)] {
      let reply = try hetzner.power(
        PowerRequest(
          account: Ask.account, attemptId: voyage.attempt, name: voyage.name, externalId: voyage.externalId ?? "",
          action: action, cookie: voyage.cookie), sim.call)
      voyage.cookie = reply.cookie
      voyage.dueMs = sim.nowMs + (reply.pollAfterMs ?? 0)
      _ = try wait(&voyage, for: state, sim)
    }
  }

  @Test func `The catalog of twenty types is read whole`() throws {
    let sim = SimulatedHetzner()
    let catalog = try hetzner.catalog(CatalogRequest(account: Ask.account), sim.call)
    #expect(catalog.types.count == sim.cloud.frame.world.catalog.types.count)
    #expect(catalog.locations.count == 6)
    #expect(catalog.images.contains { $0.name == "debian-12" && $0.architecture == "arm64" })
  }

  @Test(arguments: [
    (Ask.placement("cx99"), FailureCode.invalidSpec), (Ask.placement("cx23", "ash"), .invalidSpec),
    (Ask.placement("cx23", "fsn1", "debian-1"), .invalidSpec),
  ])
  func `What the simulated market does not sell is refused`(placement: PlacementSpec, code: FailureCode) throws {
    let sim = SimulatedHetzner()
    let request = ValidateRequest(account: Ask.account, placements: [placement])
    let refused = failure { () throws(CloudFailure) in try hetzner.validate(request, sim.call) }
    #expect(refused?.code == code)
    #expect(refused?.report.violations?.first?.allowed.isEmpty == false)
  }

  @Test func `A hundred validations cost a handful of requests`() throws {
    let sim = SimulatedHetzner()
    for _ in 1...100 {
      _ = try hetzner.validate(ValidateRequest(account: Ask.account, placements: [Ask.placement("cx23")]), sim.call)
    }
    #expect(sim.requests == 2)
  }

  @Test func `A create whose answer was lost is found by name, once`() throws {
    let sim = SimulatedHetzner()
    sim.cloud.frame.faults.add(Fault(.dropAnswer, method: "POST", path: "/v1/servers$"))
    var voyage = Voyage(1)
    let lost = failure { () throws(CloudFailure) in try voyage.embark(hetzner, sim) }
    #expect(lost?.code == .unknownOutcome)
    let look = try hetzner.poll(PollRequest(account: Ask.account, entries: [voyage.entry]), sim.call)
    #expect(look.results[0].scope == .byName)
    let id = try #require(look.results[0].observations.first?.externalId)
    #expect(sim.cloud.servers.map { String($0.id) } == [id])
    // Sent again, the same attempt adopts what is there.
    try voyage.embark(hetzner, sim)
    #expect(voyage.externalId == id)
    #expect(sim.cloud.servers.count == 1)
  }

  @Test func `A server whose creation fails has failed, and is then gone`() throws {
    let sim = SimulatedHetzner()
    let kind = Fault.Kind.createFails(ms: 3_000, code: "placement_failed", message: "no host")
    sim.cloud.frame.faults.add(Fault(kind, method: "POST", path: "/v1/servers$"))
    var voyage = Voyage(1)
    try voyage.embark(hetzner, sim)
    let failed = try wait(&voyage, for: .failed, sim)
    #expect(failed.error?.contains("no host") == true)
    try voyage.land(hetzner, sim)
    _ = try wait(&voyage, for: .gone, sim)
  }

  @Test func `Out of stock at the create is no capacity`() throws {
    let sim = SimulatedHetzner()
    sim.cloud.frame.faults.add(Fault(.stockOut(ms: 60_000), method: "POST", path: "/v1/servers$"))
    var voyage = Voyage(1)
    #expect(failure { () throws(CloudFailure) in try voyage.embark(hetzner, sim) }?.code == .noCapacity)
    #expect(sim.cloud.servers.isEmpty)
  }

  @Test func `A locked server is busy, and a bad token unauthenticated`() throws {
    let sim = SimulatedHetzner()
    var voyage = Voyage(1)
    try voyage.embark(hetzner, sim)
    // Just created: its create action still runs.
    #expect(failure { () throws(CloudFailure) in try voyage.land(hetzner, sim) }?.code == .busy)
    let stranger = SimulatedHetzner(token: "wrong")
    #expect(failure { () throws(CloudFailure) in try voyage.land(hetzner, stranger) }?.code == .unauthenticated)
  }

  @Test func `A spent budget is a rate limit of seconds`() throws {
    let sim = SimulatedHetzner()
    sim.cloud.frame.faults.add(Fault(.rateLimit(seconds: 30)))
    var voyage = Voyage(1)
    let limited = failure { () throws(CloudFailure) in try voyage.embark(hetzner, sim) }
    #expect(limited?.code == .rateLimited)
    #expect((limited?.report.retryAfterMs ?? 0) <= 10_000)
  }

  @Test func `A deletion between two pages makes the listing incomplete`() throws {
    let sim = SimulatedHetzner(settings: .fast)
    var voyages = (0..<60).map(Voyage.init)
    for index in voyages.indices { try voyages[index].embark(hetzner, sim) }
    sim.nowMs += 60_000
    #expect(try hetzner.list(ListRequest(account: Ask.account), sim.call).allPagesRead)
    sim.cloud.frame.faults.add(Fault(.deleteListed, method: "GET", path: "/v1/servers$"))
    let list = try hetzner.list(ListRequest(account: Ask.account), sim.call)
    #expect(!list.allPagesRead)
  }

  @Test func `Answers with fields that nobody knows are read all the same`() throws {
    let sim = SimulatedHetzner()
    sim.cloud.frame.faults.add(Fault(.extraFields, count: nil))
    var voyage = Voyage(1)
    try voyage.embark(hetzner, sim)
    _ = try wait(&voyage, for: .running, sim)
  }

  @Test func `A hundred servers over ten minutes cost at most four requests each`() throws {
    let sim = SimulatedHetzner()
    let run = try Hundred(hetzner, sim, Voyage.init(_:))
    let average = run.toRunning.reduce(0, +) / 100
    print("100 servers: \(sim.requests) requests, \(average) ms to running on average")
    #expect(run.gone == 100 && run.toRunning.count == 100)
    #expect(sim.cloud.frame.ledger.open.isEmpty)
    #expect(sim.requests <= 400, "\(sim.requests) requests")
    #expect(run.toRunning.allSatisfy { $0 <= 30_000 })
  }
}
