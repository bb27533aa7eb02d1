package import CloudSim
package import PluginKit
package import PluginMessages

/// A cloud that is simulated: what differs from one to the next, as far as tests that are about none of them have to know.
package struct SimulatedProvider: Sendable, CustomStringConvertible {
  /// Id of the plugin and name of the simulator.
  package let id: String
  /// The plugin's file.
  package let library: String
  /// The plugin in this process.
  package let plugin: @Sendable () -> any Provisioner
  /// The simulator in this process, with realistic delays: its tokens, its seed, its first instant in ms since 1970.
  package let cloud: @Sendable (_ tokens: [String: SimToken], _ seed: UInt64, _ start: Int64) -> any SimulatedCloud
  /// Where the API's paths begin.
  package let base: String
  /// Path at which machines are created, below `base`.
  package let machines: String
  /// A placement that is sold.
  package let sold: PlacementSpec
  /// Placements that are not, each wrong in one way.
  package let wrong: [PlacementSpec]
  /// How the simulator is told that a machine carries an installation's marks: members of the request that plants it.
  package let marks: @Sendable (_ installation: String, _ attempt: String, _ resource: String) -> String
  /// The cloud's own request that renames a machine: method, path below `base`, body.
  package let rename: @Sendable (_ id: String) -> (method: String, path: String, body: String)

  /// Its id.
  package var description: String { id }

  /// The clouds that are simulated.
  package static let all: [SimulatedProvider] = TestedCloud.all.compactMap { tested in
    if case .simulator(let provider) = tested.behind { provider } else { nil }
  }

  /// A placement; the three names are the cloud's own.
  static func placement(_ type: String, _ location: String, _ image: String) -> PlacementSpec {
    PlacementSpec(type: type, location: location, image: image)
  }
}
