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
    let run = try Hundred(ocean, sim, Voyage.init(_:))
    let slowest = run.toRunning.max() ?? 0
    let counts = Dictionary(grouping: sim.lines) { $0.split(separator: "/").prefix(2).joined(separator: "/") }
    print(
      "100 droplets beside \(foreign): \(sim.requests) requests \(counts.mapValues(\.count)); \(slowest) ms at most")
    #expect(run.gone == 100 && run.toRunning.count == 100)
    #expect(sim.cloud.frame.ledger.open.count == foreign)
    #expect(sim.requests <= 400, "\(sim.requests) requests")
    #expect(slowest <= 60_000)
  }
}
