import CloudSim
import PluginFixture

/// The plugin over the simulated Vultr.
typealias SimulatedVultr = SimulatedCall<VultrCloud>

extension SimulatedCall<VultrCloud> {
  static var start: Int64 { 1_790_000_000_000 }

  convenience init(settings: VultrSettings = .realistic, token: String = "good", seed: UInt64 = 1) {
    let tokens = [
      "good": SimToken(project: "default"), "viewer": SimToken(project: "default", scopes: ["subscriptions_view"]),
    ]
    let cloud = VultrCloud(tokens: tokens, settings: settings, seed: seed, start: Self.start)
    self.init(cloud, token: token, nowMs: Self.start)
  }
}

extension Voyage {
  /// The n-th instance.
  init(_ number: Int) { self.init(number, Ask.placement()) }
}
