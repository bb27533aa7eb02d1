import Foundation
import Plugins
import System

/// What a worker costs: from its start until its plugin is loaded in the sandbox, and its memory after a call.
enum PluginStarts {
  static let rounds = 5

  static func run(on reactor: Reactor) async throws -> [Figure] {
    let programs = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent().path
    let c = try await EchoRig(on: reactor)
    let swift = try await EchoRig(on: reactor, plugin: "\(programs)/libHetzner.so")
    var (starts, sizes) = ([[Double](), []], [[Double](), []])
    for _ in 0..<rounds {
      for (index, rig) in [c, swift].enumerated() {
        let before = rig.generation
        _ = await rig.router.reload(index == 0 ? "evil" : "hetzner")
        _ = try await rig.generation(after: before)
        let generation = try await rig.serving()
        guard let spent = generation.readyAfter, let pid = generation.pids.first else {
          throw Unmeasured("the generation that serves has no worker")
        }
        starts[index].append(Double(spent) / 1_000_000)
        let asked =
          #"{"account":{"id":"a","installation_id":"01J0000000000000000000000A","settings":{}},"installation_key":"k"}"#
        _ = await rig.call(
          Array(asked.utf8), account: "a", verb: .selfTest, plugin: index == 0 ? "evil" : "hetzner")
        sizes[index].append(try ProcessFacts.anonymousMB(pid))
      }
    }
    await c.end()
    await swift.end()
    return [
      figure("plugin in C, spawn to ready", starts[0], "ms", 3, "go-plugin 3.5 ms, without a sandbox"),
      figure("plugin in Swift, spawn to ready", starts[1], "ms", 10, "go-plugin 3.5 ms, without a sandbox"),
      figure("worker with a plugin in C, RssAnon", sizes[0], "MB", 1, "go-plugin 6.5 MB"),
      figure("worker with a plugin in Swift, RssAnon", sizes[1], "MB", 3, "go-plugin 6.5 MB"),
    ]
  }

  private static func figure(
    _ name: String, _ values: [Double], _ unit: String, _ most: Double, _ peer: String
  ) -> Figure {
    let shown = values.map { Figure.text($0) }.joined(separator: ", ")
    return Figure(
      name, Quantile.of(values, 0.5) ?? .infinity, unit, .atMost(most), reference: "\(peer); of \(shown)")
  }
}
