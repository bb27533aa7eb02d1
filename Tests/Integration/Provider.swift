import Control
import Testing

/// A cloud as the integration tests run it: its plugin in a real worker, its simulator in a process of its own.
/// A further cloud gets them all by a line in `all`.
struct Provider: Sendable, CustomTestStringConvertible {
  /// Id of the plugin and name of the simulator.
  let id: String
  /// The plugin's file.
  let library: String
  /// Where the API's paths begin.
  let base: String
  /// Path at which machines are created, below `base`.
  let machines: String
  /// A placement on the account `main`.
  let placement: PlacementView

  var testDescription: String { id }

  static let hetzner = Provider(
    id: "hetzner", library: "libHetzner.so", base: "/v1", machines: "/servers",
    placement: PlacementView(account: "main", type: "cx22", location: "fsn1", image: "debian-12"))

  static let digitalOcean = Provider(
    id: "digitalocean", library: "libDigitalOcean.so", base: "/v2", machines: "/droplets",
    placement: PlacementView(account: "main", type: "s-1vcpu-1gb", location: "fra1", image: "debian-12"))

  static let vultr = Provider(
    id: "vultr", library: "libVultr.so", base: "/v2", machines: "/instances",
    placement: PlacementView(account: "main", type: "vc2-1c-1gb", location: "ams", image: "debian-12"))

  static let all = [hetzner, digitalOcean, vultr]

  /// The account `name` on a simulated cloud.
  func account(_ name: String = "main", on cloud: SimulatedCloud, token: String = "secret") -> NewAccount {
    NewAccount(
      name: name, plugin: id, credential: Credential(token), endpoints: ["api": EndpointOverride(url: cloud.url)])
  }
}
