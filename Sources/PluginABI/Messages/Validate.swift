/// Asks whether placements can be bought.
public struct ValidateRequest: Codable, Sendable, Hashable {
  /// The account to buy on.
  public var account: AccountContext
  /// What is wanted, at most 16.
  public var placements: [PlacementSpec]

  /// Makes the message from its fields.
  public init(account: AccountContext, placements: [PlacementSpec]) {
    self.account = account
    self.placements = placements
  }
}

/// One placement that holds.
public struct ValidatedPlacement: Codable, Sendable, Hashable {
  /// Its position in the request.
  public var index: Int
  /// Normalized type.
  public var type: String
  /// Normalized location.
  public var location: String
  /// What provision will ask for.
  public var imageId: String
  /// `x86_64` or `arm64`.
  public var architecture: String
  /// Virtual processors.
  public var vcpu: Int
  /// Memory in MiB.
  public var memoryMb: Int
  /// Disk in GB.
  public var diskGb: Int
  /// What it costs, where the cloud says.
  public var price: Price?
  /// Deprecation with its date, low stock.
  public var warnings: [String]

  /// Makes the message from its fields.
  public init(
    index: Int,
    type: String,
    location: String,
    imageId: String,
    architecture: String,
    vcpu: Int,
    memoryMb: Int,
    diskGb: Int,
    price: Price? = nil,
    warnings: [String] = []
  ) {
    self.index = index
    self.type = type
    self.location = location
    self.imageId = imageId
    self.architecture = architecture
    self.vcpu = vcpu
    self.memoryMb = memoryMb
    self.diskGb = diskGb
    self.price = price
    self.warnings = warnings
  }

  enum CodingKeys: String, CodingKey {
    case index
    case type
    case location
    case imageId = "image_id"
    case architecture
    case vcpu
    case memoryMb = "memory_mb"
    case diskGb = "disk_gb"
    case price
    case warnings
  }
}

extension ValidatedPlacement {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    index = try values.decode(Int.self, forKey: .index)
    type = try values.decode(String.self, forKey: .type)
    location = try values.decode(String.self, forKey: .location)
    imageId = try values.decode(String.self, forKey: .imageId)
    architecture = try values.decode(String.self, forKey: .architecture)
    vcpu = try values.decode(Int.self, forKey: .vcpu)
    memoryMb = try values.decode(Int.self, forKey: .memoryMb)
    diskGb = try values.decode(Int.self, forKey: .diskGb)
    price = try values.decodeIfPresent(Price.self, forKey: .price)
    warnings = try values.decodeIfPresent([String].self, forKey: .warnings) ?? []
  }
}

/// The placements that can be bought now; one without an entry is out of stock.
///
/// When one can never work the call fails with INVALID_SPEC, and with NO_CAPACITY when none is in stock.
public struct ValidateReply: Codable, Sendable, Hashable {
  /// Matched by index, in any order.
  public var placements: [ValidatedPlacement]

  /// Makes the message from its fields.
  public init(placements: [ValidatedPlacement]) {
    self.placements = placements
  }
}
