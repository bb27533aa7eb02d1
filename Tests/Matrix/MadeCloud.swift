import CloudSim
import CloudTable
import Testing

extension TestedCloud {
  /// Makes it anew for one scenario, in this process; cancels the test where that cannot be.
  func made(for scenario: Scenario? = nil) throws -> any CloudUnderTest {
    if let scenario, let reason = cannot[scenario] { try Test.cancel("\(id): \(reason)") }
    switch behind {
    case .simulator(let provider): return Self.simulated(provider, provider.cloud(Self.tokens, 1, Self.startMs))
    case .engine: return try DockerUnderTest()
    }
  }

  /// The first instant of every simulated cloud.
  private static let startMs: Int64 = 1_790_000_000_000

  private static let tokens = [
    TestCredential.good.rawValue: SimToken(project: "default"),
    TestCredential.other.rawValue: SimToken(project: "other"),
  ]

  private static func simulated<Cloud: SimulatedCloud>(
    _ provider: SimulatedProvider, _ cloud: Cloud
  ) -> any CloudUnderTest { SimulatedCloudUnderTest(provider, cloud, startMs: startMs) }
}
