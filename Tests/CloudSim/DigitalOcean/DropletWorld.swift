/// Everything that the API can show, of all projects.
package struct DigitalOceanWorld: Sendable {
  /// What can be bought.
  package var catalog: DigitalOceanCatalog
  /// What can be turned.
  package var settings: DigitalOceanSettings
  /// Droplets of all projects.
  package var droplets = Table<DigitalOceanDroplet>()
  /// SSH keys of all projects.
  package var keys = Table<DigitalOceanKey>()
  /// Actions of all projects.
  package var actions = Table<DigitalOceanAction>()
  /// Where there is no room, whatever the catalog says.
  package var full: Set<DigitalOceanPlace> = []
  /// Spelling of each tag at its first use, by project and lower case.
  var tagSpelling: [String: [String: String]] = [:]
  /// IPv4 addresses to hand out.
  var pool: AddressPool
  private var lastID: Int64 = 300_000_000

  init(catalog: DigitalOceanCatalog, settings: DigitalOceanSettings, pool: AddressPool) {
    self.catalog = catalog
    self.settings = settings
    self.pool = pool
  }

  /// An id that nothing had before.
  mutating func freshID() -> Int64 {
    lastID += 1
    return lastID
  }
}

/// A size in a region.
package struct DigitalOceanPlace: Sendable, Hashable {
  /// Slug of the size.
  package let size: String
  /// Slug of the region.
  package let region: String
}

/// A droplet.
package struct DigitalOceanDroplet: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// Name; others may have the same.
  package var name: String
  /// Tags as they were asked for; shown only from `taggedFrom` on.
  package let tags: [String]
  /// Status as the API shows it.
  package var status: Status
  /// Instant of creation, milliseconds since 1970.
  package let created: Int64
  /// Slug of its size.
  package let size: String
  /// Slug of its region.
  package let region: String
  /// Its image.
  package let image: DigitalOceanImage
  /// Public IPv4 address; nil where it was not wanted.
  package let ipv4: String?
  /// Whether it has an IPv6 address.
  package let hasIPv6: Bool
  /// Features as the API shows them.
  package let features: [String]
  /// user_data as given; empty for none.
  package let userData: String
  /// Lines of the SSH keys that were put in place.
  package let authorizedKeys: [String]
  /// The action that runs; nil where none does.
  var busy: Int64?
  /// Instant until which an event is pending without an action.
  var lockedUntil: Int64 = 0
  /// Instant before which nobody sees it.
  var visibleFrom: Int64 = 0
  /// Instant before which no listing by name has it.
  var namedFrom: Int64 = 0
  /// Instant from which it shows its tags; nil while it was never active.
  var taggedFrom: Int64?
  /// Counts the times that power came.
  var power = 0
  /// Whether it answers on port 22.
  package var listening = false

  /// Whether it is listed only among the GPU droplets.
  package var isGPU: Bool { size.hasPrefix("gpu-") }

  /// Status of a droplet.
  package enum Status: String, Sendable, Hashable {
    case new, active, off, archive
  }
}

/// An SSH key.
package struct DigitalOceanKey: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// Name; others may have the same.
  package var name: String
  /// MD5, unique in the project.
  package let fingerprint: String
  /// The line that was given.
  package let line: String
  /// Instant from which droplets can be made with it.
  let usableFrom: Int64
}

/// Something that takes a while.
package struct DigitalOceanAction: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// What it does, such as `create`.
  package let type: String
  /// The droplet that it is about.
  package let droplet: Int64
  /// Slug of the droplet's region.
  package let region: String
  /// Instant of its start.
  package let started: Int64
  /// Instant of its end; nil while it runs.
  package var completed: Int64?
  /// Whether it failed; the API does not say why.
  package var errored = false

  /// `in-progress`, `completed` or `errored`.
  package var status: String { completed == nil ? "in-progress" : errored ? "errored" : "completed" }
}

/// A step that the cloud takes by itself.
package enum DigitalOceanEvent: Sendable {
  /// The create action ends well.
  case created(droplet: Int64, action: Int64)
  /// The create action fails; the droplet vanishes.
  case failed(droplet: Int64, action: Int64)
  /// An action ends in this.
  case finished(droplet: Int64, action: Int64, becomes: DigitalOceanDroplet.Status?, errored: Bool)
  /// The operating system of that power-on is up.
  case booted(droplet: Int64, power: Int)
  /// The operating system of that power-on has shut down.
  case off(droplet: Int64, power: Int)
  /// A deleted droplet is gone.
  case gone(droplet: Int64, action: Int64)
  /// There is room again.
  case restocked(DigitalOceanPlace)
}
