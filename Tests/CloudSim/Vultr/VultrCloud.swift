package import HTTP

/// The Vultr API, version 2, as vultr-v2.json describes it and as it was observed.
///
/// Deterministic: the same requests at the same instants with the same seed give the same answers. Where a request
/// comes from is the setting `source`, or what the header `x-sim-source` says.
package struct VultrCloud: SimulatedCloud {
  /// `vultr`.
  package static let name = "vultr"
  /// `/v2`.
  package static let basePath = "/v2"
  /// The common part.
  package var frame: SimFrame<VultrWorld, VultrEvent>

  /// Makes an empty cloud.
  ///
  /// `tokens` maps each token to what it opens; `start` is the first instant, milliseconds since 1970; `pool` holds
  /// the addresses that it hands out.
  package init(
    tokens: [String: SimToken], settings: VultrSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent
  ) {
    let world = VultrWorld(catalog: .standard, settings: settings, pool: pool)
    frame = SimFrame(world: world, tokens: tokens, seed: seed, start: start)
  }

  /// Makes an empty cloud with one token that may do everything in the project `default`.
  package init(
    token: String, settings: VultrSettings = .realistic, seed: UInt64 = 1, start: Int64 = 0,
    pool: AddressPool = .silent
  ) {
    self.init(
      tokens: [token: SimToken(project: "default")], settings: settings, seed: seed, start: start, pool: pool)
  }

  /// The settings in force.
  package var settings: VultrSettings {
    get { frame.world.settings }
    set { frame.world.settings = newValue }
  }

  /// Instances that exist, of all projects.
  package var instances: [VultrInstance] { frame.world.instances.rows }

  /// Puts real addresses on instances; no answer of this API says where it is served.
  package mutating func attach(baseURL: String, loopback: UInt16?) {
    if let loopback { frame.world.pool = .loopback(port: loopback) }
  }

  /// An error in the shape of the API, which knows no codes.
  package func problem(status: Int, code: String, message: String) -> HTTPResponse {
    VultrError(status: status, message: message).response
  }

  /// Carries out a request at `frame.now`.
  package mutating func answer(_ request: HTTPRequest, fault: Fault.Kind?) -> HTTPResponse {
    do throws(VultrError) {
      let source = request.header("x-sim-source") ?? frame.world.settings.source
      try spend(source, fault)
      guard let route = VultrRoute(path: request.path) else { throw .noRoute }
      guard !route.isPublic(request.method) else {
        let nobody = SimToken(project: "", scopes: [])
        return try perform(route, VultrCall(request, token: nobody, now: frame.now, fault: fault))
      }
      let (key, token) = try authorize(request, from: source)
      let rights = route.rights(request.method)
      if !rights.isEmpty, VultrCall.acls(of: token).isDisjoint(with: rights) {
        throw .forbidden(rights.joined(separator: " or "))
      }
      let response = try perform(route, VultrCall(request, token: token, now: frame.now, fault: fault))
      if case .revokeToken = fault { frame.tokens[key]?.revoked = true }
      return response
    } catch {
      return error.response
    }
  }

  /// An instant as answers show it: RFC 3339 with a numeric offset.
  func instant(_ ms: Int64) -> JSON {
    .string(Timestamp.text(ms + frame.world.settings.skew).dropLast() + "+00:00")
  }

  private func authorize(_ request: HTTPRequest, from source: String) throws(VultrError) -> (String, SimToken) {
    guard let key = SimToken.bearer(of: request), let token = frame.tokens[key], !token.revoked else {
      throw .badToken
    }
    guard token.sources.isEmpty || token.sources.contains(where: { $0.contains(source) }) else {
      throw .wrongSource(source)
    }
    return (key, token)
  }

  /// Takes one request from what a source address may send in a second.
  private mutating func spend(_ source: String, _ fault: Fault.Kind?) throws(VultrError) {
    let fresh = SlidingWindow(limit: settings.rateLimit, span: 1000)
    var window = frame.world.windows[source] ?? fresh
    if window.limit != fresh.limit { window = fresh }
    if case .rateLimit(let seconds) = fault { window.close(seconds: seconds, at: frame.now) }
    let granted = window.take(at: frame.now)
    frame.world.windows[source] = window
    if !granted { throw .tooMany }
  }

  private mutating func perform(_ route: VultrRoute, _ call: VultrCall) throws(VultrError) -> HTTPResponse {
    switch (route, call.method) {
    case (.account, "GET"): return account(call)
    case (.regions, "GET"): return try listRegions(call)
    case (.availability(let region), "GET"): return try availability(of: region, call)
    case (.plans, "GET"): return try listPlans(call)
    case (.metalPlans, "GET"): return try listMetalPlans(call)
    case (.systems, "GET"): return try listSystems(call)
    case (.applications, "GET"): return try listApplications(call)
    case (.metals, "GET"): return try page([String](), "bare_metals", call, by: \.self) { .string($0) }
    case (.instances, "GET"): return try listInstances(call)
    case (.instances, "POST"): return try createInstance(call)
    case (.instance(let id), "GET"): return try showInstance(id, call)
    case (.instance(let id), "PATCH"): return try updateInstance(id, call)
    case (.instance(let id), "DELETE"): return try deleteInstance(id, call)
    case (.bulk(let verb), "POST"): return try order(verb, call)
    case (.perform(let id, let verb), "POST"): return try order(verb, on: id, call)
    case (.reinstall(let id), "POST"): return try reinstall(id, call)
    case (.userData(let id), "GET"): return try showUserData(id, call)
    case (.addresses(let id), "GET"): return try listAddresses(of: id, call)
    case (.keys, "GET"): return try listKeys(call)
    case (.keys, "POST"): return try createKey(call)
    case (.key(let id), "GET"): return try showKey(id, call)
    case (.key(let id), "PATCH"): return try updateKey(id, call)
    case (.key(let id), "DELETE"): return try deleteKey(id, call)
    case (.reservedIPs, "GET"): return try listReserved(call)
    case (.reservedIP(let id), "GET"): return try showReserved(id, call)
    case (.reservedIP(let id), "DELETE"): return try deleteReserved(id, call)
    default: throw .wrongMethod
    }
  }
}
