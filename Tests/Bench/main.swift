import Foundation

// slipway-bench: measures what issue and documentation promise; docs/benchmarks.md says what each row means.
do {
  let outcome = try await HundredVMs.run()
  print(outcome)
} catch {
  print("slipway-bench: \(error)")
  exit(1)
}
