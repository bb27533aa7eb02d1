/// The account that a call is for.
public struct AccountContext: Codable, Sendable, Hashable {
  /// The account's name in this installation.
  public var id: String
  /// This installation's id, which goes on every cloud object.
  public var installationId: String
  /// Its settings, checked against the plugin's schema.
  public var settings: JSONValue
  /// Requests an hour that the cloud allows it, as the cloud last said, else as the manifest says; nil: not known.
  public var requestsPerHour: Int?
  /// The identity that was pinned when it was added, as `self_test` told it; nil: none is, as in that very test. For
  /// plugins behind whose endpoint another account may come to stand.
  public var identity: String?

  /// Makes the message from its fields.
  public init(
    id: String, installationId: String, settings: JSONValue = .object([:]), requestsPerHour: Int? = nil,
    identity: String? = nil
  ) {
    self.id = id
    self.installationId = installationId
    self.settings = settings
    self.requestsPerHour = requestsPerHour
    self.identity = identity
  }

  enum CodingKeys: String, CodingKey {
    case id
    case identity
    case installationId = "installation_id"
    case settings
    case requestsPerHour = "requests_per_hour"
  }
}

extension AccountContext {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    id = try values.decode(String.self, forKey: .id)
    installationId = try values.decode(String.self, forKey: .installationId)
    settings = try values.decodeIfPresent(JSONValue.self, forKey: .settings) ?? .object([:])
    requestsPerHour = try values.decodeIfPresent(Int.self, forKey: .requestsPerHour)
    identity = try values.decodeIfPresent(String.self, forKey: .identity)
  }
}

/// One concrete choice of what to make where.
public struct PlacementSpec: Codable, Sendable, Hashable {
  /// The cloud's name of the machine type.
  public var type: String
  /// The cloud's name of the place.
  public var location: String
  /// Image as the offering names it, such as `debian-12`.
  public var image: String
  /// The offering's own configuration, checked against the plugin's schema.
  public var config: JSONValue

  /// Makes the message from its fields.
  public init(type: String, location: String, image: String, config: JSONValue = .object([:])) {
    self.type = type
    self.location = location
    self.image = image
    self.config = config
  }

  enum CodingKeys: String, CodingKey {
    case type, location, image, config
  }
}

extension PlacementSpec {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    type = try values.decode(String.self, forKey: .type)
    location = try values.decode(String.self, forKey: .location)
    image = try values.decode(String.self, forKey: .image)
    config = try values.decodeIfPresent(JSONValue.self, forKey: .config) ?? .object([:])
  }
}

/// A price as the cloud states it; numbers are decimal strings.
public struct Price: Codable, Sendable, Hashable {
  /// For one hour.
  public var hourly: String
  /// For one month, or nil.
  public var monthly: String?
  /// ISO 4217 code.
  public var currency: String
  /// Whether tax is still to be added.
  public var net: Bool
  /// Seconds in one billed unit.
  public var granularityS: Int
  /// Seconds billed at least.
  public var minimumS: Int
  /// The most that one month costs, or nil.
  public var monthlyCap: String?

  /// Makes the message from its fields.
  public init(
    hourly: String,
    monthly: String? = nil,
    currency: String,
    net: Bool = true,
    granularityS: Int = 3600,
    minimumS: Int = 0,
    monthlyCap: String? = nil
  ) {
    self.hourly = hourly
    self.monthly = monthly
    self.currency = currency
    self.net = net
    self.granularityS = granularityS
    self.minimumS = minimumS
    self.monthlyCap = monthlyCap
  }

  enum CodingKeys: String, CodingKey {
    case hourly
    case monthly
    case currency
    case net
    case granularityS = "granularity_s"
    case minimumS = "minimum_s"
    case monthlyCap = "monthly_cap"
  }
}

extension Price {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    hourly = try values.decode(String.self, forKey: .hourly)
    monthly = try values.decodeIfPresent(String.self, forKey: .monthly)
    currency = try values.decode(String.self, forKey: .currency)
    net = try values.decodeIfPresent(Bool.self, forKey: .net) ?? true
    granularityS = try values.decodeIfPresent(Int.self, forKey: .granularityS) ?? 3600
    minimumS = try values.decodeIfPresent(Int.self, forKey: .minimumS) ?? 0
    monthlyCap = try values.decodeIfPresent(String.self, forKey: .monthlyCap)
  }
}

/// Where a machine can be reached.
public struct Addresses: Codable, Sendable, Hashable {
  /// Public IPv4 address.
  public var ipv4: String?
  /// Public IPv6 address, usable as it is (not a prefix).
  public var ipv6: String?

  /// Makes the message from its fields.
  public init(ipv4: String? = nil, ipv6: String? = nil) {
    self.ipv4 = ipv4
    self.ipv6 = ipv6
  }
}

/// Where the machine's SSH server listens, where that is not port 22 of its address.
public struct SSHEndpoint: Codable, Sendable, Hashable {
  /// Address; nil: the machine's own.
  public var host: String?
  /// Port; nil: 22.
  public var port: Int?
  /// Host key in OpenSSH form, where the cloud knows it.
  public var hostKey: String?

  /// Makes the message from its fields.
  public init(host: String? = nil, port: Int? = nil, hostKey: String? = nil) {
    self.host = host
    self.port = port
    self.hostKey = hostKey
  }

  enum CodingKeys: String, CodingKey {
    case host
    case port
    case hostKey = "host_key"
  }
}

/// One thing that is wrong with a request.
public struct Violation: Codable, Sendable, Hashable {
  /// Where in the request, such as `placements[0].type`.
  public var path: String
  /// What is wrong, for a person.
  public var message: String
  /// What would have been right, best first.
  public var allowed: [String]

  /// Makes the message from its fields.
  public init(path: String, message: String, allowed: [String] = []) {
    self.path = path
    self.message = message
    self.allowed = allowed
  }

  enum CodingKeys: String, CodingKey {
    case path, message, allowed
  }
}

extension Violation {
  /// Reads the message; a member with a default may be missing, an unknown one is ignored.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    path = try values.decode(String.self, forKey: .path)
    message = try values.decode(String.self, forKey: .message)
    allowed = try values.decodeIfPresent([String].self, forKey: .allowed) ?? []
  }
}

/// What goes with a failure code: docs/abi/failure.json.
public struct FailureReport: Codable, Sendable, Hashable {
  /// One sentence for a person.
  public var message: String
  /// What to do next, one line.
  public var remedy: String?
  /// The cloud's HTTP status.
  public var httpStatus: Int?
  /// The cloud's own code.
  public var cloudCode: String?
  /// The cloud's own words.
  public var cloudMessage: String?
  /// The cloud's id of the request.
  public var correlationId: String?
  /// Whether an object may have been made all the same; absent means yes.
  public var mayExist: Bool?
  /// When to try again.
  public var retryAfterMs: Int64?
  /// What a limit applies to.
  public var scope: String?
  /// Name of the limit that was met.
  public var limit: String?
  /// For INVALID_SPEC.
  public var violations: [Violation]?

  /// Makes the message from its fields.
  public init(
    message: String,
    remedy: String? = nil,
    httpStatus: Int? = nil,
    cloudCode: String? = nil,
    cloudMessage: String? = nil,
    correlationId: String? = nil,
    mayExist: Bool? = nil,
    retryAfterMs: Int64? = nil,
    scope: String? = nil,
    limit: String? = nil,
    violations: [Violation]? = nil
  ) {
    self.message = message
    self.remedy = remedy
    self.httpStatus = httpStatus
    self.cloudCode = cloudCode
    self.cloudMessage = cloudMessage
    self.correlationId = correlationId
    self.mayExist = mayExist
    self.retryAfterMs = retryAfterMs
    self.scope = scope
    self.limit = limit
    self.violations = violations
  }

  enum CodingKeys: String, CodingKey {
    case message
    case remedy
    case httpStatus = "http_status"
    case cloudCode = "cloud_code"
    case cloudMessage = "cloud_message"
    case correlationId = "correlation_id"
    case mayExist = "may_exist"
    case retryAfterMs = "retry_after_ms"
    case scope
    case limit
    case violations
  }
}
