/// One HTTP service that the plugin talks to; the operator approves its origin on each account.
public struct ManifestEndpoint: Codable, Sendable, Hashable {
  /// Name used in http(), such as `api`.
  public var name: String
  /// Default base address, such as `https://api.example.com/v1`; nil where only the operator can know it.
  public var baseUrl: String?
  /// Whether it may be a Unix socket, whose path only the operator gives.
  public var unixSocket: Bool
  /// How the host adds the account's credential.
  public var auth: AuthScheme

  /// Makes the message from its fields.
  public init(name: String, baseUrl: String? = nil, unixSocket: Bool = false, auth: AuthScheme) {
    self.name = name
    self.baseUrl = baseUrl
    self.unixSocket = unixSocket
    self.auth = auth
  }

  enum CodingKeys: String, CodingKey {
    case name
    case baseUrl = "base_url"
    case unixSocket = "unix_socket"
    case auth
  }
}

extension ManifestEndpoint {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    name = try values.decode(String.self, forKey: .name)
    baseUrl = try values.decodeIfPresent(String.self, forKey: .baseUrl)
    unixSocket = try values.decodeIfPresent(Bool.self, forKey: .unixSocket) ?? false
    auth = try values.decode(AuthScheme.self, forKey: .auth)
  }
}

/// How the host adds an account's credential to a request; the plugin never sees it.
public struct AuthScheme: Codable, Sendable, Hashable {
  /// The scheme: `bearer`, `header`, `basic`, `query`, `aws_sigv4` or `none`.
  public var kind: Kind
  /// Name of the header or query member for `header` and `query`; provider string for `aws_sigv4`.
  public var name: String?

  /// Makes a scheme.
  public init(_ kind: Kind, name: String? = nil) {
    self.kind = kind
    self.name = name
  }

  /// The schemes that the host knows.
  public enum Kind: String, Codable, Sendable, Hashable {
    case none, bearer, header, basic, query
    case awsSigV4 = "aws_sigv4"
  }
}

/// What the cloud allows one account, and the headers in which it says so.
public struct RateBudget: Codable, Sendable, Hashable {
  /// Requests an hour.
  public var perHour: Int?
  /// Requests a second.
  public var perSecond: Int?
  /// Header with the size of the budget, lower case.
  public var limitHeader: String?
  /// Header with what is left of it, lower case.
  public var remainingHeader: String?
  /// Header with the Unix time at which it is whole again, lower case.
  public var resetHeader: String?

  /// Makes the message from its fields.
  public init(
    perHour: Int? = nil,
    perSecond: Int? = nil,
    limitHeader: String? = nil,
    remainingHeader: String? = nil,
    resetHeader: String? = nil
  ) {
    self.perHour = perHour
    self.perSecond = perSecond
    self.limitHeader = limitHeader
    self.remainingHeader = remainingHeader
    self.resetHeader = resetHeader
  }

  enum CodingKeys: String, CodingKey {
    case perHour = "per_hour"
    case perSecond = "per_second"
    case limitHeader = "limit_header"
    case remainingHeader = "remaining_header"
    case resetHeader = "reset_header"
  }
}

/// One request that a verb may make; `{}` stands for one path segment, `{external_id}` for the object's id.
public struct RouteTemplate: Codable, Sendable, Hashable {
  /// HTTP method.
  public var method: String
  /// Path below the endpoint's base, such as `/servers/{external_id}`.
  public var path: String
  /// Name of the endpoint.
  public var endpoint: String

  /// Makes the message from its fields.
  public init(method: String, path: String, endpoint: String = "api") {
    self.method = method
    self.path = path
    self.endpoint = endpoint
  }

  enum CodingKeys: String, CodingKey {
    case method, path, endpoint
  }
}

extension RouteTemplate {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    method = try values.decode(String.self, forKey: .method)
    path = try values.decode(String.self, forKey: .path)
    endpoint = try values.decodeIfPresent(String.self, forKey: .endpoint) ?? "api"
  }
}

/// What a plugin says of itself: one JSON object of at most 256 KiB.
public struct PluginManifest: Codable, Sendable, Hashable {
  /// Same as the id in the plugin's table.
  public var id: String
  /// Name for people.
  public var name: String
  /// Same as the version in the plugin's table.
  public var version: String
  /// Who made it.
  public var vendor: String?
  /// SPDX identifier.
  public var license: String?
  /// Optional abilities, such as `power`.
  public var capabilities: [String]
  /// Schema of the account settings, checked by the host before any call.
  public var settingsSchema: JSONValue?
  /// Schema of the offering configuration.
  public var offeringSchema: JSONValue?
  /// The HTTP services that it talks to.
  public var endpoints: [ManifestEndpoint]
  /// Requests by verb name; a verb that is listed may make no other.
  public var routes: [String: [RouteTemplate]]
  /// Paths on which POST only reads (query-style APIs).
  public var postReads: [String]
  /// The cloud's request budget.
  public var rate: RateBudget?
  /// Calls that may run at once in one worker, 1 to 64.
  public var maxConcurrency: Int
  /// Attempts in one poll, 1 to 1000.
  public var maxPollBatch: Int
  /// Seconds after which a request that left us has surely been executed, or never will be.
  public var settleWindowS: Int
  /// Seconds for which an attempt not proven created is watched for a late twin.
  public var lateWindowS: Int
  /// Whether the cloud refuses a second object of the same name.
  public var uniqueNames: Bool
  /// `brokered` or `direct`.
  public var network: String
  /// User whose authorized_keys receive the keys, such as `root`.
  public var sshUser: String

  /// Makes the message from its fields.
  public init(
    id: String,
    name: String,
    version: String,
    vendor: String? = nil,
    license: String? = nil,
    capabilities: [String] = [],
    settingsSchema: JSONValue? = nil,
    offeringSchema: JSONValue? = nil,
    endpoints: [ManifestEndpoint] = [],
    routes: [String: [RouteTemplate]] = [:],
    postReads: [String] = [],
    rate: RateBudget? = nil,
    maxConcurrency: Int = 1,
    maxPollBatch: Int = 50,
    settleWindowS: Int = 60,
    lateWindowS: Int = 86400,
    uniqueNames: Bool = false,
    network: String = "brokered",
    sshUser: String = "root"
  ) {
    self.id = id
    self.name = name
    self.version = version
    self.vendor = vendor
    self.license = license
    self.capabilities = capabilities
    self.settingsSchema = settingsSchema
    self.offeringSchema = offeringSchema
    self.endpoints = endpoints
    self.routes = routes
    self.postReads = postReads
    self.rate = rate
    self.maxConcurrency = maxConcurrency
    self.maxPollBatch = maxPollBatch
    self.settleWindowS = settleWindowS
    self.lateWindowS = lateWindowS
    self.uniqueNames = uniqueNames
    self.network = network
    self.sshUser = sshUser
  }

  enum CodingKeys: String, CodingKey {
    case id
    case name
    case version
    case vendor
    case license
    case capabilities
    case settingsSchema = "settings_schema"
    case offeringSchema = "offering_schema"
    case endpoints
    case routes
    case postReads = "post_reads"
    case rate
    case maxConcurrency = "max_concurrency"
    case maxPollBatch = "max_poll_batch"
    case settleWindowS = "settle_window_s"
    case lateWindowS = "late_window_s"
    case uniqueNames = "unique_names"
    case network
    case sshUser = "ssh_user"
  }
}

extension PluginManifest {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(String.self, forKey: .id)
    name = try values.decode(String.self, forKey: .name)
    version = try values.decode(String.self, forKey: .version)
    vendor = try values.decodeIfPresent(String.self, forKey: .vendor)
    license = try values.decodeIfPresent(String.self, forKey: .license)
    capabilities = try values.decodeIfPresent([String].self, forKey: .capabilities) ?? []
    settingsSchema = try values.decodeIfPresent(JSONValue.self, forKey: .settingsSchema)
    offeringSchema = try values.decodeIfPresent(JSONValue.self, forKey: .offeringSchema)
    endpoints = try values.decodeIfPresent([ManifestEndpoint].self, forKey: .endpoints) ?? []
    routes = try values.decodeIfPresent([String: [RouteTemplate]].self, forKey: .routes) ?? [:]
    postReads = try values.decodeIfPresent([String].self, forKey: .postReads) ?? []
    rate = try values.decodeIfPresent(RateBudget.self, forKey: .rate)
    maxConcurrency = try values.decodeIfPresent(Int.self, forKey: .maxConcurrency) ?? 1
    maxPollBatch = try values.decodeIfPresent(Int.self, forKey: .maxPollBatch) ?? 50
    settleWindowS = try values.decodeIfPresent(Int.self, forKey: .settleWindowS) ?? 60
    lateWindowS = try values.decodeIfPresent(Int.self, forKey: .lateWindowS) ?? 86400
    uniqueNames = try values.decodeIfPresent(Bool.self, forKey: .uniqueNames) ?? false
    network = try values.decodeIfPresent(String.self, forKey: .network) ?? "brokered"
    sshUser = try values.decodeIfPresent(String.self, forKey: .sshUser) ?? "root"
  }
}

extension PluginManifest {
  /// Whether a plugin can have this id: 1 to 32 of a-z, 0-9 and `-`.
  public static func isID(_ text: String) -> Bool {
    (1...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "-")
      }
  }
}
