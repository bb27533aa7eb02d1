/// Asks for what provision needs and what costs nothing.
public struct PrepareRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext
  /// What will be made.
  public var placement: PlacementSpec
  /// This installation's public SSH key, OpenSSH form.
  public var installationKey: String

  /// Makes the message from its fields.
  public init(account: AccountContext, placement: PlacementSpec, installationKey: String) {
    self.account = account
    self.placement = placement
    self.installationKey = installationKey
  }

  enum CodingKeys: String, CodingKey {
    case account
    case placement
    case installationKey = "installation_key"
  }
}

/// What provision will need.
public struct PrepareReply: Codable, Sendable, Hashable {
  /// Handed to provision; at most 16 KiB.
  public var cookie: String?

  /// Makes the message from its fields.
  public init(cookie: String? = nil) {
    self.cookie = cookie
  }
}
