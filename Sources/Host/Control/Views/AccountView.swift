/// One cloud account, with what was approved on it.
package struct AccountView: Codable, Sendable, Hashable {
  /// Its name, unique in the installation.
  package var name: String
  /// Id of its plugin.
  package var plugin: String
  /// Approved origins with the auth scheme of each; the credential goes nowhere else.
  package var endpoints: [EndpointView]
  /// Approved network mode: `brokered` or `direct`.
  package var network: String
  /// Settings that only the plugin understands.
  package var settings: JSON
  /// What the cloud says of whose account this is, pinned when first seen; nil while it cannot tell.
  package var identity: String?
  /// When it was added.
  package var createdAt: Timestamp
  /// How it is.
  package var health: AccountHealthView
  /// What may be made on it at most; nil: anything.
  package var limits: LimitsView?
  /// What there is on it now.
  package var usage: UsageView?
  /// Ends that do not get on; nil where there is none, and in lists.
  package var waitingEnds: WaitingEndsView?
  /// Its budget of requests to the cloud; nil where neither plugin nor cloud tells one.
  package var budget: BudgetView?

  /// Makes the view from its fields.
  package init(
    name: String,
    plugin: String,
    endpoints: [EndpointView],
    network: String = "brokered",
    settings: JSON = .object([:]),
    identity: String? = nil,
    createdAt: Timestamp,
    health: AccountHealthView,
    limits: LimitsView? = nil,
    usage: UsageView? = nil,
    budget: BudgetView? = nil
  ) {
    self.name = name
    self.plugin = plugin
    self.endpoints = endpoints
    self.network = network
    self.settings = settings
    self.identity = identity
    self.createdAt = createdAt
    self.health = health
    self.limits = limits
    self.usage = usage
    self.budget = budget
  }
}

/// How an account is, by its last self test and by what calls have met since.
package struct AccountHealthView: Codable, Sendable, Hashable {
  /// `healthy`, `unverified` or `failing`.
  package var state: String
  /// When the last self test ended.
  package var checkedAt: Timestamp?
  /// Whether the cloud accepts the credential.
  package var credentialValid: Bool?
  /// Whether the credential may change things; nil where the cloud does not tell.
  package var canWrite: Bool?
  /// Whether the cloud still names the pinned identity.
  package var identityHolds: Bool?
  /// Version of the cloud's API.
  package var apiVersion: String?
  /// Address from which the cloud sees us.
  package var sourceAddress: String?
  /// What is left of each limit, as far as the cloud tells.
  package var quotaLeft: [String: Int]
  /// What is left of the request budget.
  package var requestsLeft: Int?
  /// Why it is failing.
  package var failure: ControlFailure?

  /// Makes the view from its fields.
  package init(
    state: String,
    checkedAt: Timestamp? = nil,
    credentialValid: Bool? = nil,
    canWrite: Bool? = nil,
    identityHolds: Bool? = nil,
    apiVersion: String? = nil,
    sourceAddress: String? = nil,
    quotaLeft: [String: Int] = [:],
    requestsLeft: Int? = nil,
    failure: ControlFailure? = nil
  ) {
    self.state = state
    self.checkedAt = checkedAt
    self.credentialValid = credentialValid
    self.canWrite = canWrite
    self.identityHolds = identityHolds
    self.apiVersion = apiVersion
    self.sourceAddress = sourceAddress
    self.quotaLeft = quotaLeft
    self.requestsLeft = requestsLeft
    self.failure = failure
  }
}

/// Ends on an account that are wanted and do not get on.
package struct WaitingEndsView: Codable, Sendable, Hashable {
  /// How many resources wait.
  package var count: Int
  /// Since when the first of them does.
  package var since: Timestamp
  /// What they cost in an hour while they wait, decimal by currency, as far as that is known.
  package var hourly: [String: String]

  /// Makes the view from its fields.
  package init(count: Int, since: Timestamp, hourly: [String: String]) {
    self.count = count
    self.since = since
    self.hourly = hourly
  }

  /// For people, as the end of a sentence.
  package var text: String {
    let costs = hourly.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: " and ")
    return "\(count) ends do not get on since \(since)" + (costs.isEmpty ? "" : ", and cost \(costs) an hour")
  }
}
