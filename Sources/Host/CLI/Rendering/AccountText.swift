package import Control

/// Accounts for people; pure.
package enum AccountText {
  /// One line each.
  package static func list(_ accounts: [AccountView], colours: Bool) -> String {
    guard !accounts.isEmpty else { return "no accounts; `slipway account add --help` shows how to add one\n" }
    var table = Table(["NAME", "PLUGIN", "HEALTH", "IDENTITY", "ORIGINS"])
    for account in accounts {
      table.add([
        Cell(account.name, .strong), Cell(account.plugin), .state(account.health.state), Cell(account.identity ?? "-"),
        Cell(account.endpoints.map(origin).joined(separator: " ")),
      ])
    }
    let failures = accounts.compactMap { account in
      account.health.failure.map { "\n\(Plain.text(account.name)): \(FailureText.lines($0))" }
    }
    return table.text(colours: colours) + failures.joined()
  }

  /// Everything of one, with what was approved.
  package static func show(_ account: AccountView, colours: Bool) -> String {
    let health = account.health
    var table = Table()
    table.add("account", account.name, .strong)
    table.add("plugin", account.plugin)
    for endpoint in account.endpoints {
      table.add("approved", "\(endpoint.name): \(origin(endpoint)) (credential as \(endpoint.auth))")
    }
    table.add("network", account.network)
    if case .object(let members) = account.settings, !members.isEmpty {
      table.add("settings", String(decoding: ControlCoding.encode(account.settings), as: UTF8.self))
    }
    table.add("at most", limits(account.limits))
    if let usage = account.usage {
      table.add("has", "\(usage.resources) resources: \(usage.free) free, \(usage.paid) paid")
    }
    if let budget = account.budget {
      let source =
        budget.heardAt.map { "the cloud said at \($0)" } ?? "by the plugin's manifest; the cloud has not said"
      table.add("requests", "\(budget.left) of \(budget.perHour) an hour left, \(source)")
      let kept = budget.reserved.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
      table.add("kept for", kept + (budget.held > 0 ? "; \(budget.held) requests were held back so far" : ""))
    }
    table.add("waits", account.waitingEnds.map { "\($0.text): slipway resource list --state terminating" })
    table.add("identity", account.identity ?? "not known yet; pinned when the cloud first tells")
    table.add("health", health.state, .state(health.state))
    table.add("checked", health.checkedAt.map(\.description))
    table.add("credential", health.credentialValid.map { $0 ? "accepted" : "refused" })
    table.add("may write", health.canWrite.map { $0 ? "yes" : "no" } ?? "not known before something is made")
    table.add("api version", health.apiVersion)
    table.add("seen from", health.sourceAddress)
    for (limit, left) in health.quotaLeft.sorted(by: { $0.key < $1.key }) { table.add("left: \(limit)", "\(left)") }
    table.add("requests left", health.requestsLeft.map { "\($0)" })
    return table.text(colours: colours) + (health.failure.map { "\n" + FailureText.lines($0) } ?? "")
  }

  private static func limits(_ limits: LimitsView?) -> String? {
    let parts = [
      limits?.maxResources.map { "\($0) resources" }, limits?.maxFree.map { "\($0) free ones" },
      limits?.maxPaid.map { "\($0) paid ones" }, limits?.maxHourly.map { "\($0) an hour" },
      limits?.maxCreatesPerHour.map { "\($0) creates within an hour" },
    ].compactMap { $0 }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  static func origin(_ endpoint: EndpointView) -> String {
    let parts = [endpoint.unixSocket.map { "unix:\($0)" }, endpoint.url].compactMap { $0 }
    return parts.isEmpty ? "set by the operator" : parts.joined(separator: " ")
  }
}
