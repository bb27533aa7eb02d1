import CloudSim
import DigitalOcean
import Hetzner
import Model
import PluginKit
import Vultr

/// A cloud whose plugin is measured in virtual time; a further one is a line in `all`.
struct BenchedCloud: Sendable {
  /// Id of the plugin, name of the simulator.
  let name: String
  let plugin: @Sendable () -> any Provisioner
  let cloud: @Sendable (_ token: String, _ seed: UInt64, _ start: Int64) -> any SimulatedCloud
  let placement: Placement
  /// Path at which machines are created, with the base path.
  let machines: String

  private static func placement(_ type: String, _ location: String, _ image: String) -> Placement {
    Placement(account: "main", type: type, location: location, image: image)
  }

  static let hetzner = BenchedCloud(
    name: "hetzner", plugin: { HetznerProvisioner() },
    cloud: { HetznerCloud(token: $0, settings: .realistic, seed: $1, start: $2) },
    placement: placement("cx23", "fsn1", "debian-12"), machines: "/v1/servers")

  static let digitalOcean = BenchedCloud(
    name: "digitalocean", plugin: { DigitalOceanProvisioner() },
    cloud: { DigitalOceanCloud(token: $0, settings: .realistic, seed: $1, start: $2) },
    placement: placement("s-1vcpu-1gb", "fra1", "debian-12"), machines: "/v2/droplets")

  static let vultr = BenchedCloud(
    name: "vultr", plugin: { VultrProvisioner() },
    cloud: { VultrCloud(token: $0, settings: .realistic, seed: $1, start: $2) },
    placement: placement("vc2-1c-1gb", "ewr", "debian-12"), machines: "/v2/instances")

  static let all = [hetzner, digitalOcean, vultr]
}
