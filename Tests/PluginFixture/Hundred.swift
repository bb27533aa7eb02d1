package import CloudSim
package import PluginKit
import PluginMessages

/// A hundred machines that come evenly over ten minutes, are looked at when they are due, and are ended 90 s after they were
/// seen to run.
package struct Hundred {
  /// Machines that were proven gone.
  package private(set) var gone = 0
  /// Milliseconds from each create's answer until it was seen to run.
  package private(set) var toRunning: [Int64] = []

  private static let spacing: Int64 = 6_000
  private static let life: Int64 = 90_000
  /// Looks that fall due within so many milliseconds are one.
  private static let together: Int64 = 250

  /// Sends them through a plugin, for an hour at most.
  package init<Cloud: SimulatedCloud>(
    _ plugin: some Provisioner, _ sim: SimulatedCall<Cloud>, _ voyage: (Int) -> Voyage
  ) throws(CloudFailure) {
    let start = sim.nowMs
    var toCome = Array((0..<100).map(voyage).reversed())
    var sailing: [Voyage] = []
    var running: [(until: Int64, voyage: Voyage)] = []
    while gone < 100, sim.nowMs < start + 3_600_000 {
      let arrival = toCome.isEmpty ? Int64.max : start + Int64(100 - toCome.count) * Self.spacing
      let ending = running.map(\.until).min() ?? .max
      let look = sailing.map(\.dueMs).min() ?? .max
      sim.nowMs = max(sim.nowMs, min(arrival, ending, look))
      if sim.nowMs >= arrival, var next = toCome.popLast() {
        try next.embark(plugin, sim)
        sailing.append(next)
      }
      for ended in running where ended.until <= sim.nowMs {
        var voyage = ended.voyage
        try voyage.land(plugin, sim)
        sailing.append(voyage)
      }
      running.removeAll { $0.until <= sim.nowMs }
      let due = sailing.indices.filter { sailing[$0].dueMs <= sim.nowMs + Self.together }
      guard look <= sim.nowMs, !due.isEmpty else { continue }
      let request = PollRequest(account: Voyage.account, entries: due.map { sailing[$0].entry })
      for result in try plugin.poll(request, sim.call).results {
        guard let index = sailing.firstIndex(where: { $0.attempt == result.attemptId }) else { continue }
        sailing[index].take(result, at: sim.nowMs)
        switch result.observations.first?.state {
        case .running where sailing[index].expect == "present":
          toRunning.append(sim.nowMs - sailing[index].createdMs)
          running.append((sim.nowMs + Self.life, sailing.remove(at: index)))
        case .gone:
          gone += 1
          sailing.remove(at: index)
        default: break
        }
      }
    }
  }
}
