import CloudSim
import DigitalOcean
import Hetzner
import Model
import PluginKit
import PluginMessages
import Simulation
import Vultr

/// A cloud whose real plugin the simulation runs, and what it has to know of its simulator; a further one is an entry in
/// `all`.
struct KnownCloud: Sendable {
  /// Id of the plugin.
  let name: String
  /// Makes what a new worker holds.
  let provisioner: @Sendable () -> any Provisioner
  let manifest: PluginManifest
  let make: @Sendable (_ token: String, _ seed: UInt64, _ start: Int64) -> any SimulatedCloud
  /// Types that can be bought, with the place and the image that go with each.
  let types: [(type: String, location: String, image: String)]
  /// Path at which machines are made, without the base path.
  let machines: String
  /// Answers of this cloud that say no to a create for good, or for now.
  let noes: [(status: Int, code: String, message: String)]
  /// What stock of a type looks like to the simulator.
  let stock: @Sendable (_ type: String, _ location: String, _ isThere: Bool) -> CloudSim.JSON
  /// Where each machine that exists stands, by id.
  let standing: @Sendable (any SimulatedCloud) -> [String: OutsideObject.Standing]
  /// Forbids or allows further machines.
  let setFull: @Sendable (inout any SimulatedCloud, Bool) -> Void
  /// Protects a machine from deletion, or does not; nil: the cloud has no such thing.
  var setProtected: (@Sendable (inout any SimulatedCloud, _ id: String, Bool) -> Void)?

  static let hetzner = KnownCloud(
    name: "hetzner", provisioner: { HetznerProvisioner() }, manifest: HetznerProvisioner.manifest,
    make: { HetznerCloud(token: $0, seed: $1, start: $2) },
    types: [("cx23", "fsn1", "debian-12"), ("cx33", "nbg1", "debian-12"), ("cx43", "hel1", "debian-12")],
    machines: "/servers",
    noes: [
      (412, "resource_unavailable", "error during placement"), (403, "resource_limit_exceeded", "server limit reached"),
      (422, "invalid_input", "invalid input in field 'image'"), (429, "rate_limit_exceeded", "limit reached"),
    ],
    stock: { ["server_type": .string($0), "location": .string($1), "available": .bool($2)] },
    standing: { cloud in
      guard let cloud = cloud as? HetznerCloud else { return [:] }
      return standings(cloud.servers.map { (String($0.id), $0.status == .running, $0.status == .off) })
    },
    setFull: { cloud, isFull in
      guard var known = cloud as? HetznerCloud else { return }
      known.settings.serverLimit = isFull ? 0 : 1_000
      cloud = known
    },
    setProtected: { cloud, id, isProtected in
      guard var known = cloud as? HetznerCloud, let id = Int64(id) else { return }
      known.frame.world.servers.change(id) { $0.protected = isProtected }
      cloud = known
    })

  static let digitalOcean = KnownCloud(
    name: "digitalocean", provisioner: { DigitalOceanProvisioner() }, manifest: DigitalOceanProvisioner.manifest,
    make: { DigitalOceanCloud(token: $0, seed: $1, start: $2) },
    types: [
      ("s-1vcpu-1gb", "fra1", "debian-12"), ("s-1vcpu-2gb", "fra1", "debian-12"), ("s-2vcpu-2gb", "fra1", "debian-12"),
    ],
    machines: "/droplets",
    noes: [
      (422, "unprocessable_entity", "creating this/these droplet(s) will exceed your droplet limit"),
      (422, "unprocessable_entity", "The size is currently not available in this region."),
      (422, "unprocessable_entity", "The image you specified is not available in the selected region."),
      (429, "too_many_requests", "API Rate limit exceeded."),
    ],
    // What the catalog does not say: the create itself is refused.
    stock: { ["size": .string($0), "region": .string($1), "full": .bool(!$2)] },
    standing: { cloud in
      guard let cloud = cloud as? DigitalOceanCloud else { return [:] }
      return standings(
        cloud.frame.world.droplets.rows.map { (String($0.id), $0.status == .active, $0.status == .off) })
    },
    setFull: { cloud, isFull in
      guard var known = cloud as? DigitalOceanCloud else { return }
      known.settings.dropletLimit = isFull ? 0 : 1_000
      cloud = known
    })

  static let vultr = KnownCloud(
    name: "vultr", provisioner: { VultrProvisioner() }, manifest: VultrProvisioner.manifest,
    make: { VultrCloud(token: $0, seed: $1, start: $2) },
    types: [
      ("vc2-1c-1gb", "ewr", "debian-12"), ("vc2-1c-2gb", "ewr", "debian-12"), ("vc2-2c-4gb", "ewr", "debian-12"),
    ],
    machines: "/instances",
    noes: [
      (400, "", "Server add failed: Plan is not available in the selected region."),
      (400, "", "You have reached the maximum number of active virtual machines for this account."),
      (400, "", "Invalid plan chosen."), (429, "", "Rate limit exceeded"),
    ],
    stock: { ["plan": .string($0), "region": .string($1), "available": .bool($2)] },
    standing: { cloud in
      guard let cloud = cloud as? VultrCloud else { return [:] }
      return standings(
        cloud.frame.world.instances.rows.map { ($0.id, $0.stage == .ready && $0.powered, !$0.powered) })
    },
    setFull: { cloud, isFull in
      guard var known = cloud as? VultrCloud else { return }
      known.settings.serverLimit = isFull ? 0 : 1_000
      cloud = known
    })

  static let all = [hetzner, digitalOcean, vultr]

  private static func standings(_ rows: [(String, Bool, Bool)]) -> [String: OutsideObject.Standing] {
    var found: [String: OutsideObject.Standing] = [:]
    for (id, isRunning, isOff) in rows { found[id] = isRunning ? .running : isOff ? .stopped : .coming }
    return found
  }

  /// Placements of an account.
  func placements(on account: String) -> [Placement] {
    types.map { Placement(account: account, type: $0.type, location: $0.location, image: $0.image) }
  }

  /// What the daemon makes of the manifest.
  var limits: CloudLimits {
    CloudLimits(
      settleMs: Int64(manifest.settleWindowS) * 1_000, lateWindowMs: Int64(manifest.lateWindowS) * 1_000,
      uniqueNames: manifest.uniqueNames, pollBatch: manifest.maxPollBatch,
      requestsPerHour: manifest.rate?.perHour)
  }
}
