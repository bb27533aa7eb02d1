/// Asks to start, stop or reboot one object.
public struct PowerRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext
  /// The attempt whose label must be on it.
  public var attemptId: String
  /// The name that it was given.
  public var name: String
  /// The object.
  public var externalId: String
  /// `start`, `stop` or `reboot`.
  public var action: String
  /// What provision or poll left.
  public var cookie: String?

  /// Makes the message from its fields.
  public init(
    account: AccountContext,
    attemptId: String,
    name: String,
    externalId: String,
    action: String,
    cookie: String? = nil
  ) {
    self.account = account
    self.attemptId = attemptId
    self.name = name
    self.externalId = externalId
    self.action = action
    self.cookie = cookie
  }

  enum CodingKeys: String, CodingKey {
    case account
    case attemptId = "attempt_id"
    case name
    case externalId = "external_id"
    case action
    case cookie
  }
}

/// What was begun.
public struct PowerReply: Codable, Sendable, Hashable {
  /// The state now.
  public var state: ObjectState
  /// Replaces the attempt's cookie.
  public var cookie: String?
  /// When the first look is worth it.
  public var pollAfterMs: Int64?

  /// Makes the message from its fields.
  public init(state: ObjectState, cookie: String? = nil, pollAfterMs: Int64? = nil) {
    self.state = state
    self.cookie = cookie
    self.pollAfterMs = pollAfterMs
  }

  enum CodingKeys: String, CodingKey {
    case state
    case cookie
    case pollAfterMs = "poll_after_ms"
  }
}
