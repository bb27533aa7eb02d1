import CloudSim
import PluginFixture

/// The plugin over the simulated Hetzner.
typealias SimulatedHetzner = SimulatedCall<HetznerCloud>

extension SimulatedCall<HetznerCloud> {
  static var start: Int64 { 1_790_000_000_000 }

  convenience init(settings: HetznerSettings = .realistic, token: String = "good", seed: UInt64 = 1) {
    let cloud = HetznerCloud(token: "good", settings: settings, seed: seed, start: Self.start)
    self.init(cloud, token: token, nowMs: Self.start)
  }
}

extension Voyage {
  /// The n-th server.
  init(_ number: Int) { self.init(number, Ask.placement("cx23")) }
}
