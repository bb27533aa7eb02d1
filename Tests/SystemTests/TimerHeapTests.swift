import System
import Testing

@Suite struct TimerHeapTests {
  @Test(arguments: 1...20) func `any sequence of inserts and removals pops in order`(seed: UInt64) {
    var random = Seeded(state: seed)
    var heap = TimerHeap<Int>()
    var model: [(deadline: UInt64, order: Int, id: UInt64)] = []
    for order in 0..<500 {
      switch random.next() % 4 {
      case 0, 1:
        let deadline = random.next() % 50
        model.append((deadline, order, heap.insert(order, deadline: deadline)))
      case 2:
        guard let victim = model.indices.randomElement(using: &random) else { continue }
        let (first, second) = (heap.remove(model[victim].id), heap.remove(model[victim].id))
        #expect(first && !second)
        model.remove(at: victim)
      default:
        let now = random.next() % 50
        let expected = model.filter { $0.deadline <= now }.min { ($0.deadline, $0.order) < ($1.deadline, $1.order) }
        let popped = heap.popDue(at: now)
        #expect(popped == expected?.order)
        model.removeAll { $0.id == expected?.id }
      }
      #expect(heap.count == model.count)
      let next = heap.next()
      #expect(next == model.map(\.deadline).min())
    }
  }
}

struct Seeded: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
