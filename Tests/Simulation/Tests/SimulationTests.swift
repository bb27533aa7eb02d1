import Simulation
import Testing

@Test(arguments: 0..<10)
func `every rule of the core holds whatever dies, is lost, or comes late`(block: Int) throws {
  var total = Tally()
  for seed in UInt64(block * 20 + 1)...UInt64(block * 20 + 20) {
    var world = World(seed: seed)
    total.add(try world.run())
  }
  #expect(total.handedOver > 0)
  #expect(total.deaths > 0)
  #expect(total.faults["reply lost", default: 0] > 0)
}
