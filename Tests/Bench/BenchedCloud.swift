import CloudSim
import CloudTable
import Model
import PluginKit
import PluginMessages

/// A cloud whose plugin is measured in virtual time: every simulated one of the tests' table.
struct BenchedCloud: Sendable {
  private let provider: SimulatedProvider

  /// Id of the plugin, name of the simulator.
  var name: String { provider.id }
  /// Path at which machines are created, with the base path.
  var machines: String { provider.base + provider.machines }

  var placement: Placement {
    let sold = provider.sold
    return Placement(account: "main", type: sold.type, location: sold.location, image: sold.image)
  }

  func plugin() -> any Provisioner { provider.plugin() }

  /// The simulator with realistic delays, one token, and its first instant in ms since 1970.
  func cloud(_ token: String, _ seed: UInt64, _ start: Int64) -> any SimulatedCloud {
    provider.cloud([token: SimToken(project: "default")], seed, start)
  }

  static let hetzner = BenchedCloud(provider: .hetzner)
  static let all = SimulatedProvider.all.map(BenchedCloud.init)
}
