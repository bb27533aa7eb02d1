import PluginMessages

extension PluginManifest {
  /// What the DigitalOcean plugin says of itself. Rate: digitalocean-v2.json, header `ratelimit-limit`: 5000
  /// requests an hour and 250 a minute for each token, in sliding windows; four a second are 240 a minute.
  /// Names are not unique.
  static let digitalOcean = PluginManifest(
    id: "digitalocean", name: "DigitalOcean", version: "0.1.0", vendor: "Slipway", license: "MIT",
    capabilities: ["power"],
    settingsSchema: .object([
      "type": .string("object"), "additionalProperties": .bool(false), "properties": .object([:]),
    ]),
    offeringSchema: .object([
      "type": .string("object"),
      "additionalProperties": .bool(false),
      "properties": .object([
        "public_ipv6": flag("Public IPv6", "Whether the droplet gets a public IPv6 address beside its IPv4", true),
        "monitoring": flag("Monitoring", "Whether DigitalOcean's metrics agent is installed", false),
        "droplet_agent": flag("Droplet agent", "Whether DigitalOcean's agent for its web console is installed", false),
      ]),
    ]),
    endpoints: [
      ManifestEndpoint(name: "api", baseUrl: "https://api.digitalocean.com/v2", auth: AuthScheme(.bearer))
    ],
    routes: routes,
    rate: RateBudget(
      perHour: 5_000, perSecond: 4, limitHeader: "ratelimit-limit", remainingHeader: "ratelimit-remaining",
      resetHeader: "ratelimit-reset"),
    maxConcurrency: 8, maxPollBatch: 1_000, settleWindowS: 60, lateWindowS: 86_400, uniqueNames: false,
    network: "brokered", sshUser: "root")

  private static func flag(_ title: String, _ description: String, _ usual: Bool) -> JSONValue {
    .object([
      "type": .string("boolean"), "title": .string(title), "description": .string(description),
      "default": .bool(usual),
    ])
  }

  private static let routes: [String: [RouteTemplate]] = [
    "validate": [.get("/sizes"), .get("/regions"), .get("/images"), .get("/images/{}")],
    "prepare": [.get("/account/keys/{}"), .post("/account/keys")],
    "provision": [.post("/droplets"), .get("/droplets/{}"), .get("/account/keys/{}"), .post("/account/keys")],
    "poll": [.get("/droplets"), .get("/droplets/{}"), .get("/actions"), .get("/actions/{}")],
    "terminate": [
      .get("/droplets/{external_id}"), RouteTemplate(method: "DELETE", path: "/droplets/{external_id}"),
    ],
    "list": [.get("/droplets"), .get("/account/keys")],
    "catalog": [.get("/sizes"), .get("/regions"), .get("/images")],
    "self_test": [.get("/account"), .get("/droplets")],
    "power": [.get("/droplets/{external_id}"), .post("/droplets/{external_id}/actions")],
  ]
}

extension RouteTemplate {
  fileprivate static func get(_ path: String) -> RouteTemplate { RouteTemplate(method: "GET", path: path) }
  fileprivate static func post(_ path: String) -> RouteTemplate { RouteTemplate(method: "POST", path: path) }
}
