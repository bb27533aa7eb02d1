/// One concrete choice of what to make where; an offering lists them in order of preference.
package struct Placement: Codable, Hashable, Sendable {
  /// Account to buy on.
  package var account: String
  /// The cloud's name of the machine type.
  package var type: String
  /// The cloud's name of the place.
  package var location: String
  /// Image as people name it, such as `debian-12`.
  package var image: String
  /// Configuration that only the plugin understands: one JSON object as text.
  package var config: String

  /// Makes a placement.
  package init(account: String, type: String, location: String, image: String, config: String = "{}") {
    self.account = account
    self.type = type
    self.location = location
    self.image = image
    self.config = config
  }
}

/// A placement as the plugin confirmed it against the live catalog.
package struct ResolvedPlacement: Codable, Hashable, Sendable {
  /// Type, normalized.
  package var type: String
  /// Location, normalized.
  package var location: String
  /// What provision asks for.
  package var imageID: String
  /// `x86_64` or `arm64`.
  package var architecture: String
  /// Virtual processors.
  package var vcpu: Int
  /// Memory in MiB.
  package var memoryMB: Int
  /// Disk in GB.
  package var diskGB: Int
  /// What it costs.
  package var price: Price?
  /// For people.
  package var warnings: [String]

  /// Makes a resolved placement.
  package init(
    type: String, location: String, imageID: String, architecture: String, vcpu: Int, memoryMB: Int, diskGB: Int,
    price: Price?, warnings: [String] = []
  ) {
    self.type = type
    self.location = location
    self.imageID = imageID
    self.architecture = architecture
    self.vcpu = vcpu
    self.memoryMB = memoryMB
    self.diskGB = diskGB
    self.price = price
    self.warnings = warnings
  }
}

/// The rungs that a resource climbs before it is handed over.
package enum Readiness: String, Codable, Hashable, Sendable, CaseIterable {
  /// The cloud says that it runs.
  case cloud
  /// SSH answers with a host key that we verified, rotated and pinned.
  case ssh
  /// SSH as above, and then the offering's recipe has ended with 0.
  case recipe

  /// Whether SSH is verified on the way.
  package var needsSSH: Bool { self != .cloud }
}

/// What can be bought, as stored; a resource keeps the snapshot that it was accepted with.
package struct Offering: Codable, Hashable, Sendable {
  /// Name, unique in the installation.
  package var name: String
  /// Choices in order of preference, 1 to 16.
  package var placements: [Placement]
  /// What has to be true before `active`.
  package var readiness: Readiness
  /// Milliseconds within which a provision is decided.
  package var provisionDeadlineMs: Int64
  /// What becomes of a VM whose recipe failed; nil: it is ended.
  package var onFailure: FailurePolicy?
  /// Whether our own key is removed from the VM before it is handed over; nil: it stays.
  package var removesAccess: Bool?
  /// Whom its owner wants to be told of what goes wrong; nil: nobody.
  package var notify: NoticeTargets?
  /// When it was added.
  package var addedAt: Instant
  /// What is run on each machine before it is handed over; there exactly where the readiness is `recipe`.
  package var recipe: RecipeUse?

  /// Makes an offering.
  package init(
    name: String, placements: [Placement], readiness: Readiness, provisionDeadlineMs: Int64,
    addedAt: Instant = Instant(ms: 0), recipe: RecipeUse? = nil
  ) {
    self.name = name
    self.placements = placements
    self.readiness = readiness
    self.provisionDeadlineMs = provisionDeadlineMs
    self.addedAt = addedAt
    self.recipe = recipe
  }
}
