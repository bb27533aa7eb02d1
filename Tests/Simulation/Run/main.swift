import Glibc
import PluginSimulation
import Simulation

// slipway-simulate [SEEDS] [FIRST] [--plugins] [--brief]: runs that many seeds and prints what they went through; ends with
// 1 where a rule broke (printing its seed and the shortest story), or where something that can happen never did in a run that
// is long enough for it. With --plugins the clouds are the real plugins over simulators of their APIs; with --brief the first
// broken rule ends the run, and is told in one line.
func simulate(_ arguments: [String]) async -> Int32 {
  guard arguments.allSatisfy({ UInt64($0) != nil || ["--plugins", "--brief"].contains($0) }) else {
    print("slipway-simulate [SEEDS] [FIRST] [--plugins] [--brief]")
    return 2
  }
  let order = Campaign.Order(arguments)
  let isReal = arguments.contains("--plugins")
  var campaign = isReal ? PluginWorld.campaign(order) : Campaign.abstract(order)
  func say(_ line: String) {
    print(line)
    fflush(nil)
  }
  let holds = await campaign.run(width: isReal ? 2 : 1, say: say)
  guard holds || !order.isBrief else { return 1 }
  let isWhole = campaign.close(isReal ? .plugins : .abstract, say: say)
  return holds && isWhole ? 0 : 1
}
exit(await simulate(Array(CommandLine.arguments.dropFirst())))
