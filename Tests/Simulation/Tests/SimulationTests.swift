import PluginSimulation
import Simulation
import Testing

@Suite struct SimulationTests {
  @Test func `every rule of the core holds whatever dies, is lost, or comes late`() throws {
    var total = Tally()
    for seed in UInt64(1)...60 {
      var world = World(seed: seed)
      total.add(try world.run())
    }
    #expect(total.handedOver > 0)
    #expect(total.deaths > 0)
    #expect(total.faults[.replyLost, default: 0] > 0)
  }

  @Test func `a seed tells the same story every time`() throws {
    for seed in UInt64(1)...3 {
      var (first, second) = (World(seed: seed), World(seed: seed))
      let (one, other) = (try first.run(), try second.run())
      #expect(one.steps == other.steps && one.cells == other.cells)
      #expect(first.story == second.story)
    }
  }

  @Test func `every rule holds with the real plugins over their simulated clouds`() async throws {
    var total = Tally()
    for seed in UInt64(1)...8 { total.add(try await PluginWorld.run(seed).result.get()) }
    #expect(total.handedOver > 0)
    #expect(total.faults[.replyLost, default: 0] > 0)
  }

  @Test func `with real plugins, too, a seed tells the same story every time`() async throws {
    for seed in UInt64(1)...2 {
      let (first, second) = (await PluginWorld.run(seed), await PluginWorld.run(seed))
      #expect(try first.result.get().steps == second.result.get().steps)
      #expect(first.story == second.story)
    }
  }

  @Test func `a fault that is switched off never happens`() throws {
    for seed in UInt64(1)...20 {
      var world = World(seed: seed, without: Set(Fault.allCases))
      let tally = try world.run()
      #expect(tally.faults.isEmpty && tally.deaths == 0)
    }
  }
}
