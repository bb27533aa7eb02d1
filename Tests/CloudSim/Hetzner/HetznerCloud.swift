package import HTTP

/// The Hetzner Cloud API, version 1, as hetzner-cloud.json describes it and as it was observed.
///
/// Deterministic: the same requests at the same instants with the same seed give the same answers.
package struct HetznerCloud: SimulatedCloud {
  /// `hetzner`.
  package static let name = "hetzner"
  /// `/v1`.
  package static let basePath = "/v1"
  /// The common part.
  package var frame: SimFrame<HetznerWorld, HetznerEvent>

  /// Makes an empty cloud.
  ///
  /// `tokens` maps each token to its project; `start` is the first instant, milliseconds since 1970, to which the
  /// deprecations in the catalog are relative; `pool` holds the addresses that it hands out; ids are given from the one
  /// after `lastID`, for clouds that are to look like one.
  package init(
    tokens: [String: SimToken], settings: HetznerSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent, lastID: Int64 = 10_000_000
  ) {
    let world = HetznerWorld(catalog: .standard(start: start), settings: settings, pool: pool, lastID: lastID)
    frame = SimFrame(world: world, tokens: tokens, seed: seed, start: start)
  }

  /// Makes an empty cloud with one token that may do everything in the project `default`.
  package init(
    token: String, settings: HetznerSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent
  ) {
    self.init(
      tokens: [token: SimToken(project: "default")], settings: settings, seed: seed, start: start, pool: pool)
  }

  /// The settings in force.
  package var settings: HetznerSettings {
    get { frame.world.settings }
    set { frame.world.settings = newValue }
  }

  /// Servers that exist, of all projects.
  package var servers: [HetznerServer] { frame.world.servers.rows }

  /// Puts the address into Link headers, and real addresses on servers.
  package mutating func attach(baseURL: String, loopback: UInt16?) {
    frame.world.settings.baseURL = baseURL
    if let loopback { frame.world.pool = .loopback(port: loopback) }
  }

  /// An error in the shape of the API.
  package func problem(status: Int, code: String, message: String) -> HTTPResponse {
    HetznerError(status: status, code: code, message: message).response
  }

  /// Carries out a request at `frame.now`.
  package mutating func answer(_ request: HTTPRequest, fault: Fault.Kind?) -> HTTPResponse {
    var limits: [HTTPField] = []
    var response: HTTPResponse
    do throws(HetznerError) {
      guard let route = HetznerRoute(path: request.path) else { throw .noRoute }
      let (key, token) = try authorize(request)
      try spend(token.project, fault, &limits)
      if token.readOnly, request.method != "GET" { throw .readOnly }
      var call = try HetznerCall(request, project: token.project, now: frame.now, fault: fault)
      response = try perform(route, &call)
      if case .revokeToken = fault { frame.tokens[key]?.revoked = true }
    } catch {
      response = error.response
    }
    response.headers += limits
    response.headers.append(HTTPField("x-correlation-id", frame.random.hex(16)))
    return response
  }

  private func authorize(_ request: HTTPRequest) throws(HetznerError) -> (String, SimToken) {
    guard let key = SimToken.bearer(of: request) else { throw .noToken }
    guard let token = frame.tokens[key], !token.revoked else { throw .badToken }
    return (key, token)
  }

  /// Takes one request from the project's quota and fills in the headers that tell of it.
  private mutating func spend(
    _ project: String, _ fault: Fault.Kind?, _ headers: inout [HTTPField]
  ) throws(HetznerError) {
    let (settings, now) = (frame.world.settings, frame.now)
    var limiter =
      frame.world.limiters[project] ?? RateLimiter(limit: settings.rateLimit, refill: settings.rateRefill, at: now)
    if limiter.limit != settings.rateLimit || limiter.refill != settings.rateRefill {
      limiter = RateLimiter(limit: settings.rateLimit, refill: settings.rateRefill, at: now)
    }
    if case .rateLimit(let seconds) = fault { limiter.drain(seconds: seconds, at: now) }
    let granted = limiter.take(at: now)
    frame.world.limiters[project] = limiter
    headers = [
      HTTPField("ratelimit-limit", String(limiter.limit)), HTTPField("ratelimit-remaining", String(limiter.remaining)),
      HTTPField("ratelimit-reset", String((limiter.full + 999) / 1000)),
    ]
    if !granted { throw .tooMany }
  }

  private mutating func perform(
    _ route: HetznerRoute, _ call: inout HetznerCall
  ) throws(HetznerError) -> HTTPResponse {
    switch (route, call.method) {
    case (.servers, "GET"): return try listServers(call)
    case (.servers, "POST"): return try createServer(call)
    case (.server(let id), "GET"): return try showServer(id, call)
    case (.server(let id), "PUT"): return try updateServer(id, call)
    case (.server(let id), "DELETE"): return try deleteServer(id, call)
    case (.serverActions(let id), "GET"): return try listActions(of: id, call)
    case (.serverAction(let id, let action), "GET"): return try showAction(action, of: id, call)
    case (.perform(let id, let verb), "POST"): return try act(verb, on: id, call)
    case (.actions, "GET"): return try listActions(call)
    case (.action(let id), "GET"): return try showAction(id, of: nil, call)
    case (.keys, "GET"): return try listKeys(call)
    case (.keys, "POST"): return try createKey(call)
    case (.key(let id), "GET"): return try showKey(id, call)
    case (.key(let id), "PUT"): return try updateKey(id, call)
    case (.key(let id), "DELETE"): return try deleteKey(id, call)
    case (.types, "GET"): return try listTypes(call)
    case (.type(let id), "GET"): return try showType(id)
    case (.locations, "GET"): return try listLocations(call)
    case (.location(let id), "GET"): return try showLocation(id)
    case (.images, "GET"): return try listImages(call)
    case (.image(let id), "GET"): return try showImage(id)
    case (.addresses, "GET"): return try listAddresses(call)
    case (.address(let id), "GET"): return try showAddress(id, call)
    case (.address(let id), "PUT"): return try updateAddress(id, call)
    case (.address(let id), "DELETE"): return try deleteAddress(id, call)
    case (.pricing, "GET"): return pricing()
    case (.datacenters, "GET"): throw .removed("2025-12-16-phasing-out-datacenters")
    default: throw .wrongMethod
    }
  }
}
