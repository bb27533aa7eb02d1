import CloudSim
import PluginFixture

/// The plugin over the simulated DigitalOcean.
typealias SimulatedDigitalOcean = SimulatedCall<DigitalOceanCloud>

extension SimulatedCall<DigitalOceanCloud> {
  static var start: Int64 { 1_790_000_000_000 }

  /// Scopes without which droplets cannot be kept; those that hide tags and actions are left out.
  private static var narrow: Set<String> {
    [
      "droplet:create", "droplet:read", "droplet:update", "droplet:delete", "ssh_key:create", "ssh_key:read",
      "image:read", "sizes:read", "regions:read", "tag:create", "account:read",
    ]
  }

  convenience init(settings: DigitalOceanSettings = .realistic, token: String = "good", seed: UInt64 = 1) {
    let tokens = [
      "good": SimToken(project: "default"), "narrow": SimToken(project: "default", scopes: Self.narrow),
      "viewer": SimToken(project: "default", readOnly: true),
    ]
    let cloud = DigitalOceanCloud(tokens: tokens, settings: settings, seed: seed, start: Self.start)
    self.init(cloud, token: token, nowMs: Self.start)
  }
}

extension Voyage {
  /// The n-th droplet.
  init(_ number: Int) { self.init(number, Ask.placement()) }
}
