/// What a cloud sells to an account now; a part that was not asked for is absent.
package struct CatalogView: Codable, Sendable, Hashable {
  /// Name of the account.
  package var account: String
  /// Machine types, one entry for each place where one is sold, the cheapest first.
  package var types: [CatalogTypeView]?
  /// Places, by name.
  package var locations: [CatalogLocationView]?
  /// Images, by name.
  package var images: [CatalogImageView]?
  /// How many entries were left out because the cloud does not say what was asked for, by field.
  package var unknown: [String: Int]

  /// Makes the view from its fields.
  package init(
    account: String,
    types: [CatalogTypeView]? = nil,
    locations: [CatalogLocationView]? = nil,
    images: [CatalogImageView]? = nil,
    unknown: [String: Int] = [:]
  ) {
    self.account = account
    self.types = types
    self.locations = locations
    self.images = images
    self.unknown = unknown
  }
}

/// A machine type in one place.
package struct CatalogTypeView: Codable, Sendable, Hashable {
  /// The cloud's name of the type.
  package var name: String
  /// The cloud's name of the place; nil where the cloud names none.
  package var location: String?
  /// For people.
  package var description: String?
  /// Virtual processors.
  package var vcpu: Int?
  /// Memory in MiB.
  package var memoryMb: Int?
  /// Disk in GB.
  package var diskGb: Int?
  /// `x86_64` or `arm64`.
  package var architecture: String
  /// Whether it is in stock now.
  package var available: Bool
  /// What it costs there, where the cloud says.
  package var price: PriceView?
  /// What a whole month costs: the cap, else the month's price, else 730 hours.
  package var pricePerMonth: String?
  /// After which it cannot be bought any more.
  package var deprecatedAfter: String?

  /// Makes the view from its fields.
  package init(
    name: String,
    location: String?,
    description: String? = nil,
    vcpu: Int? = nil,
    memoryMb: Int? = nil,
    diskGb: Int? = nil,
    architecture: String,
    available: Bool,
    price: PriceView? = nil,
    pricePerMonth: String? = nil,
    deprecatedAfter: String? = nil
  ) {
    self.name = name
    self.location = location
    self.description = description
    self.vcpu = vcpu
    self.memoryMb = memoryMb
    self.diskGb = diskGb
    self.architecture = architecture
    self.available = available
    self.price = price
    self.pricePerMonth = pricePerMonth
    self.deprecatedAfter = deprecatedAfter
  }
}

/// A place.
package struct CatalogLocationView: Codable, Sendable, Hashable {
  /// The cloud's name of it.
  package var name: String
  /// City.
  package var city: String?
  /// ISO 3166 code.
  package var country: String?

  /// Makes the view from its fields.
  package init(
    name: String,
    city: String? = nil,
    country: String? = nil
  ) {
    self.name = name
    self.city = city
    self.country = country
  }
}

/// An image.
package struct CatalogImageView: Codable, Sendable, Hashable {
  /// As offerings name it.
  package var name: String
  /// The cloud's id.
  package var id: String
  /// `x86_64` or `arm64`.
  package var architecture: String
  /// After which it cannot be used any more.
  package var deprecatedAfter: String?

  /// Makes the view from its fields.
  package init(
    name: String,
    id: String,
    architecture: String,
    deprecatedAfter: String? = nil
  ) {
    self.name = name
    self.id = id
    self.architecture = architecture
    self.deprecatedAfter = deprecatedAfter
  }
}
