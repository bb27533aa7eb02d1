/// One HTTP request as a plugin asked for it, with what the host knows about the call; nothing is checked yet.
package struct BrokerRequest: Sendable {
  /// What the operator approved on the call's account.
  package var grant: AccountGrant
  /// The verb in whose call it is made.
  package var verb: BrokerVerb
  /// Name of the endpoint.
  package var endpoint: String
  /// HTTP method, upper case.
  package var method: String
  /// Percent-encoded path below the endpoint's base; begins with one `/`.
  package var path: String
  /// Percent-encoded query without `?`.
  package var query: String
  /// Lines `Name: value\n`.
  package var headers: String
  /// Body; must be empty for GET and HEAD.
  package var body: [UInt8]
  /// Milliseconds until the caller wants its answer; clamped to 1 ... 3,600,000; 0 means 60,000.
  package var timeoutMs: Int
  /// Decoded bytes of answer to accept; clamped to 1 ... 16 MiB; 0 means 4 MiB.
  package var maxResponseBytes: Int
  /// An answer this many seconds old is good enough; only for GET in validate and catalog; clamped to 0 ... 86,400.
  package var cacheTTLSeconds: Int
  /// Wall clock, milliseconds since 1970, after which the bytes must not go out any more; nil for no such limit.
  package var notAfterWallMs: Int64?
  /// The only requests that the verb may make; nil where the manifest does not list any.
  package var routes: [BrokerRoute]?
  /// Path templates on which POST only reads.
  package var postReads: [String]
  /// Ids that `{external_id}` in a route may stand for; nil where any segment will do.
  package var externalIds: Set<String>?
  /// Who asked, for the record.
  package var correlation: BrokerCorrelation
  /// Whether what it looks for decides if something exists, so that it comes before other looks.
  package var isResolving = false

  /// Makes a request.
  package init(
    grant: AccountGrant,
    verb: BrokerVerb,
    endpoint: String = "api",
    method: String = "GET",
    path: String,
    query: String = "",
    headers: String = "",
    body: [UInt8] = [],
    timeoutMs: Int = 0,
    maxResponseBytes: Int = 0,
    cacheTTLSeconds: Int = 0,
    notAfterWallMs: Int64? = nil,
    routes: [BrokerRoute]? = nil,
    postReads: [String] = [],
    externalIds: Set<String>? = nil,
    correlation: BrokerCorrelation = BrokerCorrelation()
  ) {
    self.grant = grant
    self.verb = verb
    self.endpoint = endpoint
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
    self.timeoutMs = timeoutMs
    self.maxResponseBytes = maxResponseBytes
    self.cacheTTLSeconds = cacheTTLSeconds
    self.notAfterWallMs = notAfterWallMs
    self.routes = routes
    self.postReads = postReads
    self.externalIds = externalIds
    self.correlation = correlation
  }
}

/// One request that a verb may make.
package struct BrokerRoute: Sendable, Hashable {
  /// HTTP method.
  package var method: String
  /// Path below the endpoint's base; a segment `{}` stands for any one segment, `{external_id}` for the object's id.
  package var path: String
  /// Name of the endpoint.
  package var endpoint: String

  /// Makes a route.
  package init(method: String, path: String, endpoint: String = "api") {
    self.method = method
    self.path = path
    self.endpoint = endpoint
  }
}

/// Opaque ids that tie a request to the host's records.
package struct BrokerCorrelation: Sendable, Hashable {
  /// The plugin call.
  package var call: String?
  /// The operation.
  package var operation: String?
  /// The attempt.
  package var attempt: String?

  /// Makes a correlation.
  package init(call: String? = nil, operation: String? = nil, attempt: String? = nil) {
    self.call = call
    self.operation = operation
    self.attempt = attempt
  }
}

extension BrokerRequest {
  /// `POST /servers`, whatever a plugin wrote there: ASCII without control bytes, each part at most 120 characters.
  package static func title(_ method: String, _ path: String) -> String { "\(shown(method)) \(shown(path))" }
}
