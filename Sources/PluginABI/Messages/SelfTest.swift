/// Asks whose account this is and whether its credential works.
public struct SelfTestRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext
  /// This installation's public SSH key, OpenSSH form.
  public var installationKey: String

  /// Makes the message from its fields.
  public init(account: AccountContext, installationKey: String) {
    self.account = account
    self.installationKey = installationKey
  }

  enum CodingKeys: String, CodingKey {
    case account
    case installationKey = "installation_key"
  }
}

/// What the cloud says of the account.
public struct SelfTestReply: Codable, Sendable, Hashable {
  /// Something that no other account has; nil while nothing of ours is there to tell by.
  public var accountIdentity: String?
  /// Whether the cloud accepted it.
  public var credentialValid: Bool
  /// Whether it may change things; nil where the cloud does not tell.
  public var canWrite: Bool?
  /// What it may do, as far as the cloud tells.
  public var scopes: [String]
  /// What is left of each limit, as far as the cloud tells.
  public var quotaLeft: [String: Int]
  /// Version of the cloud's API.
  public var apiVersion: String?
  /// The address from which the cloud sees us.
  public var sourceAddress: String?

  /// Makes the message from its fields.
  public init(
    accountIdentity: String? = nil,
    credentialValid: Bool,
    canWrite: Bool? = nil,
    scopes: [String] = [],
    quotaLeft: [String: Int] = [:],
    apiVersion: String? = nil,
    sourceAddress: String? = nil
  ) {
    self.accountIdentity = accountIdentity
    self.credentialValid = credentialValid
    self.canWrite = canWrite
    self.scopes = scopes
    self.quotaLeft = quotaLeft
    self.apiVersion = apiVersion
    self.sourceAddress = sourceAddress
  }

  enum CodingKeys: String, CodingKey {
    case accountIdentity = "account_identity"
    case credentialValid = "credential_valid"
    case canWrite = "can_write"
    case scopes
    case quotaLeft = "quota_left"
    case apiVersion = "api_version"
    case sourceAddress = "source_address"
  }
}

extension SelfTestReply {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    accountIdentity = try values.decodeIfPresent(String.self, forKey: .accountIdentity)
    credentialValid = try values.decode(Bool.self, forKey: .credentialValid)
    canWrite = try values.decodeIfPresent(Bool.self, forKey: .canWrite)
    scopes = try values.decodeIfPresent([String].self, forKey: .scopes) ?? []
    quotaLeft = try values.decodeIfPresent([String: Int].self, forKey: .quotaLeft) ?? [:]
    apiVersion = try values.decodeIfPresent(String.self, forKey: .apiVersion)
    sourceAddress = try values.decodeIfPresent(String.self, forKey: .sourceAddress)
  }
}
