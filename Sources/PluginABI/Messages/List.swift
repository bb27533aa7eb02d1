/// Asks for everything of this installation in the account.
public struct ListRequest: Codable, Sendable, Hashable {
  /// The account; its installation_id selects.
  public var account: AccountContext

  /// Makes the message from its fields.
  public init(account: AccountContext) {
    self.account = account
  }
}

/// One object of ours.
public struct ListedObject: Codable, Sendable, Hashable {
  /// The cloud's id.
  public var externalId: String
  /// `server`, `container`, `ssh_key`, `address` or `volume`.
  public var kind: String
  /// Its name.
  public var name: String
  /// From its label.
  public var attemptId: String?
  /// From its label.
  public var operationId: String?
  /// From its label.
  public var resourceId: String?
  /// What the cloud says of it; `unknown` for what has no power state.
  public var state: ObjectState
  /// RFC 3339, by the cloud's clock.
  public var createdAt: String?
  /// Where it can be reached.
  public var addresses: Addresses
  /// Machine type.
  public var type: String?
  /// Place.
  public var location: String?
  /// Whether deletion is protected.
  public var protected: Bool

  /// Makes the message from its fields.
  public init(
    externalId: String,
    kind: String,
    name: String,
    attemptId: String? = nil,
    operationId: String? = nil,
    resourceId: String? = nil,
    state: ObjectState,
    createdAt: String? = nil,
    addresses: Addresses = Addresses(),
    type: String? = nil,
    location: String? = nil,
    protected: Bool = false
  ) {
    self.externalId = externalId
    self.kind = kind
    self.name = name
    self.attemptId = attemptId
    self.operationId = operationId
    self.resourceId = resourceId
    self.state = state
    self.createdAt = createdAt
    self.addresses = addresses
    self.type = type
    self.location = location
    self.protected = protected
  }

  enum CodingKeys: String, CodingKey {
    case externalId = "external_id"
    case kind
    case name
    case attemptId = "attempt_id"
    case operationId = "operation_id"
    case resourceId = "resource_id"
    case state
    case createdAt = "created_at"
    case addresses
    case type
    case location
    case protected
  }
}

extension ListedObject {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    externalId = try values.decode(String.self, forKey: .externalId)
    kind = try values.decode(String.self, forKey: .kind)
    name = try values.decode(String.self, forKey: .name)
    attemptId = try values.decodeIfPresent(String.self, forKey: .attemptId)
    operationId = try values.decodeIfPresent(String.self, forKey: .operationId)
    resourceId = try values.decodeIfPresent(String.self, forKey: .resourceId)
    state = try values.decode(ObjectState.self, forKey: .state)
    createdAt = try values.decodeIfPresent(String.self, forKey: .createdAt)
    addresses = try values.decodeIfPresent(Addresses.self, forKey: .addresses) ?? Addresses()
    type = try values.decodeIfPresent(String.self, forKey: .type)
    location = try values.decodeIfPresent(String.self, forKey: .location)
    protected = try values.decodeIfPresent(Bool.self, forKey: .protected) ?? false
  }
}

/// Everything of ours.
public struct ListReply: Codable, Sendable, Hashable {
  /// In any order.
  public var objects: [ListedObject]
  /// Objects by the cloud's own count.
  public var total: Int?
  /// Whether the listing is complete and agrees with itself.
  public var allPagesRead: Bool

  /// Makes the message from its fields.
  public init(objects: [ListedObject], total: Int? = nil, allPagesRead: Bool = false) {
    self.objects = objects
    self.total = total
    self.allPagesRead = allPagesRead
  }

  enum CodingKeys: String, CodingKey {
    case objects
    case total
    case allPagesRead = "all_pages_read"
  }
}

extension ListReply {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    objects = try values.decode([ListedObject].self, forKey: .objects)
    total = try values.decodeIfPresent(Int.self, forKey: .total)
    allPagesRead = try values.decodeIfPresent(Bool.self, forKey: .allPagesRead) ?? false
  }
}
