import CloudSim
@testable import DigitalOcean
import PluginFixture
import PluginKit
import PluginMessages
import Testing

@Suite struct HundredTests {
  private let ocean = DigitalOceanProvisioner()

  @Test(arguments: [0, 500]) func `A hundred droplets over ten minutes cost at most four requests each`(
    foreign: Int
  ) throws {
    let sim = SimulatedDigitalOcean()
    for number in 0..<foreign { _ = try sim.cloud.plant(["name": .string("foreign-\(number)")]) }
    var toCome = Array((0..<100).map(Voyage.init(_:)).reversed())
    var sailing: [Voyage] = []
    var running: [(until: Int64, voyage: Voyage)] = []
    var gone = 0
    var slowest: Int64 = 0
    while gone < 100, sim.nowMs < SimulatedDigitalOcean.start + 3_600_000 {
      let arrival = toCome.isEmpty ? Int64.max : SimulatedDigitalOcean.start + Int64(100 - toCome.count) * 6_000
      let ending = running.map(\.until).min() ?? .max
      let look = sailing.map(\.dueMs).min() ?? .max
      sim.nowMs = max(sim.nowMs, min(arrival, ending, look))
      if sim.nowMs >= arrival, var next = toCome.popLast() {
        try next.embark(ocean, sim)
        sailing.append(next)
      }
      for ended in running where ended.until <= sim.nowMs {
        var voyage = ended.voyage
        try voyage.land(ocean, sim)
        sailing.append(voyage)
      }
      running.removeAll { $0.until <= sim.nowMs }
      let due = sailing.indices.filter { sailing[$0].dueMs <= sim.nowMs + 250 }
      guard look <= sim.nowMs, !due.isEmpty else { continue }
      let reply = try ocean.poll(PollRequest(account: Ask.account, entries: due.map { sailing[$0].entry }), sim.call)
      for result in reply.results {
        guard let index = sailing.firstIndex(where: { $0.attempt == result.attemptId }) else { continue }
        sailing[index].take(result, at: sim.nowMs)
        switch result.observations.first?.state {
        case .running where sailing[index].expect == "present":
          slowest = max(slowest, sim.nowMs - sailing[index].createdMs)
          running.append((sim.nowMs + 90_000, sailing.remove(at: index)))
        case .gone:
          gone += 1
          sailing.remove(at: index)
        default: break
        }
      }
    }
    let counts = Dictionary(grouping: sim.lines) { $0.split(separator: "/").prefix(2).joined(separator: "/") }
    print(
      "100 droplets beside \(foreign): \(sim.requests) requests \(counts.mapValues(\.count)); \(slowest) ms at most")
    #expect(gone == 100)
    #expect(sim.cloud.frame.ledger.open.count == foreign)
    #expect(sim.requests <= 400, "\(sim.requests) requests")
    #expect(slowest <= 60_000)
  }
}
