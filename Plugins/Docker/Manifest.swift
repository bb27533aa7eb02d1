import PluginMessages

extension PluginManifest {
  /// What the Docker plugin says of itself. An engine has no request budget; names of its containers are unique.
  static let docker = PluginManifest(
    id: "docker", name: "Docker", version: "0.1.0", vendor: "Slipway", license: "MIT", capabilities: ["power"],
    settingsSchema: EngineSettings.schema, offeringSchema: ContainerOptions.schema,
    // No default address: only the operator can say where an engine is, usually by a Unix socket.
    endpoints: [ManifestEndpoint(name: "api", unixSocket: true, auth: AuthScheme(.none))],
    routes: routes, maxConcurrency: 8, maxPollBatch: 1_000,
    // An engine begins what it has read at once, and takes the name first: a create that is sent again meets it.
    settleWindowS: 15, lateWindowS: 3_600, uniqueNames: true, network: "brokered", sshUser: "root")

  /// `{}` in front is the version: `/v1.41`.
  private static let routes: [String: [RouteTemplate]] = [
    "validate": ping + info + [.get("/{}/images/json"), .get("/{}/networks")] + images
      + named("/{}/distribution"),
    "prepare": ping + images + [.post("/{}/images/create")],
    "provision": ping + info + images + [
      .get("/{}/networks"), .post("/{}/images/create"), .post("/{}/containers/create"), .get("/{}/containers/{}/json"),
      RouteTemplate(method: "PUT", path: "/{}/containers/{}/archive"), .post("/{}/containers/{}/start"),
    ],
    "poll": ping + info + [.get("/{}/containers/json"), .get("/{}/containers/{}/json")],
    "terminate": ping + info + [
      .get("/{}/containers/{external_id}/json"),
      RouteTemplate(method: "DELETE", path: "/{}/containers/{external_id}"),
    ],
    "list": ping + info + [.get("/{}/containers/json")],
    "catalog": ping + info + [.get("/{}/images/json")],
    "self_test": ping + info,
    "power": ping + info + [
      .get("/{}/containers/{external_id}/json"), .post("/{}/containers/{external_id}/start"),
      .post("/{}/containers/{external_id}/stop"), .post("/{}/containers/{external_id}/restart"),
      .post("/{}/containers/{external_id}/unpause"),
    ],
  ]

  private static let ping = [RouteTemplate(method: "HEAD", path: "/_ping"), .get("/_ping")]
  private static let info = [RouteTemplate.get("/{}/info")]
  private static let images = named("/{}/images")

  /// An image's name has slashes in it: one route for each number of them.
  private static func named(_ path: String) -> [RouteTemplate] {
    (1...ImageReference.mostSegments).map { .get("\(path)\(String(repeating: "/{}", count: $0))/json") }
  }
}

extension RouteTemplate {
  fileprivate static func get(_ path: String) -> RouteTemplate { RouteTemplate(method: "GET", path: path) }
  fileprivate static func post(_ path: String) -> RouteTemplate { RouteTemplate(method: "POST", path: path) }
}
