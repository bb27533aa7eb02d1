/// Everything that the API can show, of all projects.
package struct VultrWorld: Sendable {
  /// What can be bought.
  package var catalog: VultrCatalog
  /// What can be turned.
  package var settings: VultrSettings
  /// Instances of all projects.
  package var instances = Table<VultrInstance>()
  /// SSH keys of all projects.
  package var keys = Table<VultrKey>()
  /// Reserved addresses of all projects.
  package var reserved = Table<VultrReservedIP>()
  /// Rate limits by source address.
  var windows: [String: SlidingWindow] = [:]
  /// IPv4 addresses to hand out.
  package var pool: AddressPool
  /// Networks handed out so far.
  var networks: Int64 = 0

  init(catalog: VultrCatalog, settings: VultrSettings, pool: AddressPool) {
    self.catalog = catalog
    self.settings = settings
    self.pool = pool
  }
}

/// A virtual machine.
package struct VultrInstance: Sendable, Identifiable {
  /// A UUID.
  package let id: String
  /// Account that pays.
  package let project: String
  /// Label, which any number of instances may share.
  package var label: String
  /// Host name.
  package var hostname: String
  /// Tags.
  package var tags: [String]
  /// Id of its plan.
  package var plan: String
  /// Id of its region.
  package let region: String
  /// What it was installed from.
  package var system: System
  /// user_data as given, which is base64; empty for none.
  package var userData: String
  /// `root` or `limited`.
  package var userScheme: String
  /// Lines of the SSH keys that were put in place.
  package let authorizedKeys: [String]
  /// Instant of creation, milliseconds since 1970.
  package let created: Int64
  /// Main IPv4 address; nil where it was not wanted.
  package var ip: String?
  /// IPv6 network of 64 bits, without its length; nil where it was not wanted.
  package var network: String?
  /// Id of the reserved address that `ip` is; nil where it came from the pool.
  package var reserved: String?
  /// Names of features, sorted.
  package var features: [String]
  /// How far it has come.
  package var stage = Stage.fresh
  /// Whether it has power.
  package var powered = true
  /// Whether a new plan is being put in force.
  package var resizing = false
  /// Whether it is to be gone soon.
  package var ending = false
  /// Password of root.
  var password: String
  /// Instant from which nobody is shown that any more.
  var passwordUntil: Int64
  /// Instant until which it is locked.
  var lockedUntil: Int64 = 0
  /// Instant before which nobody sees it.
  var visibleFrom: Int64 = 0
  /// Counts the times that power came or went.
  var power = 0
  /// Counts orders to start or to halt; only the last one is carried out.
  var orders = 0
  /// Whether its installation never ends.
  var stuck = false
  /// Counts installations.
  var installs = 0
  /// Whether it answers on port 22.
  package var listening = false
  /// Whether its address stays, reserved, when it goes.
  var keepsAddress = false

  /// How far an instance has come.
  package enum Stage: Sendable, Hashable, CaseIterable {
    /// Ordered, without an address.
    case fresh
    /// With an address; nothing is installed.
    case addressed
    /// Being installed.
    case installing
    /// Installed.
    case ready
  }

  /// What an instance was installed from; vultr-v2.json names the ids of all three.
  package struct System: Sendable, Hashable {
    /// Id of the operating system.
    package var os: Int64
    /// Name of the operating system.
    package var name: String
    /// Id of the one-click application; 0 for none.
    package var app: Int64 = 0
    /// Id of the marketplace application; empty for none.
    package var image = ""
  }
}

/// An SSH key; neither name nor key is unique.
package struct VultrKey: Sendable, Identifiable {
  /// A UUID.
  package let id: String
  /// Account that it belongs to.
  package let project: String
  /// Name.
  package var name: String
  /// The line that was given.
  package var line: String
  /// Instant of creation.
  package let created: Int64
}

/// An address that is paid for whether an instance has it or not.
package struct VultrReservedIP: Sendable, Identifiable {
  /// A UUID.
  package let id: String
  /// Account that pays.
  package let project: String
  /// The address.
  package let ip: String
  /// Id of its region.
  package let region: String
  /// Label.
  package var label: String
  /// Id of the instance that has it; nil where none does.
  package var instance: String?
}

/// A step that the cloud takes by itself.
package enum VultrEvent: Sendable {
  /// The address is there.
  case addressed(String)
  /// The first installation begins.
  case installing(String)
  /// The installation of that number is done.
  case installed(String, number: Int)
  /// The creation fails; the instance vanishes.
  case failed(String)
  /// The order of that number to start or to halt is carried out.
  case powered(String, on: Bool, order: Int)
  /// The new plan is in force.
  case resized(String)
  /// The operating system of that power-on is up.
  case booted(String, power: Int)
  /// A deleted instance is gone.
  case gone(String)
  /// Stock comes back.
  case restocked(plan: String, region: String)
}
