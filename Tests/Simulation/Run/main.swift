import Glibc
import Simulation

// slipway-simulate [SEEDS] [FIRST] [--brief]: runs that many seeds and prints what they went through; ends with 1 where a
// rule broke (printing its seed and the shortest story), or where something that can happen never did in 10,000 seeds or
// more. With --brief the first broken rule ends it, and is told in one line.
let isBrief = CommandLine.arguments.contains("--brief")
let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
let count = numbers.first ?? 2_000
let first = numbers.dropFirst().first ?? 1
var total = Tally()
var broken = 0
for seed in first..<(first + count) {
  var world = World(seed: seed)
  do {
    total.add(try world.run())
  } catch {
    broken += 1
    if isBrief {
      print("seed \(seed): \(error.rule)")
      exit(1)
    }
    print(Shrinking.shortest(error))
    fflush(nil)
    if broken == 3 { break }
  }
}
for line in Coverage.report(total) { print(line) }
let missed = count >= Coverage.enough ? Coverage.missed(total) : []
for line in missed { print("never happened: \(line)") }
print("seeds \(count), steps \(total.steps), host deaths \(total.deaths), objects made \(total.creates)")
print("handed over \(total.handedOver); more than one handed over 0; left at the end 0")
print("seconds billed to late and second objects \(total.lateMs / 1_000)")
if broken > 0 { print("rules broken in \(broken) seeds") }
if broken > 0 || !missed.isEmpty { exit(1) }
