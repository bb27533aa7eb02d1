import CloudSim
import DigitalOcean
import Hetzner
import PluginKit
import PluginMessages
import Testing
import Vultr

/// The clouds of the matrix. A further cloud gets every scenario by a line in `all`.
struct TestedCloud: Sendable, CustomTestStringConvertible {
  let name: String
  /// Scenarios that cannot be on that cloud, each with the reason: they are skipped, saying so.
  var cannot: [Scenario: String] = [:]
  let make: @Sendable () throws -> any CloudUnderTest

  var testDescription: String { name }

  /// Makes it anew for one scenario; cancels the test where that cannot be.
  func made(for scenario: Scenario? = nil) throws -> any CloudUnderTest {
    if let scenario, let reason = cannot[scenario] { try Test.cancel("\(name): \(reason)") }
    return try make()
  }
}

/// Scenarios that need something which not every cloud has.
enum Scenario: Hashable {
  /// A credential that the cloud does not know.
  case badCredential
  /// A credential of another project of the same cloud.
  case otherProject
  /// A listing of more than one page.
  case pages
}

enum CloudTable {
  static let all = [
    TestedCloud(name: "hetzner") { SimulatedCloudUnderTest(hetzner) },
    TestedCloud(name: "digitalocean") { SimulatedCloudUnderTest(digitalOcean) },
    TestedCloud(name: "vultr") { SimulatedCloudUnderTest(vultr) },
    TestedCloud(
      name: "docker",
      cannot: [
        .badCredential: "an engine takes no credential: who may open its socket may do everything",
        .otherProject: "an engine has one set of containers, and no credential of another",
        .pages: "an engine lists everything in one answer",
      ]
    ) { try DockerUnderTest() },
  ]

  /// The first instant of every simulated cloud.
  static let startMs: Int64 = 1_790_000_000_000

  private static var hetzner: SimulatedCloudUnderTest<HetznerCloud>.Traits {
    .init(
      cloud: HetznerCloud(
        tokens: ["good": SimToken(project: "default"), "other": SimToken(project: "other")],
        start: startMs),
      plugin: HetznerProvisioner(),
      sold: PlacementSpec(type: "cx23", location: "fsn1", image: "debian-12"),
      wrong: [
        PlacementSpec(type: "cx99", location: "fsn1", image: "debian-12"),
        PlacementSpec(type: "cx23", location: "fsn9", image: "debian-12"),
        PlacementSpec(type: "cx23", location: "fsn1", image: "debain-12"),
      ], createPath: "/servers",
      planted: { name, attempt in
        let labels = attempt.map { ["slipway-attempt": $0, "slipway-installation": "inst"] } ?? [:]
        return ["name": .string(name), "labels": .map(labels)]
      })
  }

  private static var digitalOcean: SimulatedCloudUnderTest<DigitalOceanCloud>.Traits {
    .init(
      cloud: DigitalOceanCloud(
        tokens: ["good": SimToken(project: "default"), "other": SimToken(project: "other")],
        start: startMs),
      plugin: DigitalOceanProvisioner(),
      sold: PlacementSpec(type: "s-1vcpu-1gb", location: "fra1", image: "debian-12"),
      wrong: [
        PlacementSpec(type: "s-1vcpu-1g", location: "fra1", image: "debian-12"),
        PlacementSpec(type: "s-1vcpu-1gb", location: "fra2", image: "debian-12"),
        PlacementSpec(type: "s-1vcpu-1gb", location: "fra1", image: "debain-12"),
        PlacementSpec(type: "c-2", location: "atl1", image: "debian-12"),
        PlacementSpec(type: "s-1vcpu-512mb-10gb", location: "fra1", image: "fedora-42"),
      ], createPath: "/droplets",
      planted: { name, attempt in
        let tags = attempt.map { ["slipway-vm:\($0):\($0):\($0)", "slipway-installation:inst"] } ?? []
        return ["name": .string(name), "tags": .array(tags.map(CloudSim.JSON.string))]
      })
  }

  private static var vultr: SimulatedCloudUnderTest<VultrCloud>.Traits {
    .init(
      cloud: VultrCloud(
        tokens: ["good": SimToken(project: "default"), "other": SimToken(project: "other")],
        start: startMs),
      plugin: VultrProvisioner(),
      sold: PlacementSpec(type: "vc2-1c-1gb", location: "ams", image: "debian-12"),
      wrong: [
        PlacementSpec(type: "vc2-1c-1g", location: "ams", image: "debian-12"),
        PlacementSpec(type: "vc2-1c-1gb", location: "amd", image: "debian-12"),
        PlacementSpec(type: "vc2-1c-1gb", location: "ams", image: "debain-12"),
      ], createPath: "/instances",
      planted: { name, attempt in
        let tags = attempt.map { ["slipway-attempt:\($0)", "slipway-installation:inst"] } ?? []
        return ["name": .string(name), "tags": .array(tags.map(CloudSim.JSON.string))]
      })
  }
}
