import PluginKit
import PluginMessages

extension FailureTable {
  /// Vultr's errors. It has no codes: the text decides, then the status. An unknown text keeps the
  /// status's own meaning, and a 5xx proves nothing. Sources: vultr-v2.json; texts as users of govultr,
  /// Terraform, Packer and Ansible reported them.
  static let vultr = FailureTable(
    cloud: "Vultr",
    rules: [
      FailureRule(
        .forbidden, text: ["unauthorized ip address", "not authorized to use this api key"],
        remedy: "allow this machine's address for the API key: Vultr console, Account, API, Access Control"),
      FailureRule(
        .unauthenticated, text: ["invalid api token", "invalid api key", "invalid api-key"],
        remedy: "use a valid API key; an account that exists takes it by slipway account rotate"),
      FailureRule(.rateLimited, text: ["rate limit"], remedy: "wait; Vultr takes 30 requests a second"),
      FailureRule(.busy, text: ["currently locked", "is locked"], remedy: "wait; another action runs on the instance"),
      FailureRule(.busy, text: ["pending destruction"], remedy: "wait; the instance is being destroyed"),
      FailureRule(
        .quota, text: ["reached the maximum number", "maximum monthly fee", "support request for access"],
        remedy: "delete what is not needed, or ask Vultr for a higher limit: Vultr console, Billing, Limits"),
      FailureRule(
        .paymentRequired, text: ["insufficient funds", "payment method", "past due", "account balance"],
        remedy: "check the account's balance and payment method at Vultr"),
      FailureRule(
        .noCapacity,
        text: [
          "not available in the selected", "any more capacity", "sold out", "out of stock", "no capacity",
          "out of capacity",
        ],
        remedy: "use another region or plan"),
      FailureRule(.invalidSpec, text: ["invalid plan", "plan with at least"], remedy: "use another plan"),
      FailureRule(.invalidSpec, text: ["invalid region"], remedy: "use another region"),
      FailureRule(.invalidSpec, text: ["invalid os", "invalid operating system"], remedy: "use another image"),
      FailureRule(.invalidSpec, text: ["invalid uuid"], remedy: "none; the record holds an id of another cloud"),
      FailureRule(.invalidSpec, text: ["invalid ssh key", "invalid sshkey"], remedy: "none; the key is made again"),
    ],
    rateLimitPauseMs: 2_000)
}

/// Texts of answers to a DELETE that mean that the end is under way already.
enum EndingTexts {
  private static let known = ["pending destruction", "already been destroyed", "being destroyed"]

  /// Whether a failure's text is one of them.
  static func contain(_ failure: CloudFailure) -> Bool {
    let message = failure.report.cloudMessage?.lowercased() ?? ""
    return known.contains { message.contains($0) }
  }
}

extension CloudFailure {
  /// The failure that an error answer of Vultr is.
  static func vultr(_ response: CloudResponse, to request: CloudRequest) -> CloudFailure {
    let error = CloudError(vultr: response)
    var failure = FailureTable.vultr.failure(error, to: request)
    if failure.code == .notFound, error.message == nil {
      // Not in Vultr's form: a proxy's page, or another server. It does not say that an object is gone.
      failure.code = request.changes ? .unknownOutcome : .unavailable
      failure.report.mayExist = request.changes
      failure.report.remedy = "check the account's endpoint; Vultr's own answers look different"
    }
    if let address = error.message.flatMap(refusedAddress) {
      failure.report.remedy =
        "allow \(address) for the API key: Vultr console, Account, API, Access Control"
        + (address.contains(":") ? "; or let this machine reach Vultr over IPv4 only" : "")
    }
    return failure
  }

  /// The address in `Unauthorized IP address: X`: what Vultr saw this machine come from.
  private static func refusedAddress(_ message: String) -> String? {
    let words = message.lowercased().split { $0 == " " }
    guard let at = words.firstIndex(of: "address:"), words.indices.contains(at + 1),
      message.lowercased().contains("unauthorized ip")
    else { return nil }
    let address = words[at + 1].prefix(45).filter { $0.isHexDigit || $0 == "." || $0 == ":" }
    return address.isEmpty ? nil : String(address)
  }
}

extension CloudError {
  /// Reads `{"error": "text", "status": N}`; a body of another form leaves the status only.
  init(vultr response: CloudResponse) {
    self.init(status: response.status, retryAfterMs: response.retryAfterMs)
    guard let body = try? JSON.decode(Body.self, response.body) else { return }
    message = body.error.isEmpty ? nil : body.error
    let text = body.error.lowercased()
    limit = Self.limits.first { text.contains($0.text) }?.name
  }

  /// Account limits by the text in which Vultr tells of them.
  private static let limits = [
    (text: "maximum number of", name: "instances"), (text: "maximum monthly fee", name: "monthly fee"),
  ]

  private struct Body: Decodable { var error: String }
}
