/// Asks for one object, made at most once for an attempt.
public struct ProvisionRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext
  /// ULID of the attempt; goes into name and labels.
  public var attemptId: String
  /// ULID of the operation; goes into the labels.
  public var operationId: String
  /// ULID of the resource; goes into the labels.
  public var resourceId: String
  /// Name to give, valid as a host name; holds the attempt id.
  public var name: String
  /// Labels to put on it, to be adapted to what the cloud allows.
  public var tags: [String: String]
  /// What to make.
  public var placement: PlacementSpec
  /// Image as validate resolved it.
  public var imageId: String
  /// Architecture as validate resolved it.
  public var architecture: String
  /// Keys in OpenSSH form; the installation's is the first.
  public var sshPublicKeys: [String]
  /// For cloud-init; holds secrets, never log it.
  public var userData: String
  /// From prepare, or from an earlier provision of this attempt.
  public var cookie: String?
  /// The object's id, where an earlier call for this attempt made it.
  public var externalId: String?

  /// Makes the message from its fields.
  public init(
    account: AccountContext,
    attemptId: String,
    operationId: String,
    resourceId: String,
    name: String,
    tags: [String: String] = [:],
    placement: PlacementSpec,
    imageId: String,
    architecture: String,
    sshPublicKeys: [String] = [],
    userData: String,
    cookie: String? = nil,
    externalId: String? = nil
  ) {
    self.account = account
    self.attemptId = attemptId
    self.operationId = operationId
    self.resourceId = resourceId
    self.name = name
    self.tags = tags
    self.placement = placement
    self.imageId = imageId
    self.architecture = architecture
    self.sshPublicKeys = sshPublicKeys
    self.userData = userData
    self.cookie = cookie
    self.externalId = externalId
  }

  enum CodingKeys: String, CodingKey {
    case account
    case attemptId = "attempt_id"
    case operationId = "operation_id"
    case resourceId = "resource_id"
    case name
    case tags
    case placement
    case imageId = "image_id"
    case architecture
    case sshPublicKeys = "ssh_public_keys"
    case userData = "user_data"
    case cookie
    case externalId = "external_id"
  }
}

extension ProvisionRequest {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    account = try values.decode(AccountContext.self, forKey: .account)
    attemptId = try values.decode(String.self, forKey: .attemptId)
    operationId = try values.decode(String.self, forKey: .operationId)
    resourceId = try values.decode(String.self, forKey: .resourceId)
    name = try values.decode(String.self, forKey: .name)
    tags = try values.decodeIfPresent([String: String].self, forKey: .tags) ?? [:]
    placement = try values.decode(PlacementSpec.self, forKey: .placement)
    imageId = try values.decode(String.self, forKey: .imageId)
    architecture = try values.decode(String.self, forKey: .architecture)
    sshPublicKeys = try values.decodeIfPresent([String].self, forKey: .sshPublicKeys) ?? []
    userData = try values.decode(String.self, forKey: .userData)
    cookie = try values.decodeIfPresent(String.self, forKey: .cookie)
    externalId = try values.decodeIfPresent(String.self, forKey: .externalId)
  }
}

/// A secret that the cloud insisted on making; the host seals it at once.
public struct SealedSecret: Codable, Sendable, Hashable {
  /// Such as `root_password`.
  public var name: String
  /// The secret.
  public var value: String

  /// Makes the message from its fields.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}

/// The object that was made, or adopted.
public struct ProvisionReply: Codable, Sendable, Hashable {
  /// The cloud's id.
  public var externalId: String
  /// As in an observation.
  public var state: String
  /// What is known of them.
  public var addresses: Addresses
  /// Kept with the attempt and handed to poll and terminate; at most 16 KiB.
  public var cookie: String?
  /// Passwords to seal.
  public var secrets: [SealedSecret]
  /// When the first look is worth it.
  public var pollAfterMs: Int64?
  /// Whether it existed already, with our attempt id on it.
  public var adopted: Bool

  /// Makes the message from its fields.
  public init(
    externalId: String,
    state: String,
    addresses: Addresses = Addresses(),
    cookie: String? = nil,
    secrets: [SealedSecret] = [],
    pollAfterMs: Int64? = nil,
    adopted: Bool = false
  ) {
    self.externalId = externalId
    self.state = state
    self.addresses = addresses
    self.cookie = cookie
    self.secrets = secrets
    self.pollAfterMs = pollAfterMs
    self.adopted = adopted
  }

  enum CodingKeys: String, CodingKey {
    case externalId = "external_id"
    case state
    case addresses
    case cookie
    case secrets
    case pollAfterMs = "poll_after_ms"
    case adopted
  }
}

extension ProvisionReply {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    externalId = try values.decode(String.self, forKey: .externalId)
    state = try values.decode(String.self, forKey: .state)
    addresses = try values.decodeIfPresent(Addresses.self, forKey: .addresses) ?? Addresses()
    cookie = try values.decodeIfPresent(String.self, forKey: .cookie)
    secrets = try values.decodeIfPresent([SealedSecret].self, forKey: .secrets) ?? []
    pollAfterMs = try values.decodeIfPresent(Int64.self, forKey: .pollAfterMs)
    adopted = try values.decodeIfPresent(Bool.self, forKey: .adopted) ?? false
  }
}
