import Simulation
import Testing

@Test func `every rule of the core holds whatever dies, is lost, or comes late`() throws {
  var total = Tally()
  for seed in UInt64(1)...200 {
    var world = World(seed: seed)
    total.add(try world.run())
  }
  #expect(total.handedOver > 0)
  #expect(total.deaths > 0)
  #expect(total.faults["reply lost", default: 0] > 0)
}
