import Glibc
import Simulation

// slipway-simulate [SEEDS] [FIRST]: runs that many seeds and prints what they went through; ends with 1 at the first broken
// rule, printing its seed and story.
let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = arguments.first ?? 2_000
let first = arguments.dropFirst().first ?? 1
var total = Tally()
var broken = 0
for seed in first..<(first + count) {
  var world = World(seed: seed)
  do {
    total.add(try world.run())
  } catch {
    print(error)
    broken += 1
    if broken == 3 { break }
  }
}
func table(_ counts: [String: Int]) -> String {
  counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
}
print("seeds \(count), steps \(total.steps), host deaths \(total.deaths), objects made \(total.creates)")
print("handed over \(total.handedOver); more than one handed over 0; left at the end 0")
print("seconds billed beyond what was handed over \(total.twinMs / 1_000)")
print("faults: \(table(total.faults))")
print("states entered: \(table(total.states))")
if broken > 0 {
  print("rules broken in \(broken) seeds")
  exit(1)
}
