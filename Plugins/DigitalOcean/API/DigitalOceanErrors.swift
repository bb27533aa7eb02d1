import PluginKit
import PluginMessages

extension FailureTable {
  /// DigitalOcean's errors. 422 is many things, which its message alone tells apart. Sources:
  /// digitalocean-v2.json; messages as users of doctl, Terraform and Packer reported them.
  static let digitalOcean = FailureTable(
    cloud: "DigitalOcean",
    rules: [
      FailureRule(
        .quota, status: refused, text: ["droplet limit"],
        remedy: "delete what is not needed, or ask DigitalOcean for a higher droplet limit"),
      FailureRule(
        .invalidSpec, status: refused, text: ["image you specified is not available"],
        remedy: "use another image, or another region"),
      FailureRule(
        .busy, status: refused, text: ["pending event"], remedy: "wait; another action runs on the droplet"),
      FailureRule(
        .nameTaken, status: refused, text: ["already in use"], remedy: "rename or delete the other object"),
      FailureRule(
        .noCapacity, status: refused, text: ["not available", "unavailable", "restricted"],
        remedy: "use another region or size"),
      FailureRule(
        .unauthenticated, status: 401...401,
        remedy: "use a valid API token; an account that exists takes it by slipway account rotate"),
      FailureRule(
        .forbidden, status: 403...403,
        remedy: "check the token's scopes (droplet, ssh_key, image, tag, actions, account) and the account's status"),
      FailureRule(.busy, status: 409...409, remedy: "wait; the object changed meanwhile"),
      FailureRule(.rateLimited, status: 429...429, remedy: "wait; the budget refills by itself"),
    ],
    rateLimitPauseMs: 10_000)

  /// Statuses with which DigitalOcean refuses what was asked; texts of others prove nothing.
  private static let refused = 400...422
}

extension CloudFailure {
  /// The failure that an error answer of DigitalOcean is.
  static func digitalOcean(_ response: CloudResponse, to request: CloudRequest, nowMs: Int64) -> CloudFailure {
    let error = CloudError(digitalOcean: response, nowMs: nowMs)
    var failure = FailureTable.digitalOcean.failure(error, to: request)
    if failure.code == .notFound, error.code == nil {
      // Not in DigitalOcean's form: a proxy's page, or another server. It does not say that an object is gone.
      failure.code = request.changes ? .unknownOutcome : .unavailable
      failure.report.mayExist = request.changes
      failure.report.remedy = "check the account's endpoint; DigitalOcean's own answers look different"
    }
    return failure
  }
}

extension CloudError {
  /// Reads `{"id": "slug", "message", "request_id"}`; a body of another form leaves the status only.
  init(digitalOcean response: CloudResponse, nowMs: Int64) {
    self.init(
      status: response.status, correlationId: response.header("x-request-id"),
      retryAfterMs: max(response.retryAfterMs, Self.wait(response, nowMs)))
    guard let body = try? JSON.decode(Body.self, response.body) else { return }
    code = body.id
    message = body.message
    correlationId = correlationId ?? body.requestId
    let text = body.message?.lowercased() ?? ""
    if text.contains("droplet limit") { limit = "droplets" }
    violations = Self.paths.filter { text.contains($0.text) }.prefix(1).map {
      Violation(path: $0.path, message: body.message ?? "refused")
    }
  }

  /// How long the answer asks to wait, in milliseconds; 0 where it does not.
  ///
  /// Short limits say so in `retry-after`; of the hour's, `ratelimit-reset` is when the oldest request
  /// leaves the window, which is when one can be sent again.
  private static func wait(_ response: CloudResponse, _ nowMs: Int64) -> Int64 {
    if let seconds = response.header("retry-after").flatMap(Int64.init) {
      return min(max(seconds, 0), longestWaitS) * 1_000
    }
    guard response.status == 429, response.header("ratelimit-remaining") == "0",
      let reset = response.header("ratelimit-reset").flatMap(Int64.init), (0..<(1 << 40)).contains(reset)
    else { return 0 }
    return min(max(reset - nowMs / 1_000, 1), longestWaitS) * 1_000
  }

  /// Seconds that anybody is asked to wait at most: an hour, the longest window.
  private static let longestWaitS: Int64 = 3_600

  /// Where the host knows what a message is about.
  private static let paths = [
    (text: "invalid image", path: "placement.image"), (text: "image you specified", path: "placement.image"),
    (text: "disk than the image", path: "placement.image"), (text: "invalid size", path: "placement.type"),
    (text: "invalid region", path: "placement.location"), (text: "key identifiers", path: "ssh_public_keys"),
    (text: "user_data", path: "user_data"), (text: "tags ", path: "tags"), (text: "hostname characters", path: "name"),
  ]

  private struct Body: Decodable {
    var id: String
    var message: String?
    var requestId: String?

    enum CodingKeys: String, CodingKey {
      case id, message
      case requestId = "request_id"
    }
  }
}
