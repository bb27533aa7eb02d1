/// Decides whether a plugin's request may be made at all; pure.
package enum RequestRules {
  /// Checks a request against the operator's approval, the HTTP rules and its verb's rules.
  package static func check(_ request: BrokerRequest) throws(BrokerRefusal) -> CheckedRequest {
    guard let endpoint = request.grant.endpoints[request.endpoint] else {
      let known = request.grant.endpoints.keys.sorted().joined(separator: ", ")
      throw BrokerRefusal(
        .endpoint,
        "endpoint \"\(shown(request.endpoint))\": account \(shown(request.grant.account)) has approved only: \(known)")
    }
    guard let method = BrokerMethod(rawValue: request.method) else {
      throw BrokerRefusal(
        .method, "method \"\(shown(request.method))\": expected GET, HEAD, POST, PUT, PATCH or DELETE")
    }
    try PathRules.check(request.path)
    try checkQuery(request.query, scheme: endpoint.auth)
    let headers = try HeaderRules.parse(request.headers, scheme: endpoint.auth)
    guard request.body.isEmpty || !method.isRead else {
      throw BrokerRefusal(.body, "a body is not allowed with \(method.rawValue)")
    }
    guard request.body.count <= 16 << 20 else {
      throw BrokerRefusal(.body, "a body has at most 16 MiB, found \(request.body.count) bytes")
    }
    try checkVerb(request, method: method)
    try checkRoutes(request)
    return CheckedRequest(request: request, endpoint: endpoint, method: method, headers: headers)
  }

  private static func checkQuery(_ query: String, scheme: CredentialScheme) throws(BrokerRefusal) {
    guard query.utf8.count <= 16384 else { throw BrokerRefusal(.query, "query: at most 16384 bytes") }
    guard query.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else {
      throw BrokerRefusal(.query, "query: expected percent-encoded ASCII without space, control byte and #")
    }
    guard case .query(let name) = scheme else { return }
    for member in query.utf8.split(whereSeparator: { $0 == UInt8(ascii: "&") || $0 == UInt8(ascii: ";") }) {
      let raw = member.prefix { $0 != UInt8(ascii: "=") }
      let found = String(decoding: percentDecoded(raw) ?? Array(raw), as: UTF8.self)
      guard found.asciiLowercased != name.asciiLowercased else {
        throw BrokerRefusal(.query, "query member \(shown(name)): only the host may set it; leave it out")
      }
    }
  }

  private static func checkVerb(_ request: BrokerRequest, method: BrokerMethod) throws(BrokerRefusal) {
    let verb = request.verb
    if verb.onlyReads, !method.isRead {
      let isPostRead =
        method == .post
        && request.postReads.contains { PathRules.matches(request.path, template: $0, externalIds: nil) }
      guard isPostRead else {
        throw BrokerRefusal(
          .verb, "\(verb.rawValue) may only use GET and HEAD, and POST on paths in post_reads, found \(method.rawValue)"
        )
      }
    }
    guard method != .delete || verb == .terminate else {
      throw BrokerRefusal(.verb, "DELETE is allowed only in terminate, found \(verb.rawValue)")
    }
  }

  private static func checkRoutes(_ request: BrokerRequest) throws(BrokerRefusal) {
    guard let routes = request.routes else {
      // Without routes too, what a call destroys is what it is for.
      if request.method == "DELETE", let ids = request.externalIds, !PathRules.names(request.path, oneOf: ids) {
        throw BrokerRefusal(
          .route,
          "the path does not name the object that this call is for; list another form in the manifest's routes")
      }
      return
    }
    let isListed = routes.contains {
      $0.method == request.method && $0.endpoint == request.endpoint
        && PathRules.matches(request.path, template: $0.path, externalIds: request.externalIds)
    }
    guard isListed else {
      throw BrokerRefusal(
        .route,
        "the manifest lists no such request for \(request.verb.rawValue)"
          + (request.externalIds == nil ? "" : " on this object"))
    }
  }
}
