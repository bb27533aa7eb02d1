/// Asks what the cloud sells.
public struct CatalogRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext

  /// Makes the message from its fields.
  public init(account: AccountContext) {
    self.account = account
  }
}

/// One type in one location.
public struct CatalogOffer: Codable, Sendable, Hashable {
  /// The place.
  public var location: String
  /// Whether it is in stock now.
  public var available: Bool
  /// What it costs there.
  public var price: Price?
  /// RFC 3339 date after which it cannot be bought.
  public var deprecatedAfter: String?

  /// Makes the message from its fields.
  public init(location: String, available: Bool, price: Price? = nil, deprecatedAfter: String? = nil) {
    self.location = location
    self.available = available
    self.price = price
    self.deprecatedAfter = deprecatedAfter
  }

  enum CodingKeys: String, CodingKey {
    case location
    case available
    case price
    case deprecatedAfter = "deprecated_after"
  }
}

/// A machine type.
public struct CatalogType: Codable, Sendable, Hashable {
  /// The cloud's name of it.
  public var name: String
  /// For people.
  public var description: String?
  /// Virtual processors.
  public var vcpu: Int
  /// Memory in MiB.
  public var memoryMb: Int
  /// Disk in GB.
  public var diskGb: Int
  /// `x86_64` or `arm64`.
  public var architecture: String
  /// Where it is sold.
  public var offers: [CatalogOffer]

  /// Makes the message from its fields.
  public init(
    name: String,
    description: String? = nil,
    vcpu: Int,
    memoryMb: Int,
    diskGb: Int,
    architecture: String,
    offers: [CatalogOffer] = []
  ) {
    self.name = name
    self.description = description
    self.vcpu = vcpu
    self.memoryMb = memoryMb
    self.diskGb = diskGb
    self.architecture = architecture
    self.offers = offers
  }

  enum CodingKeys: String, CodingKey {
    case name
    case description
    case vcpu
    case memoryMb = "memory_mb"
    case diskGb = "disk_gb"
    case architecture
    case offers
  }
}

extension CatalogType {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    description = try values.decodeIfPresent(String.self, forKey: .description)
    vcpu = try values.decode(Int.self, forKey: .vcpu)
    memoryMb = try values.decode(Int.self, forKey: .memoryMb)
    diskGb = try values.decode(Int.self, forKey: .diskGb)
    architecture = try values.decode(String.self, forKey: .architecture)
    offers = try values.decodeIfPresent([CatalogOffer].self, forKey: .offers) ?? []
  }
}

/// A place.
public struct CatalogLocation: Codable, Sendable, Hashable {
  /// The cloud's name of it.
  public var name: String
  /// City.
  public var city: String?
  /// ISO 3166 code.
  public var country: String?

  /// Makes the message from its fields.
  public init(name: String, city: String? = nil, country: String? = nil) {
    self.name = name
    self.city = city
    self.country = country
  }
}

/// An image.
public struct CatalogImage: Codable, Sendable, Hashable {
  /// As offerings name it.
  public var name: String
  /// The cloud's id.
  public var id: String
  /// `x86_64` or `arm64`.
  public var architecture: String
  /// RFC 3339 date after which it cannot be used.
  public var deprecatedAfter: String?

  /// Makes the message from its fields.
  public init(name: String, id: String, architecture: String, deprecatedAfter: String? = nil) {
    self.name = name
    self.id = id
    self.architecture = architecture
    self.deprecatedAfter = deprecatedAfter
  }

  enum CodingKeys: String, CodingKey {
    case name
    case id
    case architecture
    case deprecatedAfter = "deprecated_after"
  }
}

/// What the cloud sells.
public struct CatalogReply: Codable, Sendable, Hashable {
  /// Machine types.
  public var types: [CatalogType]
  /// Places.
  public var locations: [CatalogLocation]
  /// Images.
  public var images: [CatalogImage]

  /// Makes the message from its fields.
  public init(types: [CatalogType] = [], locations: [CatalogLocation] = [], images: [CatalogImage] = []) {
    self.types = types
    self.locations = locations
    self.images = images
  }

  enum CodingKeys: String, CodingKey {
    case types, locations, images
  }
}

extension CatalogReply {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    types = try values.decodeIfPresent([CatalogType].self, forKey: .types) ?? []
    locations = try values.decodeIfPresent([CatalogLocation].self, forKey: .locations) ?? []
    images = try values.decodeIfPresent([CatalogImage].self, forKey: .images) ?? []
  }
}
