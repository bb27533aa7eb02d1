package import PluginMessages

/// What an image asks an operator to allow: where its requests go, with which credential, by which means and paths.
package struct PluginAsk: Sendable, Hashable, Codable {
  /// One HTTP service.
  package struct Endpoint: Sendable, Hashable, Codable {
    /// Default base address.
    package var url: String?
    /// How the credential is added.
    package var auth: AuthScheme
    /// Whether it may be a unix socket of the operator's choice.
    package var unixSocket: Bool
  }

  /// By name.
  package var endpoints: [String: Endpoint]
  /// `brokered` or `direct`.
  package var network: String
  /// Requests by verb; a verb that is missing may make any.
  package var routes: [String: [String]]
  /// Paths on which POST only reads.
  package var postReads: [String]

  /// What a manifest asks for.
  package init(_ manifest: PluginManifest) {
    endpoints = [:]
    for endpoint in manifest.endpoints {
      endpoints[endpoint.name] = Endpoint(
        url: endpoint.baseUrl, auth: endpoint.auth, unixSocket: endpoint.unixSocket)
    }
    network = manifest.network
    routes = manifest.routes.mapValues { $0.map { "\($0.method) \($0.path) on \($0.endpoint)" }.sorted() }
    postReads = manifest.postReads.sorted()
  }

  /// What it asks for beyond what was approved, a line each, in a fixed order; empty: nothing.
  /// - Parameter own: endpoints whose address the operator gave: what the image says of it does not matter.
  package func beyond(_ approved: PluginAsk, own: Set<String> = []) -> [String] {
    var lines: [String] = []
    for (name, endpoint) in endpoints.sorted(by: { $0.key < $1.key }) {
      let place = "endpoint \(name)"
      guard let known = approved.endpoints[name] else {
        lines.append(
          "\(place): new, \(endpoint.url ?? "address by the operator"), credential \(Self.text(endpoint.auth))")
        continue
      }
      if let url = endpoint.url, url != known.url, !own.contains(name) {
        lines.append("\(place): address \(known.url ?? "none") → \(url)")
      }
      if endpoint.auth != known.auth {
        lines.append("\(place): credential \(Self.text(known.auth)) → \(Self.text(endpoint.auth))")
      }
      if endpoint.unixSocket, !known.unixSocket { lines.append("\(place): may be a unix socket") }
    }
    if network != approved.network { lines.append("network: \(approved.network) → \(network)") }
    for (verb, known) in approved.routes.sorted(by: { $0.key < $1.key }) {
      guard let asked = routes[verb] else {
        lines.append("\(verb): any request, not only those that were approved")
        continue
      }
      for route in asked where !known.contains(route) { lines.append("\(verb): \(route)") }
    }
    for path in postReads where !approved.postReads.contains(path) {
      lines.append("POST to \(path) in verbs that only read")
    }
    return lines.map { PlainText.line($0, limit: 512) }
  }

  private static func text(_ auth: AuthScheme) -> String {
    auth.name.map { "\(auth.kind.rawValue) \($0)" } ?? auth.kind.rawValue
  }
}
