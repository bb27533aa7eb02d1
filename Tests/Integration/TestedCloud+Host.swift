import CloudTable
import Control
import PluginMessages

extension TestedCloud {
  /// Makes it anew for one test behind a real host, a simulator in a process of its own; cancels the test where that cannot be.
  func make(_ scratch: Scratch) async throws -> any MetCloud {
    switch behind {
    case .simulator(let provider): try await SimulatedCloud(provider)
    case .engine: try await EngineCloud(scratch)
    }
  }
}

extension SimulatedProvider {
  /// What is sold, on the account `main`.
  var placement: PlacementView {
    PlacementView(account: "main", type: sold.type, location: sold.location, image: sold.image)
  }

  /// The account `name` on a simulated cloud.
  func account(_ name: String = "main", on cloud: SimulatedCloud, token: String = "secret") -> NewAccount {
    NewAccount(
      name: name, plugin: id, credential: Credential(token), endpoints: ["api": EndpointOverride(url: cloud.url)])
  }
}
