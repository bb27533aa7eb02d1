import PluginMessages

extension PluginManifest {
  /// What the Hetzner plugin says of itself. Rate and limits: Hetzner Cloud API, "Rate Limiting": 3600
  /// requests an hour for each project, one refilled each second.
  static let hetzner = PluginManifest(
    id: "hetzner", name: "Hetzner Cloud", version: "0.1.0", vendor: "Slipway", license: "MIT",
    capabilities: ["power"],
    settingsSchema: .object([
      "type": .string("object"),
      "additionalProperties": .bool(false),
      "properties": .object([
        "currency": .object([
          "type": .string("string"), "title": .string("Currency"),
          "description": .string("ISO 4217 code in which Hetzner invoices this account"),
          "minLength": .integer(3), "maxLength": .integer(3), "default": .string("EUR"),
        ])
      ]),
    ]),
    offeringSchema: .object([
      "type": .string("object"),
      "additionalProperties": .bool(false),
      "properties": .object([
        "public_ipv4": .object([
          "type": .string("boolean"), "title": .string("Public IPv4"),
          "description": .string("Whether the server gets a public IPv4 address"), "default": .bool(true),
        ]),
        "public_ipv6": .object([
          "type": .string("boolean"), "title": .string("Public IPv6"),
          "description": .string("Whether the server gets a public IPv6 network"), "default": .bool(true),
        ]),
      ]),
    ]),
    endpoints: [
      ManifestEndpoint(name: "api", baseUrl: "https://api.hetzner.cloud/v1", auth: AuthScheme(.bearer))
    ],
    routes: routes,
    rate: RateBudget(
      perHour: 3600, limitHeader: "ratelimit-limit", remainingHeader: "ratelimit-remaining",
      resetHeader: "ratelimit-reset"),
    maxConcurrency: 8, maxPollBatch: 1_000, settleWindowS: 60, lateWindowS: 86_400, uniqueNames: true,
    network: "brokered", sshUser: "root")

  private static let routes: [String: [RouteTemplate]] = [
    "validate": [.get("/server_types"), .get("/locations"), .get("/images")],
    "prepare": [.get("/ssh_keys"), RouteTemplate(method: "POST", path: "/ssh_keys")],
    "provision": [
      RouteTemplate(method: "POST", path: "/servers"), .get("/servers"), .get("/servers/{}"), .get("/ssh_keys"),
      RouteTemplate(method: "POST", path: "/ssh_keys"),
    ],
    "poll": [.get("/actions"), .get("/servers"), .get("/servers/{}")],
    "terminate": [
      .get("/servers/{external_id}"), RouteTemplate(method: "DELETE", path: "/servers/{external_id}"),
    ],
    "list": [.get("/servers"), .get("/ssh_keys"), .get("/primary_ips")],
    "catalog": [.get("/server_types"), .get("/locations"), .get("/images")],
    "self_test": [.get("/ssh_keys")],
    "power": [
      .get("/servers/{external_id}"), RouteTemplate(method: "POST", path: "/servers/{external_id}/actions/{}"),
    ],
  ]
}

extension RouteTemplate {
  fileprivate static func get(_ path: String) -> RouteTemplate { RouteTemplate(method: "GET", path: path) }
}
