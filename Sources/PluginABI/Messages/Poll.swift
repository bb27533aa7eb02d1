/// One attempt to look at.
public struct PollEntry: Codable, Sendable, Hashable {
  /// ULID of the attempt.
  public var attemptId: String
  /// The name that it was given.
  public var name: String
  /// Its id; without one, look it up by exact name.
  public var externalId: String?
  /// `present`, or `absent` once terminate was called.
  public var expect: String
  /// What provision or terminate left.
  public var cookie: String?

  /// Makes the message from its fields.
  public init(
    attemptId: String,
    name: String,
    externalId: String? = nil,
    expect: String = "present",
    cookie: String? = nil
  ) {
    self.attemptId = attemptId
    self.name = name
    self.externalId = externalId
    self.expect = expect
    self.cookie = cookie
  }

  enum CodingKeys: String, CodingKey {
    case attemptId = "attempt_id"
    case name
    case externalId = "external_id"
    case expect
    case cookie
  }
}

extension PollEntry {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    attemptId = try values.decode(String.self, forKey: .attemptId)
    name = try values.decode(String.self, forKey: .name)
    externalId = try values.decodeIfPresent(String.self, forKey: .externalId)
    expect = try values.decodeIfPresent(String.self, forKey: .expect) ?? "present"
    cookie = try values.decodeIfPresent(String.self, forKey: .cookie)
  }
}

/// Asks what became of a batch of attempts of one account.
public struct PollRequest: Codable, Sendable, Hashable {
  /// The account.
  public var account: AccountContext
  /// At most the manifest's max_poll_batch.
  public var entries: [PollEntry]

  /// Makes the message from its fields.
  public init(account: AccountContext, entries: [PollEntry]) {
    self.account = account
    self.entries = entries
  }
}

/// What a cloud says of an object.
public enum ObjectState: String, Codable, Sendable, Hashable, CaseIterable {
  /// Being made.
  case pending
  /// Made, but provision must be called again to finish it.
  case incomplete
  /// Powered on.
  case running
  /// Powered off.
  case stopped
  /// It will never run.
  case failed
  /// The cloud, asked for this id, says that it does not exist.
  case gone
  /// The cloud's answer cannot be read as one of the others.
  case unknown
}

/// One object as the cloud described it.
public struct ObjectObservation: Codable, Sendable, Hashable {
  /// The cloud's id.
  public var externalId: String
  /// What the cloud says of it.
  public var state: ObjectState
  /// RFC 3339, by the cloud's clock.
  public var createdAt: String?
  /// Where it can be reached.
  public var addresses: Addresses
  /// Where its SSH server is, if not port 22.
  public var ssh: SSHEndpoint?
  /// Why it failed, in the cloud's words.
  public var error: String?

  /// Makes the message from its fields.
  public init(
    externalId: String,
    state: ObjectState,
    createdAt: String? = nil,
    addresses: Addresses = Addresses(),
    ssh: SSHEndpoint? = nil,
    error: String? = nil
  ) {
    self.externalId = externalId
    self.state = state
    self.createdAt = createdAt
    self.addresses = addresses
    self.ssh = ssh
    self.error = error
  }

  enum CodingKeys: String, CodingKey {
    case externalId = "external_id"
    case state
    case createdAt = "created_at"
    case addresses
    case ssh
    case error
  }
}

extension ObjectObservation {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    externalId = try values.decode(String.self, forKey: .externalId)
    state = try values.decode(ObjectState.self, forKey: .state)
    createdAt = try values.decodeIfPresent(String.self, forKey: .createdAt)
    addresses = try values.decodeIfPresent(Addresses.self, forKey: .addresses) ?? Addresses()
    ssh = try values.decodeIfPresent(SSHEndpoint.self, forKey: .ssh)
    error = try values.decodeIfPresent(String.self, forKey: .error)
  }
}

/// How an observation was made.
public enum ObservationScope: String, Codable, Sendable, Hashable {
  /// The cloud was asked for this id.
  case byID = "by_id"
  /// The cloud was asked for this exact name.
  case byName = "by_name"
  /// It was looked for in a listing.
  case listing
}

/// What became of one attempt.
public struct PollResult: Codable, Sendable, Hashable {
  /// The attempt; results are matched by it, never by position.
  public var attemptId: String
  /// EVERY object that matches.
  public var observations: [ObjectObservation]
  /// How they were found.
  public var scope: ObservationScope?
  /// Whether the look was complete, so that finding nothing means something.
  public var allPagesRead: Bool
  /// Replaces the attempt's cookie.
  public var cookie: String?
  /// When the next look is worth it.
  public var pollAfterMs: Int64?
  /// Code name when this entry failed, such as `UNAVAILABLE`.
  public var failureCode: String?
  /// With failure_code.
  public var failure: FailureReport?

  /// Makes the message from its fields.
  public init(
    attemptId: String,
    observations: [ObjectObservation] = [],
    scope: ObservationScope? = nil,
    allPagesRead: Bool = false,
    cookie: String? = nil,
    pollAfterMs: Int64? = nil,
    failureCode: String? = nil,
    failure: FailureReport? = nil
  ) {
    self.attemptId = attemptId
    self.observations = observations
    self.scope = scope
    self.allPagesRead = allPagesRead
    self.cookie = cookie
    self.pollAfterMs = pollAfterMs
    self.failureCode = failureCode
    self.failure = failure
  }

  enum CodingKeys: String, CodingKey {
    case attemptId = "attempt_id"
    case observations
    case scope
    case allPagesRead = "all_pages_read"
    case cookie
    case pollAfterMs = "poll_after_ms"
    case failureCode = "failure_code"
    case failure
  }
}

extension PollResult {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    attemptId = try values.decode(String.self, forKey: .attemptId)
    observations = try values.decodeIfPresent([ObjectObservation].self, forKey: .observations) ?? []
    scope = try values.decodeIfPresent(ObservationScope.self, forKey: .scope)
    allPagesRead = try values.decodeIfPresent(Bool.self, forKey: .allPagesRead) ?? false
    cookie = try values.decodeIfPresent(String.self, forKey: .cookie)
    pollAfterMs = try values.decodeIfPresent(Int64.self, forKey: .pollAfterMs)
    failureCode = try values.decodeIfPresent(String.self, forKey: .failureCode)
    failure = try values.decodeIfPresent(FailureReport.self, forKey: .failure)
  }
}

/// One result for each entry.
public struct PollReply: Codable, Sendable, Hashable {
  /// In any order.
  public var results: [PollResult]
  /// Requests that the look cost.
  public var pages: Int

  /// Makes the message from its fields.
  public init(results: [PollResult], pages: Int = 1) {
    self.results = results
    self.pages = pages
  }

  enum CodingKeys: String, CodingKey {
    case results, pages
  }
}

extension PollReply {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    results = try values.decode([PollResult].self, forKey: .results)
    pages = try values.decodeIfPresent(Int.self, forKey: .pages) ?? 1
  }
}
