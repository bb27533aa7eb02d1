/// A cloud as all tests meet it that are about no cloud in particular: the provider matrix, in process and in virtual time; races,
/// lives, placements and sweeps of a real host with real workers; the bench.
///
/// A further cloud gets them all by a line in `all`.
package struct TestedCloud: Sendable, CustomStringConvertible {
  /// Id of its plugin.
  package let id: String
  /// The plugin's file.
  package let library: String
  /// What is behind the plugin.
  package let behind: Behind
  /// Scenarios that cannot be on that cloud, each with the reason: they are skipped, saying so.
  package var cannot: [Scenario: String] = [:]

  /// What a plugin can have behind it.
  package enum Behind: Sendable {
    /// A simulator: in process, or in a process of its own.
    case simulator(SimulatedProvider)
    /// A real Docker engine, which each kind of test drives in its own way.
    case engine
  }

  /// The clouds.
  package static let all = [simulated(.hetzner), simulated(.digitalOcean), simulated(.vultr), docker]

  /// Its id.
  package var description: String { id }

  private static func simulated(_ provider: SimulatedProvider) -> TestedCloud {
    TestedCloud(id: provider.id, library: provider.library, behind: .simulator(provider))
  }

  private static let docker = TestedCloud(
    id: "docker", library: "libDocker.so", behind: .engine,
    cannot: [
      .badCredential: "an engine takes no credential: who may open its socket may do everything",
      .otherProject: "an engine has one set of containers, and no credential of another",
      .pages: "an engine lists everything in one answer",
    ])
}

/// Scenarios that need something which not every cloud has.
package enum Scenario: Sendable, Hashable {
  /// A credential that the cloud does not know.
  case badCredential
  /// A credential of another project of the same cloud.
  case otherProject
  /// A listing of more than one page.
  case pages
}
