package import HTTP

/// The DigitalOcean API, version 2, droplets and what they need, as digitalocean-v2.json describes it and as it was
/// observed.
///
/// Deterministic: the same requests at the same instants with the same seed give the same answers.
package struct DigitalOceanCloud: SimulatedCloud {
  /// `digitalocean`.
  package static let name = "digitalocean"
  /// `/v2`.
  package static let basePath = "/v2"
  /// The common part.
  package var frame: SimFrame<DigitalOceanWorld, DigitalOceanEvent>
  /// Rate limits; no part of the world, because a stale look at the world spends from today's quota.
  private var limits = DigitalOceanLimits()

  /// Makes an empty cloud.
  ///
  /// `tokens` maps each token to its project, which the API calls a team; `start` is the first instant, milliseconds
  /// since 1970; `pool` holds the addresses that it hands out.
  package init(
    tokens: [String: SimToken], settings: DigitalOceanSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent
  ) {
    let world = DigitalOceanWorld(catalog: .standard, settings: settings, pool: pool)
    frame = SimFrame(world: world, tokens: tokens, seed: seed, start: start)
  }

  /// Makes an empty cloud with one token that may do everything in the project `default`.
  package init(
    token: String, settings: DigitalOceanSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent
  ) {
    self.init(tokens: [token: SimToken(project: "default")], settings: settings, seed: seed, start: start, pool: pool)
  }

  /// The settings in force.
  package var settings: DigitalOceanSettings {
    get { frame.world.settings }
    set { frame.world.settings = newValue }
  }

  /// Droplets that exist, of all projects.
  package var droplets: [DigitalOceanDroplet] { frame.world.droplets.rows }

  /// Puts the address into links, and real addresses on droplets.
  package mutating func attach(baseURL: String, loopback: UInt16?) {
    frame.world.settings.baseURL = baseURL
    if let loopback { frame.world.pool = .loopback(port: loopback) }
  }

  /// An error in the shape of the API.
  package func problem(status: Int, code: String, message: String) -> HTTPResponse {
    DigitalOceanError(status: status, id: code, message: message).response(request: nil)
  }

  /// Carries out a request at `frame.now`.
  package mutating func answer(_ request: HTTPRequest, fault: Fault.Kind?) -> HTTPResponse {
    let id = frame.random.uuid()
    var quota: [HTTPField] = []
    var response: HTTPResponse
    do throws(DigitalOceanError) {
      let (key, token) = try authorize(request)
      let route = DigitalOceanRoute(path: request.path)
      let spent = limits.take(
        key, listsKeys: route == .keys && request.method == "GET", frame.world.settings, fault, at: frame.now)
      quota = spent.headers
      if !spent.granted { throw .tooMany }
      guard let route else { throw .notFound }
      if token.readOnly, request.method != "GET" { throw .forbidden }
      let call = try DigitalOceanCall(request, token, now: frame.now, fault: fault)
      try call.demand(route.scopes(call.method))
      response = try perform(route, call)
      if case .revokeToken = fault { frame.tokens[key]?.revoked = true }
    } catch {
      response = error.response(request: id)
    }
    response.headers += quota
    response.headers.append(HTTPField("x-request-id", id))
    return response
  }

  private func authorize(_ request: HTTPRequest) throws(DigitalOceanError) -> (String, SimToken) {
    guard let key = SimToken.bearer(of: request), let token = frame.tokens[key], !token.revoked else {
      throw .unauthorized
    }
    return (key, token)
  }

  private mutating func perform(
    _ route: DigitalOceanRoute, _ call: DigitalOceanCall
  ) throws(DigitalOceanError) -> HTTPResponse {
    switch (route, call.method) {
    case (.account, "GET"): return account(call)
    case (.keys, "GET"): return try listKeys(call)
    case (.keys, "POST"): return try createKey(call)
    case (.key(let key), "GET"): return try showKey(key, call)
    case (.key(let key), "PUT"): return try renameKey(key, call)
    case (.key(let key), "DELETE"): return try deleteKey(key, call)
    case (.droplets, "GET"): return try listDroplets(call)
    case (.droplets, "POST"): return try createDroplets(call)
    case (.droplets, "DELETE"): return try deleteTagged(call)
    case (.droplet(let id), "GET"): return try showDroplet(id, call)
    case (.droplet(let id), "DELETE"): return try deleteDroplet(id, call)
    case (.dropletActions(let id), "GET"): return try listActions(of: id, call)
    case (.dropletActions(let id), "POST"): return try act(on: id, call)
    case (.dropletAction(let id, let action), "GET"): return try showAction(action, of: id, call)
    case (.actions, "GET"): return try listActions(of: nil, call)
    case (.action(let id), "GET"): return try showAction(id, of: nil, call)
    case (.sizes, "GET"): return try page(frame.world.catalog.sizes, "sizes", call, \.json)
    case (.regions, "GET"): return try page(frame.world.catalog.regions, "regions", call, show)
    case (.images, "GET"): return try listImages(call)
    case (.image(let key), "GET"): return try showImage(key)
    default: throw .notFound
    }
  }
}
