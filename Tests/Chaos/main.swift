import Foundation
import System

// slipway-chaos [MINUTES] [SEED]: a real host, real workers and three simulated clouds under load, with kills, pauses, a
// full disk, reloads, and every fault of the simulators' menus; then peace, and the clouds' bills are held against the
// ledger. Ends with 1 where they differ. docs/simulation.md says what is done and asked.

let given = CommandLine.arguments.dropFirst().map { String($0) }
let minutes = given.first.flatMap { Double($0) } ?? 1
let seed = given.dropFirst().first.flatMap { UInt64($0) } ?? UInt64(truncatingIfNeeded: Clock.wall())
guard minutes > 0, minutes <= 10_000 else {
  print("slipway-chaos: minutes: expected 0 to 10000, found \(given.first ?? "")")
  exit(2)
}
do {
  try Signals.block()
  let chaos = try Chaos(seed: seed, seconds: minutes * 60)
  do {
    try await chaos.run()
    try await chaos.close()
  } catch {
    print("FAILED: \(error)\n\(chaos.host.lastWords)")
    for line in chaos.summary { print(line) }
    print("run it again: make chaos MINUTES=\(minutes) SEED=\(seed)")
    try? await chaos.close()
    exit(1)
  }
  for line in chaos.summary { print(line) }
} catch {
  print("slipway-chaos: \(error)")
  exit(1)
}
