public import PluginKit
public import PluginMessages

extension DigitalOceanProvisioner {
  /// Asks whose account it is, and what is left of its limits. Whether a token may write shows only when it
  /// writes: DigitalOcean does not tell a token's scopes.
  ///
  /// Throws FORBIDDEN for an account that DigitalOcean locked.
  public func selfTest(_ request: SelfTestRequest, _ call: Call) throws(CloudFailure) -> SelfTestReply {
    let api = DigitalOceanAPI(call: call)
    let get = CloudRequest(.get, "/account")
    let response = try api.exchange(get)
    let account = try response.decode(Account.Envelope.self, of: get).account
    let said = account.statusMessage.flatMap { $0.allSatisfy(\.isWhitespace) ? nil : ": \($0)" } ?? ""
    switch account.status {
    case "locked":
      throw CloudFailure(
        .forbidden, "DigitalOcean locked the account\(said)", remedy: "ask DigitalOcean's support to unlock it",
        mayExist: false)
    case "warning": call.log(.warning, "DigitalOcean warns of the account\(said)")
    default: break
    }
    var left: [String: Int] = [:]
    if let requests = response.header("ratelimit-remaining").flatMap({ Int($0) }) { left["requests"] = requests }
    if let limit = account.dropletLimit, let made = try droplets(api) {
      left["droplets"] = max(0, min(max(limit, 0), 1_000_000_000) - min(max(made, 0), 1_000_000_000))
    }
    return SelfTestReply(
      accountIdentity: account.identity, credentialValid: true, canWrite: nil, quotaLeft: left, apiVersion: "v2")
  }

  /// How many droplets there are, of GPUs too; nil where the token may not see them.
  private func droplets(_ api: DigitalOceanAPI) throws(CloudFailure) -> Int? {
    do {
      var all = 0
      for type in ["droplets", "gpus"] {
        let get = CloudRequest(.get, "/droplets", query: ["type": type, "per_page": "1"])
        guard let total = try api.send(get, as: Page<Droplet>.self).total else { return nil }
        all += min(max(total, 0), 1_000_000_000)
      }
      return all
    } catch  where error.code == .forbidden {
      return nil
    }
  }
}
