import PluginKit
import PluginMessages

extension FailureTable {
  /// Hetzner's errors. The code decides, not the status: 412 is "out of stock", 403 also "limit met".
  /// Sources: hetzner-cloud.json, "Errors"; hcloud-go error.go; messages as users reported them.
  static let hetzner = FailureTable(
    cloud: "Hetzner",
    rules: [
      // Texts that say more than their code.
      FailureRule(
        .noCapacity,
        text: ["unsupported location for server type", "server location disabled", "unable to provision servers"],
        remedy: "use another location or server type"),
      FailureRule(
        .invalidSpec, text: ["incompatible architecture"],
        remedy: "use an image of the server type's architecture"),
      // Codes.
      FailureRule(
        .unauthenticated, code: "unauthorized",
        remedy: "use a valid API token of the project; an account that exists takes it by slipway account rotate"),
      FailureRule(
        .forbidden, code: "token_readonly", remedy: "make an API token with read and write permission"),
      FailureRule(
        .quota, code: "resource_limit_exceeded",
        remedy: "delete what is not needed, or ask Hetzner for a higher limit"),
      FailureRule(.unavailable, code: "maintenance", remedy: "wait; Hetzner is in maintenance"),
      FailureRule(
        .forbidden, code: "forbidden", remedy: "check the project's state and the token's permission"),
      FailureRule(.noCapacity, code: "resource_unavailable", remedy: "use another location or server type"),
      FailureRule(.noCapacity, code: "placement_error", remedy: "use another location or server type"),
      FailureRule(.rateLimited, code: "rate_limit_exceeded", remedy: "wait; the budget refills by itself"),
      FailureRule(.busy, code: "locked", remedy: "wait; another action runs on the object"),
      FailureRule(.busy, code: "conflict", remedy: "wait; the object changed meanwhile"),
      FailureRule(
        .protected, code: "protected", remedy: "switch the object's delete protection off at Hetzner"),
      FailureRule(.nameTaken, code: "uniqueness_error", remedy: "rename or delete the other object"),
      FailureRule(.invalidSpec, code: "invalid_input", remedy: "change what Hetzner complains about"),
      FailureRule(.unsupported, code: "unsupported_error", remedy: "use another server type or location"),
      FailureRule(.notFound, code: "not_found", remedy: "none; the object does not exist"),
      FailureRule(.internal, code: "deprecated_api_endpoint", remedy: "look for a newer plugin"),
      FailureRule(.internal, code: "method_not_allowed", remedy: "look for a newer plugin"),
      FailureRule(.internal, code: "json_error", remedy: "report this to the plugin's author"),
      FailureRule(.unknownOutcome, code: "service_error", remedy: "wait; Hetzner has a problem of its own"),
      FailureRule(.unknownOutcome, code: "server_error", remedy: "wait; Hetzner has a problem of its own"),
      FailureRule(.unknownOutcome, code: "bad_gateway", remedy: "wait; Hetzner has a problem of its own"),
      FailureRule(.unknownOutcome, code: "unavailable", remedy: "wait; Hetzner has a problem of its own"),
      FailureRule(.unknownOutcome, code: "timeout", remedy: "wait; Hetzner has a problem of its own"),
    ],
    // Not the header's reset: that is when the WHOLE budget is back, and one request is back each second.
    rateLimitPauseMs: 5_000)
}

extension CloudError {
  /// Reads `{"error": {"code", "message", "details"}}`; a body of another form leaves the status only.
  init(hetzner response: CloudResponse) {
    self.init(
      status: response.status, correlationId: response.header("x-correlation-id"),
      retryAfterMs: response.retryAfterMs)
    guard let error = (try? JSON.decode(Body.self, response.body))?.error else { return }
    code = error.code
    let announcement = error.details?.announcement.map { " (\($0))" } ?? ""
    message = error.message.map { $0 + announcement }
    limit = error.details?.limits?.compactMap(\.name).first
    violations = (error.details?.fields ?? []).map { field in
      let said = (field.messages ?? []).joined(separator: "; ")
      return Violation(
        path: Self.paths[field.name] ?? field.name, message: said.isEmpty ? error.message ?? "refused" : said)
    }
  }

  /// Where the host knows what Hetzner calls by these names.
  private static let paths = [
    "server_type": "placement.type", "location": "placement.location", "image": "placement.image",
    "public_net": "placement.config", "ssh_keys": "ssh_public_keys", "labels": "tags",
  ]

  private struct Body: Decodable { var error: Problem }

  private struct Problem: Decodable {
    var code: String?
    var message: String?
    var details: Details?

    enum CodingKeys: String, CodingKey {
      case code, message, details
    }

    init(from decoder: any Decoder) throws {
      let members = try decoder.container(keyedBy: CodingKeys.self)
      code = try members.decodeIfPresent(String.self, forKey: .code)
      message = try members.decodeIfPresent(String.self, forKey: .message)
      // Details differ by code; those of a form that we do not know are no reason to lose the code.
      details = try? members.decodeIfPresent(Details.self, forKey: .details)
    }
  }

  private struct Details: Decodable {
    var fields: [Field]?
    var limits: [Limit]?
    var announcement: String?
  }

  private struct Field: Decodable {
    var name: String
    var messages: [String]?
  }

  private struct Limit: Decodable { var name: String? }
}
