import PluginMessages

extension PluginManifest {
  /// What the Vultr plugin says of itself. Rate: Vultr API v2, "Rate Limiting": 30 requests a second for
  /// each source address, told in no header. Labels are not unique.
  static let vultr = PluginManifest(
    id: "vultr", name: "Vultr", version: "0.1.0", vendor: "Slipway", license: "MIT",
    capabilities: ["power"],
    settingsSchema: .object([
      "type": .string("object"), "additionalProperties": .bool(false), "properties": .object([:]),
    ]),
    offeringSchema: .object([
      "type": .string("object"),
      "additionalProperties": .bool(false),
      "properties": .object([
        "public_ipv4": .object([
          "type": .string("boolean"), "title": .string("Public IPv4"),
          "description": .string("Whether the instance gets a public IPv4 address"), "default": .bool(true),
        ]),
        "public_ipv6": .object([
          "type": .string("boolean"), "title": .string("Public IPv6"),
          "description": .string("Whether the instance gets a public IPv6 address"), "default": .bool(true),
        ]),
      ]),
    ]),
    endpoints: [
      ManifestEndpoint(name: "api", baseUrl: "https://api.vultr.com/v2", auth: AuthScheme(.bearer))
    ],
    routes: routes,
    rate: RateBudget(perSecond: 30),
    maxConcurrency: 8, maxPollBatch: 1_000, settleWindowS: 60, lateWindowS: 86_400, uniqueNames: false,
    network: "brokered", sshUser: "root")

  private static let routes: [String: [RouteTemplate]] = [
    "validate": [.get("/plans"), .get("/os"), .get("/regions/{}/availability")],
    "prepare": [.get("/ssh-keys"), .post("/ssh-keys")],
    "provision": [.post("/instances"), .get("/instances/{}"), .get("/ssh-keys"), .post("/ssh-keys")],
    "poll": [.get("/instances"), .get("/instances/{}")],
    "terminate": [
      .get("/instances/{external_id}"), RouteTemplate(method: "DELETE", path: "/instances/{external_id}"),
    ],
    "list": [.get("/instances"), .get("/ssh-keys")],
    "catalog": [.get("/plans"), .get("/os"), .get("/regions"), .get("/regions/{}/availability")],
    "self_test": [.get("/ssh-keys"), .get("/account")],
    "power": [
      .get("/instances/{external_id}"), .post("/instances/{external_id}/start"),
      .post("/instances/{external_id}/halt"), .post("/instances/{external_id}/reboot"),
    ],
  ]
}

extension RouteTemplate {
  fileprivate static func get(_ path: String) -> RouteTemplate { RouteTemplate(method: "GET", path: path) }
  fileprivate static func post(_ path: String) -> RouteTemplate { RouteTemplate(method: "POST", path: path) }
}
