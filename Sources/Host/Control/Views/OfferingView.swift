/// What can be bought.
package struct OfferingView: Codable, Sendable, Hashable {
  /// Its name.
  package var name: String
  /// Whom its owner wants told of what goes wrong; nil: nobody.
  package var notify: NotifyView?
  /// Choices in order of preference.
  package var placements: [PlacementView]
  /// Configuration that only the plugin understands.
  package var config: JSON
  /// `cloud`, `ssh` or `recipe`.
  package var readiness: String
  /// What is run on each machine before it is handed over.
  package var recipe: RecipeUseView?
  /// What becomes of a machine whose recipe failed: `end`, `next` or `keep`.
  package var onFailure: String
  /// Seconds for which a machine is kept with `keep`.
  package var keepForS: Int?
  /// Whether our own key is removed from a machine before it is handed over.
  package var removesAccess: Bool
  /// Seconds within which a provision is decided.
  package var provisionDeadlineS: Int
  /// When it was added.
  package var createdAt: Timestamp
  /// When the clouds were last asked whether it holds; nil: never.
  package var checkedAt: Timestamp?
  /// What is wrong with it, or will be, since the clouds were last asked.
  package var warnings: [OfferingWarningView]

  /// Makes the view from its fields.
  package init(
    name: String,
    placements: [PlacementView],
    config: JSON = .object([:]),
    readiness: String,
    recipe: RecipeUseView? = nil,
    onFailure: String = "end",
    keepForS: Int? = nil,
    removesAccess: Bool = false,
    provisionDeadlineS: Int,
    createdAt: Timestamp,
    checkedAt: Timestamp? = nil,
    warnings: [OfferingWarningView] = []
  ) {
    self.name = name
    self.placements = placements
    self.config = config
    self.readiness = readiness
    self.recipe = recipe
    self.onFailure = onFailure
    self.keepForS = keepForS
    self.removesAccess = removesAccess
    self.provisionDeadlineS = provisionDeadlineS
    self.createdAt = createdAt
    self.checkedAt = checkedAt
    self.warnings = warnings
  }
}

/// Whom an offering's owner wants told of what goes wrong.
package struct NotifyView: Codable, Sendable, Hashable {
  /// Where a POST goes.
  package var webhook: String?
  /// Whether the webhook's bodies are signed.
  package var isSigned: Bool
  /// An e-mail address.
  package var email: String?

  private enum CodingKeys: String, CodingKey {
    case webhook
    case isSigned = "signed"
    case email
  }

  /// Makes the view from its fields.
  package init(webhook: String? = nil, isSigned: Bool = false, email: String? = nil) {
    self.webhook = webhook
    self.isSigned = isSigned
    self.email = email
  }
}

/// What is wrong with a placement of an offering, or will be.
package struct OfferingWarningView: Codable, Sendable, Hashable {
  /// `notice` (of the cloud: a coming end, low stock), `price`, `gone` or `stock`.
  package var kind: String
  /// The placement.
  package var placement: PlacementView
  /// Since when.
  package var since: Timestamp
  /// One sentence.
  package var text: String

  /// Makes the view from its fields.
  package init(
    kind: String,
    placement: PlacementView,
    since: Timestamp,
    text: String
  ) {
    self.kind = kind
    self.placement = placement
    self.since = since
    self.text = text
  }
}

/// One concrete choice of what to make where.
package struct PlacementView: Codable, Sendable, Hashable {
  /// Account to buy on.
  package var account: String
  /// The cloud's name of the machine type.
  package var type: String
  /// The cloud's name of the place.
  package var location: String
  /// Image as people name it, such as `debian-12`.
  package var image: String

  /// Makes the view from its fields.
  package init(
    account: String,
    type: String,
    location: String,
    image: String
  ) {
    self.account = account
    self.type = type
    self.location = location
    self.image = image
  }
}

/// What the clouds say of an offering now.
package struct ValidationView: Codable, Sendable, Hashable {
  /// Its name.
  package var offering: String
  /// Whether at least one placement holds.
  package var holds: Bool
  /// One entry for each placement, in order.
  package var placements: [PlacementCheckView]

  /// Makes the view from its fields.
  package init(
    offering: String,
    holds: Bool,
    placements: [PlacementCheckView]
  ) {
    self.offering = offering
    self.holds = holds
    self.placements = placements
  }
}

/// What the cloud says of one placement now.
package struct PlacementCheckView: Codable, Sendable, Hashable {
  /// The placement as the offering has it.
  package var placement: PlacementView
  /// Whether it could be bought now.
  package var holds: Bool
  /// Why not, with violations.
  package var failure: ControlFailure?
  /// What provision will ask for.
  package var imageId: String?
  /// `x86_64` or `arm64`.
  package var architecture: String?
  /// Virtual processors.
  package var vcpu: Int?
  /// Memory in MiB.
  package var memoryMb: Int?
  /// Disk in GB.
  package var diskGb: Int?
  /// What it costs, where the cloud says.
  package var price: PriceView?
  /// Deprecation with its date, low stock, a price that changed since the last validation.
  package var warnings: [String]

  /// Makes the view from its fields.
  package init(
    placement: PlacementView,
    holds: Bool,
    failure: ControlFailure? = nil,
    imageId: String? = nil,
    architecture: String? = nil,
    vcpu: Int? = nil,
    memoryMb: Int? = nil,
    diskGb: Int? = nil,
    price: PriceView? = nil,
    warnings: [String] = []
  ) {
    self.placement = placement
    self.holds = holds
    self.failure = failure
    self.imageId = imageId
    self.architecture = architecture
    self.vcpu = vcpu
    self.memoryMb = memoryMb
    self.diskGb = diskGb
    self.price = price
    self.warnings = warnings
  }
}

/// A price; amounts are decimal strings.
package struct PriceView: Codable, Sendable, Hashable {
  /// For one hour.
  package var hourly: String
  /// For one month, where the cloud says.
  package var monthly: String?
  /// ISO 4217 code.
  package var currency: String
  /// Whether tax is still to be added.
  package var net: Bool
  /// Seconds in one billed unit.
  package var granularityS: Int
  /// Seconds billed at least.
  package var minimumS: Int
  /// The most that one month costs.
  package var monthlyCap: String?

  /// Makes the view from its fields.
  package init(
    hourly: String,
    monthly: String? = nil,
    currency: String,
    net: Bool = true,
    granularityS: Int = 3600,
    minimumS: Int = 0,
    monthlyCap: String? = nil
  ) {
    self.hourly = hourly
    self.monthly = monthly
    self.currency = currency
    self.net = net
    self.granularityS = granularityS
    self.minimumS = minimumS
    self.monthlyCap = monthlyCap
  }
}
