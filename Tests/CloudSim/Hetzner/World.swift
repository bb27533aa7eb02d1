/// Everything that the API can show, of all projects.
package struct HetznerWorld: Sendable {
  /// What can be bought.
  package var catalog: HetznerCatalog
  /// What can be turned.
  package var settings: HetznerSettings
  /// Servers of all projects.
  package var servers = Table<HetznerServer>()
  /// SSH keys of all projects.
  package var keys = Table<HetznerKey>()
  /// Actions of all projects.
  package var actions = Table<HetznerAction>()
  /// Primary IPs of all projects.
  package var addresses = Table<HetznerAddress>()
  /// Rate limits by project.
  var limiters: [String: RateLimiter] = [:]
  /// IPv4 addresses to hand out.
  package var pool: AddressPool
  private var lastID: Int64

  init(catalog: HetznerCatalog, settings: HetznerSettings, pool: AddressPool, lastID: Int64) {
    self.lastID = lastID
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

/// A server.
package struct HetznerServer: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// Name, unique in the project.
  package var name: String
  /// Labels.
  package var labels: [String: String]
  /// Status as the API shows it.
  package var status: Status
  /// Instant of creation, milliseconds since 1970.
  package let created: Int64
  /// Name of its type.
  package let type: String
  /// Name of its location.
  package let location: String
  /// Its image.
  package let image: HetznerImage
  /// Public IPv4 address; nil where it was not wanted.
  package var ipv4: Address?
  /// Public IPv6 network, with its length; nil where it was not wanted.
  package var ipv6: Address?
  /// Whether deleting is refused.
  package var protected = false
  /// user_data as given; empty for none.
  package let userData: String
  /// Lines of the SSH keys that were put in place.
  package let authorizedKeys: [String]
  /// The action that runs; nil where none does.
  var busy: Int64?
  /// Instant until which it is locked without an action.
  var lockedUntil: Int64 = 0
  /// Instant before which nobody sees it.
  var visibleFrom: Int64 = 0
  /// Counts the times that power came.
  var power = 0
  /// Whether it answers on port 22.
  package var listening = false
  /// Whether its primary IPs stay when it goes.
  var keepsAddress = false

  /// An address and the id of the primary IP that it is.
  package struct Address: Sendable, Hashable {
    /// Id of the primary IP.
    package let id: Int64
    /// The address.
    package let ip: String
  }

  /// Status of a server.
  package enum Status: String, Sendable, Hashable, CaseIterable {
    case initializing, starting, running, stopping, off, deleting, migrating, rebuilding, unknown
  }
}

/// An SSH key.
package struct HetznerKey: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// Name, unique in the project.
  package var name: String
  /// Labels.
  package var labels: [String: String]
  /// MD5, unique in the project.
  package let fingerprint: String
  /// The line that was given.
  package let line: String
  /// Instant of creation.
  package let created: Int64
}

/// Something that takes a while.
package struct HetznerAction: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that it belongs to.
  package let project: String
  /// What it does, such as `create_server`.
  package let command: String
  /// The server that it is about.
  package let server: Int64
  /// Instant of its start.
  package let started: Int64
  /// Instant of its end; nil while it runs.
  package var finished: Int64?
  /// Why it failed; nil where it did not.
  package var error: Failure?

  /// Why an action failed.
  package struct Failure: Sendable, Hashable {
    /// For machines.
    package let code: String
    /// For people; may be empty.
    package let message: String
  }
}

/// A primary IP.
package struct HetznerAddress: Sendable, Identifiable {
  /// Id.
  package let id: Int64
  /// Project that pays for it.
  package let project: String
  /// Name.
  package var name: String
  /// Labels.
  package var labels: [String: String]
  /// The address.
  package let ip: String
  /// Whether it is an IPv6 network.
  package let isV6: Bool
  /// Name of its location.
  package let location: String
  /// Instant of creation.
  package let created: Int64
  /// The server that has it; nil where none does.
  package var server: Int64?
  /// Whether it goes with its server.
  package var autoDelete: Bool
}

/// A step that the cloud takes by itself.
package enum HetznerEvent: Sendable {
  /// The create action ends; power comes where a next action is named.
  case created(server: Int64, action: Int64, next: Int64?)
  /// The create action and the next one fail; the server vanishes.
  case failed(server: Int64, actions: [Int64], code: String, message: String)
  /// An action ends in this.
  case finished(server: Int64, action: Int64, becomes: HetznerServer.Status?, failure: HetznerAction.Failure?)
  /// The operating system of that power-on is up.
  case booted(server: Int64, power: Int)
  /// The operating system of that power-on has shut down.
  case off(server: Int64, power: Int)
  /// A deleted server is gone.
  case gone(server: Int64, action: Int64)
  /// Stock comes back.
  case restocked(type: String, location: String)
}
