import Control
import Testing

/// A cloud that every test of this kind meets. A further one gets them all by a line in `all`.
struct Met: Sendable, CustomTestStringConvertible {
  /// Id of its plugin.
  let id: String
  /// The plugin's file.
  let library: String
  /// Makes it anew for one test; cancels the test where that cannot be.
  let make: @Sendable (Scratch) async throws -> any MetCloud

  var testDescription: String { id }

  static let all =
    Provider.simulated.map { provider in
      Met(id: provider.id, library: provider.library) { _ in try await SimulatedCloud(provider) }
    } + [Met(id: "docker", library: "libDocker.so") { try await EngineCloud($0) }]
}
